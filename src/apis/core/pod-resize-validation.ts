import { type Path, path } from "#machinery/field-error.ts";
import { cloneJson, equalJson } from "#machinery/patch/json-value.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { StrategyContext } from "#machinery/strategy.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { Container } from "./container.ts";
import { mirrorPodAnnotation } from "./pod-annotation-validation.ts";
import { qosClassOf } from "./pod-qos.ts";
import type { PodSpec } from "./pod-spec.ts";
import { validatePodParts } from "./pod-validation.ts";
import type { Pod } from "./pod.ts";

const at = path("spec");
const resizable = ["cpu", "memory"];

/** A resize may change cpu and memory of containers that keep running, nothing else. */
export function validatePodResize(
  problems: Problems,
  pod: Pod,
  old: Pod,
  context: Pick<StrategyContext, "allowPrivileged">,
): void {
  validatePodParts(problems, pod, old, context);
  const refusal = refusalOf(old);
  if (refusal !== undefined) {
    problems.list.length = 0;
    problems.forbidden("", refusal);
    return;
  }
  const qos = qosClassOf(pod.spec);
  if ((old.status?.qosClass ?? qosClassOf(old.spec)) !== qos) {
    const shown = pod.status?.qosClass ?? "";
    problems.invalid(at, shown, "Pod QOS Class may not change as a result of resizing");
    return;
  }
  const running = (old.status?.containerStatuses ?? []).find(({ state }) => state?.running);
  if (running && !running.resources) {
    problems.forbidden(at, "Pod running on node without support for resize");
  }
  for (const field of ["initContainers", "containers"] as const) {
    for (const [i, before] of (old.spec[field] ?? []).entries()) {
      const container = pod.spec[field]?.[i];
      if (!container) continue;
      if (field === "initContainers" && before.restartPolicy !== "Always") {
        if (!equalJson(container, before)) {
          problems.forbidden(at, "resources for non-sidecar init containers are immutable");
        }
        continue;
      }
      validateContainerResize(problems, at.child(field).index(i).child("resources"), {
        container,
        before,
      });
      if (!equalJson(withOldAmounts(container, before), before)) {
        const which = field === "containers" ? "resources" : "resources for sidecar containers";
        problems.forbidden(at, `only cpu and memory ${which} are mutable`);
      }
    }
  }
  if (problems.any) return;
  if (!equalJson(withOldContainers(pod.spec, old.spec), old.spec)) {
    problems.forbidden(at, "only cpu and memory resources are mutable");
  }
}

function refusalOf(pod: DeepReadonly<Pod>): string | undefined {
  if (pod.metadata.annotations?.[mirrorPodAnnotation] !== undefined) {
    return "static pods cannot be resized";
  }
  if (pod.spec.os?.name === "windows") return "windows pods cannot be resized";
  return undefined;
}

interface Change {
  readonly container: DeepReadonly<Container>;
  readonly before: DeepReadonly<Container>;
}

function validateContainerResize(problems: Problems, place: Path, change: Change): void {
  const { before, container } = change;
  for (const field of ["requests", "limits"] as const) {
    const now = container.resources?.[field] ?? {};
    const gone = Object.keys(before.resources?.[field] ?? {}).some((name) => !(name in now));
    if (gone) problems.forbidden(place.child(field), `resource ${field} cannot be removed`);
  }
  const policy = container.resizePolicy?.find(({ resourceName }) => resourceName === "memory");
  const limit = container.resources?.limits?.["memory"];
  const oldLimit = before.resources?.limits?.["memory"];
  if (limit === undefined || policy?.restartPolicy === "RestartContainer") return;
  const limitAt = place.child("limits").key("memory");
  if (oldLimit === undefined) {
    const detail = "memory limits cannot be added unless resizePolicy is RestartContainer";
    problems.forbidden(limitAt, detail);
  } else if (compareQuantity(limit, oldLimit) < 0 && policy?.restartPolicy === "Never") {
    problems.forbidden(limitAt, "memory limits cannot be decreased");
  }
}

/** The container with the old cpu and memory, and all else as the client wants it. */
function withOldAmounts(
  container: DeepReadonly<Container>,
  before: DeepReadonly<Container>,
): Container {
  const copy = cloneJson(container) as Container;
  const resources = copy.resources ?? {};
  for (const field of ["requests", "limits"] as const) {
    const amounts: Record<string, string> = { ...resources[field] };
    for (const name of resizable) {
      const old = before.resources?.[field]?.[name];
      if (old === undefined) delete amounts[name];
      else amounts[name] = old;
    }
    if (Object.keys(amounts).length === 0) delete resources[field];
    else resources[field] = amounts;
  }
  copy.resources = resources;
  return copy;
}

function withOldContainers(spec: DeepReadonly<PodSpec>, old: DeepReadonly<PodSpec>): PodSpec {
  const copy = cloneJson(spec) as PodSpec;
  for (const field of ["initContainers", "containers"] as const) {
    const containers = copy[field];
    const before = old[field];
    if (!containers || !before) continue;
    copy[field] = containers.map((container, i) => {
      const previous = before[i];
      const keeps = field === "containers" || container.restartPolicy === "Always";
      return previous && keeps ? withOldAmounts(container, previous) : container;
    });
  }
  return copy;
}

/** What of a resize request counts: the resources of containers that exist. */
export function onlyResources(pod: Pod, old: Pod): PodSpec {
  const spec = cloneJson(old.spec);
  for (const field of ["initContainers", "containers"] as const) {
    for (const container of spec[field] ?? []) {
      if (field === "initContainers" && container.restartPolicy !== "Always") continue;
      const asked = pod.spec[field]?.find(({ name }) => name === container.name);
      if (!asked) continue;
      if (asked.resources !== undefined) container.resources = cloneJson(asked.resources);
      if (asked.resizePolicy !== undefined) {
        container.resizePolicy = cloneJson(asked.resizePolicy);
      }
    }
  }
  if (pod.spec.resources && spec.resources) spec.resources = cloneJson(pod.spec.resources);
  return spec;
}
