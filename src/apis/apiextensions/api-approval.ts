import type { ObjectMeta } from "#machinery/object-meta.ts";

/** Groups of the Kubernetes community need a reviewed API (KEP-1111). */

export const approvalAnnotation = "api-approved.kubernetes.io";

export type ApprovalState = "missing" | "invalid" | "bypassed" | "approved";

/** Whether only reviewed APIs may be in the group. */
export function isProtectedGroup(group: string): boolean {
  return ["k8s.io", "kubernetes.io"].some((own) => group === own || group.endsWith(`.${own}`));
}

/** What the annotation of a definition says, and the reason in upstream's words. */
export function approvalOf(metadata: Pick<ObjectMeta, "annotations">): {
  state: ApprovalState;
  reason: string;
} {
  const text = metadata.annotations?.[approvalAnnotation] ?? "";
  const needed = `protected groups must have approval annotation ${JSON.stringify(approvalAnnotation)}`;
  const see = "see https://github.com/kubernetes/enhancements/pull/1111";
  if (text === "") return { state: "missing", reason: `${needed}, ${see}` };
  if (text.startsWith("unapproved")) {
    return { state: "bypassed", reason: `not approved: ${JSON.stringify(text)}` };
  }
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(text) && URL.canParse(text);
  if (isUrl) return { state: "approved", reason: `approved in ${text}` };
  const reason = `${needed} with either a URL or a reason starting with "unapproved", ${see}`;
  return { state: "invalid", reason };
}
