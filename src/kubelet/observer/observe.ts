/** Reads what the runtime has of pods. */
import type { CriClient } from "../cri/cri.ts";
import { isNotFound } from "../cri/cri.ts";
import type { Container, ContainerStatus, PodSandbox } from "../cri/types.ts";
import type { Files } from "../host/files.ts";
import {
  podNameLabel,
  podNamespaceLabel,
  podUidLabel,
  readContainerNotes,
} from "../runtime/labels.ts";
import type {
  ContainerObservation,
  ContainerRunState,
  PodObservation,
  SandboxObservation,
} from "./observation.ts";
import { terminationMessage } from "./termination-message.ts";

const states: Record<Container["state"], ContainerRunState> = {
  CONTAINER_CREATED: "created",
  CONTAINER_RUNNING: "running",
  CONTAINER_EXITED: "exited",
  CONTAINER_UNKNOWN: "unknown",
};

/** What the runtime lists of one pod, before details are asked for. */
export interface PodListing {
  readonly uid: string;
  readonly sandboxes: PodSandbox[];
  readonly containers: Container[];
}

/** Everything the runtime has, by pod uid; what no kubelet made is left out. */
export async function listPods(cri: CriClient, uid?: string): Promise<Map<string, PodListing>> {
  const filter = uid === undefined ? {} : { labelSelector: { [podUidLabel]: uid } };
  const [sandboxes, containers] = await Promise.all([
    cri.listPodSandbox(filter),
    cri.listContainers(filter),
  ]);
  const pods = new Map<string, PodListing>();
  const podOf = (labels: Readonly<Record<string, string>>) => {
    const podUid = labels[podUidLabel];
    if (podUid === undefined) return undefined;
    let pod = pods.get(podUid);
    if (!pod) pods.set(podUid, (pod = { uid: podUid, sandboxes: [], containers: [] }));
    return pod;
  };
  for (const sandbox of sandboxes) podOf(sandbox.labels)?.sandboxes.push(sandbox);
  for (const container of containers) podOf(container.labels)?.containers.push(container);
  type Instance = { createdAt: number; metadata: { attempt: number } };
  const newestFirst = (a: Instance, b: Instance) =>
    b.createdAt - a.createdAt || b.metadata.attempt - a.metadata.attempt;
  for (const pod of pods.values()) {
    pod.sandboxes.sort(newestFirst);
    pod.containers.sort(newestFirst);
  }
  return pods;
}

/** Changes exactly when something of the pod changed that is worth a new observation. */
export function signatureOf({ sandboxes, containers }: PodListing): string {
  return [...sandboxes, ...containers].map(({ id, state }) => `${id} ${state}`).join("\n");
}

/** Turns a listing into an observation, asking for what `before` does not tell already. */
export async function observe(
  cri: CriClient,
  files: Files,
  listing: PodListing,
  before: PodObservation | undefined,
): Promise<PodObservation> {
  const labels = listing.sandboxes[0]?.labels ?? listing.containers[0]?.labels ?? {};
  const [sandboxes, containers] = await Promise.all([
    Promise.all(listing.sandboxes.map((sandbox) => observeSandbox(cri, sandbox, before))),
    Promise.all(listing.containers.map((it) => observeContainer(cri, files, it, before))),
  ]);
  return {
    uid: listing.uid,
    namespace: labels[podNamespaceLabel] ?? "",
    name: labels[podNameLabel] ?? "",
    sandboxes,
    containers: containers.filter((container) => container !== undefined),
  };
}

async function observeSandbox(
  cri: CriClient,
  sandbox: PodSandbox,
  before: PodObservation | undefined,
): Promise<SandboxObservation> {
  const { id, metadata, state, createdAt } = sandbox;
  const known = before?.sandboxes.find((it) => it.id === id);
  const ready = state === "SANDBOX_READY";
  let ips = known?.ips ?? [];
  if (ready && ips.length === 0 && !known) ips = await addressesOf(cri, id);
  return { id, ready, attempt: metadata.attempt, createdAtMs: millis(createdAt), ips };
}

async function addressesOf(cri: CriClient, id: string): Promise<string[]> {
  try {
    const { network } = (await cri.podSandboxStatus(id)).status;
    if (!network || network.ip === "") return [];
    return [network.ip, ...network.additionalIps.map(({ ip }) => ip)];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function observeContainer(
  cri: CriClient,
  files: Files,
  container: Container,
  before: PodObservation | undefined,
): Promise<ContainerObservation | undefined> {
  const state = states[container.state];
  const known = before?.containers.find(({ id }) => id === container.id);
  if (known?.state === state) return known;
  try {
    const { status, info } = await statusWithUser(cri, container, known);
    return await describeContainer(files, container, status, known?.user ?? userOf(status, info));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Runtimes that do not tell the user plainly (containerd before 2.0) tell it verbosely. */
async function statusWithUser(
  cri: CriClient,
  container: Container,
  known: ContainerObservation | undefined,
) {
  const verbose = known?.user === undefined && container.state !== "CONTAINER_CREATED";
  return cri.containerStatus(container.id, { verbose });
}

type User = NonNullable<ContainerObservation["user"]>;

function userOf(status: ContainerStatus, info: Readonly<Record<string, string>>): User | undefined {
  if (status.user?.linux) return status.user.linux;
  const text = info["info"];
  if (text === undefined) return undefined;
  type Spec = { process?: { user?: { uid?: number; gid?: number; additionalGids?: number[] } } };
  const { runtimeSpec } = JSON.parse(text) as { runtimeSpec?: Spec };
  const user = runtimeSpec?.process?.user;
  if (!user) return undefined;
  const { uid = 0, gid = 0, additionalGids = [] } = user;
  return { uid, gid, supplementalGroups: [...new Set([gid, ...additionalGids])] };
}

async function describeContainer(
  files: Files,
  container: Container,
  status: ContainerStatus,
  user: User | undefined,
): Promise<ContainerObservation> {
  const notes = readContainerNotes(status.annotations);
  const state = states[status.state];
  const exited = state === "exited";
  return {
    id: container.id,
    name: container.metadata.name,
    sandboxId: container.podSandboxId,
    state,
    restartCount: notes.restartCount,
    createdAtMs: millis(status.createdAt),
    startedAtMs: millis(status.startedAt),
    finishedAtMs: millis(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: exited ? await terminationMessage(files, status, notes) : status.message,
    image: status.image.image,
    imageId: status.imageRef,
    hash: notes.hash,
    logPath: status.logPath,
    ...(user ? { user } : {}),
    ...(notes.resources ? { given: notes.resources } : {}),
  };
}

function millis(nanoseconds: number): number {
  return Math.floor(nanoseconds / 1e6);
}
