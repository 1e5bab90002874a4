import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Taint } from "./node.ts";
import type { Toleration } from "./scheduling.ts";

/** How tolerations answer taints: the scheduler, the kubelet and the evictor ask alike. */

type TaintLike = DeepReadonly<Taint>;
type TolerationLike = DeepReadonly<Toleration>;

/** Whether the toleration covers the taint. https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
export function tolerates(toleration: TolerationLike, taint: TaintLike): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? "Equal") {
    case "Exists":
      return true;
    case "Equal":
      return Boolean(toleration.key) && (toleration.value ?? "") === (taint.value ?? "");
    case "Gt":
      return compareIntegers(taint.value, toleration.value, (a, b) => a > b);
    case "Lt":
      return compareIntegers(taint.value, toleration.value, (a, b) => a < b);
    default:
      return false;
  }
}

/** The first of the taints with one of `effects` that nothing tolerates. */
export function untolerated(
  taints: readonly TaintLike[] | undefined | null,
  tolerations: readonly TolerationLike[] | undefined | null,
  effects: readonly string[],
): TaintLike | undefined {
  return taints?.find(
    (taint) => effects.includes(taint.effect) && !tolerations?.some((one) => tolerates(one, taint)),
  );
}

function compareIntegers(
  left: string | undefined,
  right: string | undefined,
  holds: (a: bigint, b: bigint) => boolean,
): boolean {
  const integer = /^-?\d{1,19}$/;
  if (!integer.test(left ?? "") || !integer.test(right ?? "")) return false;
  return holds(BigInt(left!), BigInt(right!));
}
