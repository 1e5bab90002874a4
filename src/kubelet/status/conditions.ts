/** The pod conditions that the kubelet owns. Order and texts are upstream's. */
import type { ContainerStatus } from "#apis/core/container-status.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { PodCondition } from "#apis/core/pod-status.ts";
import { initContainersOf, regularContainersOf } from "../pod/containers.ts";
import { isTerminalPhase } from "../pod/containers.ts";

export type Verdict = Pick<PodCondition, "status" | "reason" | "message">;

/** Condition types that only the kubelet sets. */
export const kubeletConditions: ReadonlySet<string> = new Set([
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodScheduled",
  "PodResizePending",
  "PodResizeInProgress",
]);

export interface ConditionInput {
  readonly pod: Pod;
  readonly phase: string;
  /** Init, sidecar and regular containers. */
  readonly statuses: readonly ContainerStatus[];
  /** Whether the pod has a sandbox with its network. */
  readonly sandboxReady: boolean;
  /** Conditions that others set, for readiness gates. */
  readonly others: readonly PodCondition[];
}

/** Type and verdict of each condition, in the order in which they are stored. */
export function conditionsOf(input: ConditionInput): [type: string, verdict: Verdict][] {
  return [
    ["PodReadyToStartContainers", { status: input.sandboxReady ? "True" : "False" }],
    ["Initialized", initialized(input)],
    ["Ready", ready(input)],
    ["ContainersReady", containersReady(input)],
    ["PodScheduled", { status: "True" }],
  ];
}

/** Ready and ContainersReady of a pod that has ended. */
export function readyWhenOver(phase: string): Verdict {
  return { status: "False", reason: phase === "Succeeded" ? "PodCompleted" : "PodFailed" };
}

function statusNamed(statuses: readonly ContainerStatus[], name: string) {
  return statuses.find((status) => status.name === name);
}

function initialized({ pod, phase, statuses }: ConditionInput): Verdict {
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const { container, kind } of initContainersOf(pod)) {
    const status = statusNamed(statuses, container.name);
    if (!status) unknown.push(container.name);
    else if (!(kind === "sidecar" ? status.started : status.ready)) incomplete.push(container.name);
  }
  if (phase === "Succeeded" && unknown.length === 0) {
    return { status: "True", reason: "PodCompleted" };
  }
  const anyStarted = regularContainersOf(pod).some(({ container }) => {
    const status = statusNamed(statuses, container.name);
    return (
      status !== undefined &&
      (status.state?.running !== undefined ||
        status.state?.terminated !== undefined ||
        status.lastState?.terminated !== undefined)
    );
  });
  if (anyStarted) return { status: "True" };
  const message = listed(unknown, "unknown", incomplete, "incomplete");
  if (message === "") return { status: "True" };
  return { status: "False", reason: "ContainersNotInitialized", message };
}

function containersReady({ pod, phase, statuses }: ConditionInput): Verdict {
  const unknown: string[] = [];
  const unready: string[] = [];
  const counted = [
    ...initContainersOf(pod).filter(({ kind }) => kind === "sidecar"),
    ...regularContainersOf(pod),
  ];
  for (const { container } of counted) {
    const status = statusNamed(statuses, container.name);
    if (!status) unknown.push(container.name);
    else if (!status.ready) unready.push(container.name);
  }
  if (phase === "Failed" || (phase === "Succeeded" && unknown.length === 0)) {
    return readyWhenOver(phase);
  }
  const message = listed(unknown, "unknown", unready, "unready");
  if (message === "") return { status: "True" };
  return { status: "False", reason: "ContainersNotReady", message };
}

function ready(input: ConditionInput): Verdict {
  const containers = containersReady(input);
  if (containers.status !== "True") return containers;
  if (isTerminalPhase(input.phase)) return readyWhenOver(input.phase);
  const missing: string[] = [];
  for (const { conditionType } of input.pod.spec.readinessGates ?? []) {
    const gate = input.others.find(({ type }) => type === conditionType);
    const name = `corresponding condition of pod readiness gate ${JSON.stringify(conditionType)}`;
    if (!gate) missing.push(`${name} does not exist.`);
    else if (gate.status !== "True") {
      missing.push(
        `the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${gate.status}`,
      );
    }
  }
  if (missing.length === 0) return { status: "True" };
  return { status: "False", reason: "ReadinessGatesNotReady", message: missing.join(", ") };
}

function listed(a: readonly string[], aIs: string, b: readonly string[], bIs: string): string {
  const part = (names: readonly string[], is: string) =>
    names.length === 0 ? [] : [`containers with ${is} status: [${names.join(" ")}]`];
  return [...part(a, aIs), ...part(b, bIs)].join(", ");
}
