import type { Path } from "#machinery/field-error.ts";
import { pathSegmentName } from "#machinery/names.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { parseApiVersion } from "#machinery/resource.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type {
  CrossVersionObjectReference,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from "./metrics.ts";

type Reference = DeepReadonly<CrossVersionObjectReference>;
type Target = DeepReadonly<MetricTarget>;
type Spec = DeepReadonly<MetricSpec>;

const sourceTypes = ["ContainerResource", "External", "Object", "Pods", "Resource"];
const targetTypes = ["Utilization", "Value", "AverageValue"];

/** What is wrong with the `apiVersion` of a reference, if anything. */
export function apiVersionMistake(text: string, mayBeCore: boolean): string | undefined {
  const slashes = text.split("/").length - 1;
  if (slashes > 1) return `unexpected GroupVersion string: ${text}`;
  if (mayBeCore || parseApiVersion(text).group !== "") return undefined;
  return "apiVersion must specify API group";
}

/** `mayBeCore`: the object can be of the group that has no name. */
export function validateReference(
  problems: Problems,
  at: Path,
  reference: Reference,
  mayBeCore: boolean,
): void {
  problems.name(at.child("kind"), reference.kind, pathSegmentName);
  problems.name(at.child("name"), reference.name, pathSegmentName);
  const apiVersion = reference.apiVersion ?? "";
  const mistake = apiVersionMistake(apiVersion, mayBeCore);
  if (mistake !== undefined) problems.invalid(at.child("apiVersion"), apiVersion, mistake);
}

export function validateMetrics(
  problems: Problems,
  at: Path,
  metrics: readonly Spec[],
  minReplicas: number | undefined,
): void {
  for (const [i, metric] of metrics.entries()) validateMetric(problems, at.index(i), metric);
  if (minReplicas !== 0) return;
  if (metrics.some(({ type }) => type === "Object" || type === "External")) return;
  const detail =
    "must specify at least one Object or External metric to support scaling to zero replicas";
  problems.forbidden(at, detail);
}

type SourceCheck = (problems: Problems, at: Path, metric: Spec) => void;

function isPositive(quantity: string): boolean {
  return compareQuantity(quantity, "0") > 0;
}

function validateTarget(problems: Problems, at: Path, target: Target): void {
  const { averageUtilization, averageValue, type, value } = target;
  if (type === "") problems.required(at.child("type"), "must specify a metric target type");
  if (!targetTypes.includes(type)) {
    const detail = "must be either Utilization, Value, or AverageValue";
    problems.invalid(at.child("type"), type, detail);
  }
  if (value !== undefined && !isPositive(value)) {
    problems.invalid(at.child("value"), value, "must be positive");
  }
  if (averageValue !== undefined && !isPositive(averageValue)) {
    problems.invalid(at.child("averageValue"), averageValue, "must be positive");
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    problems.invalid(at.child("averageUtilization"), averageUtilization, "must be greater than 0");
  }
}

function validateIdentifier(
  problems: Problems,
  at: Path,
  { name }: DeepReadonly<MetricIdentifier>,
): void {
  problems.name(at.child("name"), name, pathSegmentName, "must specify a metric name");
}

/** The rules for a share of a resource, or an amount of it. */
function validateUtilization(problems: Problems, at: Path, target: Target): void {
  validateTarget(problems, at, target);
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && averageValue === undefined) {
    const detail = "must set either a target raw value or a target utilization";
    problems.required(at.child("averageUtilization"), detail);
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    const detail = "may not set both a target raw value and a target utilization";
    problems.forbidden(at.child("averageValue"), detail);
  }
}

const checks: Readonly<Record<string, SourceCheck>> = {
  object(problems, at, { object }) {
    if (!object) return;
    validateReference(problems, at.child("describedObject"), object.describedObject, true);
    validateIdentifier(problems, at.child("metric"), object.metric);
    const targetAt = at.child("target");
    validateTarget(problems, targetAt, object.target);
    if (object.target.value !== undefined || object.target.averageValue !== undefined) return;
    const detail = "must set either a target value or averageValue";
    problems.required(targetAt.child("averageValue"), detail);
  },
  external(problems, at, { external }) {
    if (!external) return;
    validateIdentifier(problems, at.child("metric"), external.metric);
    const targetAt = at.child("target");
    const { averageValue, value } = external.target;
    validateTarget(problems, targetAt, external.target);
    if (value === undefined && averageValue === undefined) {
      const detail = "must set either a target value for metric or a per-pod target";
      problems.required(targetAt.child("averageValue"), detail);
    }
    if (value !== undefined && averageValue !== undefined) {
      const detail = "may not set both a target value for metric and a per-pod target";
      problems.forbidden(targetAt.child("value"), detail);
    }
  },
  pods(problems, at, { pods }) {
    if (!pods) return;
    validateIdentifier(problems, at.child("metric"), pods.metric);
    const targetAt = at.child("target");
    validateTarget(problems, targetAt, pods.target);
    const { averageValue } = pods.target;
    if (averageValue !== undefined && isPositive(averageValue)) return;
    const detail = "must specify a positive target averageValue";
    problems.required(targetAt.child("averageValue"), detail);
  },
  resource(problems, at, { resource }) {
    if (!resource) return;
    if (resource.name === "") problems.required(at.child("name"), "must specify a resource name");
    validateUtilization(problems, at.child("target"), resource.target);
  },
  containerResource(problems, at, { containerResource }) {
    if (!containerResource) return;
    const { container, name, target } = containerResource;
    if (name === "") problems.required(at.child("name"), "must specify a resource name");
    if (container === "") problems.required(at.child("container"), "must specify a container");
    validateUtilization(problems, at.child("target"), target);
  },
};

function validateMetric(problems: Problems, at: Path, metric: Spec): void {
  const typeAt = at.child("type");
  const { type } = metric;
  if (type === "") problems.required(typeAt, "must specify a metric source type");
  const isKnown = sourceTypes.includes(type);
  if (!isKnown) problems.notSupported(typeAt, type, sourceTypes);
  const fields = Object.keys(checks).filter((field) => metric[field as keyof Spec]);
  const [first] = fields;
  if (first !== undefined) checks[first]?.(problems, at.child(first), metric);
  const expected = isKnown ? `${type.charAt(0).toLowerCase()}${type.slice(1)}` : "";
  if (!isKnown) problems.notSupported(typeAt, type, sourceTypes);
  else if (!fields.includes(expected)) {
    const detail = "must populate information for the given metric source";
    problems.required(at.child(expected), detail);
  }
  if (fields.length === 1) return;
  for (const field of fields) {
    if (field === expected) continue;
    problems.forbidden(at.child(field), "must populate the given metric source only");
  }
}
