import type { LabelSelector } from "#apis/meta/label-selector.ts";

type Labels = Readonly<Record<string, string>>;
/** Tells whether labels satisfy a selector. */
export type LabelMatcher = (labels: Labels | undefined) => boolean;

/** An absent selector matches nothing, an empty one everything. */
export function labelMatcher(selector: LabelSelector | undefined): LabelMatcher {
  if (!selector) return () => false;
  const wanted = Object.entries(selector.matchLabels ?? {});
  const expressions = selector.matchExpressions ?? [];
  return (labels = {}) =>
    wanted.every(([name, value]) => labels[name] === value) &&
    expressions.every(({ key, operator, values = [] }) => {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
        default:
          return false;
      }
    });
}

/** Whether the selector matches everything. */
export function selectsAll(selector: LabelSelector | undefined): boolean {
  if (!selector) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

/** The matcher for a plain map of labels, as Services have; an absent or empty one matches nothing. */
export function mapMatcher(selector: Labels | undefined): LabelMatcher {
  const wanted = Object.entries(selector ?? {});
  if (wanted.length === 0) return () => false;
  return (labels = {}) => wanted.every(([name, value]) => labels[name] === value);
}
