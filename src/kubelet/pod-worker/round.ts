/** One round of a pod that shall run: does what the plan says. */
import type { Pod } from "#apis/core/pod.ts";
import { goDuration } from "../images/image-manager.ts";
import type { PodObservation } from "../observer/observation.ts";
import { containerNamed, describePod, fieldPathOf } from "../pod/containers.ts";
import { restartsAfter } from "./restart-policy.ts";
import type { ContainerKill, ContainerStart, PodPlan } from "./plan.ts";
import type { NodeContext, PodMemory } from "./pod-context.ts";
import { type Allocation, applyResizes } from "./resize.ts";
import { createSandbox, sandboxConfigOf, stopSandboxes } from "./sandbox.ts";
import { startContainer } from "./start-container.ts";
import { StartFailure } from "./start-failure.ts";
import { graceSecondsOf, podIpOf, stopAllContainers, stopContainer } from "./stop-container.ts";

export interface RoundInput {
  readonly node: NodeContext;
  readonly pod: Pod;
  readonly memory: PodMemory;
  readonly allocation: Allocation;
  readonly observed: PodObservation;
  readonly plan: PodPlan;
  /** Shows the pod's status now, because what follows may take long. */
  readonly onWait: () => void;
  readonly signal: AbortSignal;
}

export interface RoundOutcome {
  /** Something was done: observe and plan again. */
  readonly acted: boolean;
  /** Something could not be done for a reason that is shown in the status. */
  readonly failed: boolean;
}

/** After a start that failed without leaving a container behind. */
const retryStartMs = 10_000;
const crashLoop = "CrashLoopBackOff";

/** Applies a plan whose sandbox is not to be stopped. */
export async function applyPlan(input: RoundInput): Promise<RoundOutcome> {
  const { node, pod, memory, observed, plan, signal } = input;
  if (plan.sandbox.do === "stop") return { acted: false, failed: false };
  if (plan.sandbox.do === "create") {
    const { attempt, stopFirst } = plan.sandbox;
    if (stopFirst || attempt > 0) {
      const message = "Pod sandbox changed, it will be killed and re-created.";
      node.recorder.normal(pod, "SandboxChanged", message);
      await stopAllContainers(node, pod, observed, graceSecondsOf(pod, undefined), signal);
      await stopSandboxes(node, pod, observed);
    }
    await createSandbox(node, pod, memory, attempt, signal);
    return { acted: true, failed: false };
  }
  await Promise.all(plan.kill.map((kill) => killOne(input, kill)));
  if (plan.resize.length > 0) await applyResizes(node, pod, memory, plan.resize);
  for (const { start, untilMs } of plan.backingOff) backOff(input, start, untilMs);
  let failed = false;
  for (const start of plan.start) {
    signal.throwIfAborted();
    if (!(await startOne(input, start, plan.sandbox.sandbox))) failed = true;
  }
  const acted = plan.kill.length + plan.resize.length + plan.start.length > 0;
  return { acted, failed };
}

async function killOne(input: RoundInput, kill: ContainerKill): Promise<void> {
  const { node, pod, memory, observed, signal } = input;
  const { container, id, reason, message } = kill;
  // A container that would not run again stays ended; the others make room for a successor.
  const always = reason === "changed" || reason === "resize";
  if (always || restartsAfter(pod, container, killedExitCode)) memory.replaced.add(id);
  await stopContainer(node, {
    pod,
    container,
    instance: { id },
    graceSeconds: graceSecondsOf(
      pod,
      container,
      reason === "startup" || reason === "liveness" ? reason : "other",
    ),
    message,
    podIp: podIpOf(node, pod, observed),
    signal,
  });
}

const killedExitCode = 137;

/** Whether the container runs now; if not, memory knows why. */
async function startOne(
  input: RoundInput,
  start: ContainerStart,
  sandbox: { id: string; attempt: number },
): Promise<boolean> {
  const { node, pod, memory, allocation, observed, onWait, signal } = input;
  const { name, resources } = start.container.container;
  if (start.endedAtMs !== undefined) memory.restarted(name, start.endedAtMs, node.clock.now());
  try {
    await startContainer(node, {
      pod,
      memory,
      observed,
      sandboxId: sandbox.id,
      sandbox: sandboxConfigOf(node, pod, memory, sandbox.attempt).config,
      start,
      resources: allocation.granted.get(name) ?? resources,
      onWait,
      signal,
    });
    memory.failures.delete(name);
    memory.retryAtMs.delete(name);
    return true;
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    memory.failed(name, error.reason, error.message);
    const leftContainer =
      error.reason === "RunContainerError" || error.reason === "PostStartHookError";
    if (error.retryAtMs !== undefined) memory.retryAtMs.set(name, error.retryAtMs);
    else if (!leftContainer) memory.retryAtMs.set(name, node.clock.now() + retryStartMs);
    return false;
  }
}

/** Notes that a container waits for its next start. Its status shows that from the next round on. */
function backOff({ node, pod, memory }: RoundInput, start: ContainerStart, untilMs: number): void {
  const { name } = start.container.container;
  if (untilMs <= node.clock.now()) return;
  const where = describePod(pod);
  const fieldPath = fieldPathOf(containerNamed(pod, name) ?? start.container);
  const text = `Back-off restarting failed container ${name} in pod ${where}`;
  node.recorder.warning(pod, "BackOff", text, { fieldPath });
  const delay = goDuration(memory.backoffMs(name));
  memory.failed(
    name,
    crashLoop,
    `back-off ${delay} restarting failed container=${name} pod=${where}`,
  );
}

/** Forgets the back-off of containers that are about to start, before the status is made. */
export function leaveBackOff(memory: PodMemory, plan: PodPlan): void {
  for (const { container } of plan.start) {
    const { name } = container.container;
    if (memory.failures.get(name)?.reason === crashLoop) memory.failures.delete(name);
  }
}
