/** Finds pods and containers for those who ask by name; what is wrong is said in upstream's words. */
import type { ContainerStatus } from "#apis/core/container-status.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { ContainerObservation } from "../observer/observation.ts";
import { HttpError } from "./answer.ts";
import type { KubeletView } from "./view.ts";

/** Who is asked for; the uid tells pods of one name apart. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string | undefined;
}

/** The pod of that name; one that is not being deleted before others. */
export function findPod(view: Pick<KubeletView, "pods">, { namespace, name }: PodName) {
  const named = view
    .pods()
    .filter(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  return named.find(({ metadata }) => !metadata.deletionTimestamp) ?? named[0];
}

/** `findPod`, or 404. */
export function requirePod(view: Pick<KubeletView, "pods">, name: PodName): Pod {
  const pod = findPod(view, name);
  if (!pod) throw new HttpError(404, "pod does not exist");
  return pod;
}

/** The running instance of a container; throws when none runs. */
export function runningContainer(
  view: Pick<KubeletView, "observation">,
  pod: Pod,
  { uid }: PodName,
  container: string,
): ContainerObservation {
  const isThisPod = uid === undefined || uid === pod.metadata.uid;
  const observed = isThisPod ? view.observation(pod.metadata.uid ?? "") : undefined;
  const running = observed?.containers.find(
    ({ name, state }) => name === container && state === "running",
  );
  if (running) return running;
  throw new HttpError(500, `container not found (${JSON.stringify(container)})`);
}

/**
 * The id of the instance whose log is shown: the running one, else the last that ran; `previous` asks for
 * the one before. Throws an Error that says why there is none.
 */
export function loggedContainerId(pod: Pod, container: string, previous: boolean): string {
  const what = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`;
  const status = statusesOf(pod).find(({ name }) => name === container);
  if (!status) throw new Error(`${what} is not available`);
  const last = status.lastState?.terminated;
  if (previous) {
    if (!last?.containerID) throw new Error(`previous terminated ${what} not found`);
    return idOf(last.containerID);
  }
  const { running, terminated, waiting } = status.state ?? {};
  if (running) return idOf(status.containerID ?? "");
  const ended = terminated?.containerID || last?.containerID;
  if (ended) return idOf(ended);
  if (terminated || last) throw new Error(`${what} is terminated`);
  if (waiting) throw new Error(`${what} is waiting to start: ${whyWaiting(waiting.reason ?? "")}`);
  throw new Error(`${what} is waiting to start - no logs yet`);
}

function whyWaiting(reason: string): string {
  if (reason === "ErrImagePull") return "image can't be pulled";
  if (reason === "ImagePullBackOff") return "trying and failing to pull image";
  return reason;
}

function statusesOf({ status }: Pod): ContainerStatus[] {
  return [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
}

/** `containerd://abc` without the runtime's name. */
function idOf(containerId: string): string {
  return containerId.replace(/^[^:]+:\/\//, "");
}
