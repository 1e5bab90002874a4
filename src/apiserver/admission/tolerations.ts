import type { Toleration } from "#apis/core/scheduling.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { equalJson } from "#machinery/patch/json-value.ts";

type TolerationLike = DeepReadonly<Toleration>;

/** Both lists without what another toleration covers anyway; of equal ones the first stays. */
export function mergeTolerations(
  first: readonly TolerationLike[],
  second: readonly TolerationLike[],
): Toleration[] {
  const all = [...first, ...second];
  const merged: TolerationLike[] = [];
  for (const [i, one] of all.entries()) {
    if (merged.some((kept) => coversToleration(kept, one))) continue;
    const later = all.slice(i + 1);
    if (later.some((other) => !equalJson(one, other) && coversToleration(other, one))) continue;
    merged.push(one);
  }
  return merged.map((one) => ({ ...one }));
}

/** Whether what `narrow` tolerates is tolerated by `wide` too. */
export function coversToleration(wide: TolerationLike, narrow: TolerationLike): boolean {
  if (equalJson(wide, narrow)) return true;
  const everyKey = !wide.key && wide.operator === "Exists";
  if ((wide.key ?? "") !== (narrow.key ?? "") && !everyKey) return false;
  if (wide.effect && wide.effect !== narrow.effect) return false;
  if (wide.effect === "NoExecute" && wide.tolerationSeconds !== undefined) {
    const seconds = narrow.tolerationSeconds;
    if (seconds === undefined || seconds > wide.tolerationSeconds) return false;
  }
  switch (wide.operator || "Equal") {
    case "Equal":
      return narrow.operator === "Equal" && (wide.value ?? "") === (narrow.value ?? "");
    case "Exists":
      return true;
    default:
      return false;
  }
}
