import type { Taint } from "#apis/core/node.ts";
import type { Toleration } from "#apis/core/scheduling.ts";

/** Whether the toleration covers the taint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = "", operator = "Equal", value = "", effect = "" } = toleration;
  if (effect !== "" && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  if (operator === "Exists") return true;
  return operator === "Equal" && key !== "" && value === (taint.value ?? "");
}

/** Whether some toleration covers the taint. */
export function isTolerated(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some((toleration) => tolerates(toleration, taint));
}
