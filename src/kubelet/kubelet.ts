/**
 * The kubelet: runs the pods that are assigned to its node.
 *
 * Reads Pod, Node, Service, and the ConfigMaps and Secrets that its pods refer to; asks for their
 * service account tokens. Writes Pod/status, Node, Node/status, Lease, Event. Never schedules.
 * `pod-worker/plan.ts` decides (pure, read it first); `pod-worker/round.ts` does; `observer/` knows
 * what the container runtime has; this file only wires.
 */
import { startEventRecorder } from "#client/event-recorder.ts";
import { childSignal } from "#base/signal.ts";
import type { Pod } from "#apis/core/pod.ts";
import { runtimeClasses } from "#apis/node/runtime-class.ts";
import { toKey } from "#machinery/meta.ts";
import { milliValue, wholeValue } from "#machinery/quantity.ts";
import { createPodCgroups, noCgroups, type PodCgroups } from "./cgroups/pod-cgroups.ts";
import { type Host, linuxHost } from "./host/host.ts";
import type { MachineFacts } from "./host/machine.ts";
import { createImageManager } from "./images/image-manager.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { admitPod, refuseResize } from "./node/admission.ts";
import { allocatableOf, capacityOf } from "./node/capacity.ts";
import { renewLease } from "./node/lease.ts";
import { createNodeManager, type NodeManager } from "./node/node-manager.ts";
import type { NodeHealth } from "./node/conditions.ts";
import { createObserver, type Observer } from "./observer/observer.ts";
import { isStaticPod } from "./pod/containers.ts";
import type { NodeContext } from "./pod-worker/pod-context.ts";
import { PodWorkers } from "./pod-worker/pod-workers.ts";
import { Semaphore } from "./pod-worker/semaphore.ts";
import { type DnsSettings, parseResolvConf, type ResolvConf } from "./runtime/dns.ts";
import { defaultSettings, type KubeletOptions, type KubeletSettings } from "./settings.ts";
import { type NodeSources, ownSources } from "./sources.ts";
import { deleteMirror, ensureMirror, mirrored } from "./static-pods/mirror-pods.ts";
import { followStaticPods } from "./static-pods/static-pods.ts";
import { createStatusManager } from "./status/status-manager.ts";
import { memoryDir } from "./volumes/layout.ts";
import { type NodeObjects, nodeObjects, simulatedObjects } from "./volumes/objects.ts";
import { tokenSource } from "./volumes/tokens.ts";
import { createVolumeManager, noVolumes } from "./volumes/volume-manager.ts";

export type { KubeletOptions, KubeletSettings } from "./settings.ts";

export interface Kubelet extends AsyncDisposable {
  /** Resolves when the node has been shown as Ready. */
  readonly ready: Promise<void>;
  readonly workers: PodWorkers;
  readonly observer: Observer;
  readonly node: NodeContext;
}

/** Runtime that does not answer for this long is not healthy. */
const runtimeSilenceMaxMs = 180_000;
const orphansEveryMs = 60_000;

/** Starts a kubelet. Resolves when it watches its pods; `ready` comes later. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const settings = { ...defaultSettings(options.nodeName), ...options.settings };
  const host = options.host ?? linuxHost();
  const stop = childSignal(options.signal);
  const parts = await assemble(options, settings, host, stop.signal);
  const running = run(options, settings, host, parts, stop.signal);
  return {
    ready: parts.manager.ready,
    workers: parts.workers,
    observer: parts.observer,
    node: parts.node,
    async [Symbol.asyncDispose]() {
      parts.workers.stop();
      stop.abort();
      await Promise.allSettled(running);
    },
  };
}

interface Parts {
  readonly sources: NodeSources;
  readonly observer: Observer;
  readonly workers: PodWorkers;
  readonly node: NodeContext;
  readonly manager: NodeManager;
  readonly mirrors: Map<string, Pod>;
}

async function assemble(
  options: KubeletOptions,
  settings: KubeletSettings,
  host: Host,
  signal: AbortSignal,
): Promise<Parts> {
  const { client, cri, clock, chance, log, nodeName } = options;
  const { rootDir } = settings;
  const [facts, version, space] = await Promise.all([
    host.machine.facts(),
    cri.version(),
    prepareFolders(host, settings),
  ]);
  const common = { client, clock, chance, log, signal };
  const sources = options.sources ?? ownSources(common, nodeName);
  const recorder = startEventRecorder({ ...common, component: "kubelet", host: nodeName });
  const addresses = settings.addresses.length > 0 ? settings.addresses : host.machine.addresses();
  const poke = (uid: string) => workers.poke(uid);
  const observer = createObserver({
    cri, files: host.files, clock, log, onChange: poke, relistMs: settings.relistMs,
  }); // prettier-ignore
  const mirrors = new Map<string, Pod>();
  const statuses = createStatusManager({
    client, clock, log, signal,
    objectOf: (pod) => objectOf(sources, mirrors, pod),
  }); // prettier-ignore
  const onReferences = (uids: Iterable<string>) => workers.referencesChanged(uids);
  const objects: NodeObjects = host.simulated
    ? simulatedObjects(client)
    : nodeObjects({ ...common, onChange: onReferences });
  const tokens = tokenSource(client, clock);
  const volumes = host.simulated
    ? noVolumes
    : createVolumeManager({ host, layout: { rootDir }, objects, tokens, clock, chance });
  const cgroups = await cgroupsOf(options, settings, host, facts);
  const capacity = {
    facts, space, podsMax: settings.podsMax, reserved: settings.reserved,
    evictionMemoryBytes: settings.eviction.memoryAvailableBytes,
  }; // prettier-ignore
  const resources = { capacity: capacityOf(capacity), allocatable: allocatableOf(capacity) };
  const dns = await dnsSettings(host, settings);
  const node: NodeContext = {
    cri, host, clock, chance, log, recorder, observer, volumes, statuses, cgroups, objects,
    nodeName, facts,
    images: createImageManager({ cri, objects, clock }),
    layout: { rootDir },
    podLogsDir: settings.podLogsDir,
    containerLogsDir: settings.containerLogsDir,
    clusterDomain: settings.clusterDomain,
    dns: () => dns,
    hostsFile: async () => (await host.files.readFile("/etc/hosts")) ?? "",
    services: () => sources.services(),
    hostIps: () => addresses,
    allocatable: () => resources.allocatable,
    runtimeName: version.runtimeName,
    networkTrouble: () => manager.networkTrouble(),
    runtimeHandler: (pod) => runtimeHandler(options, pod),
    sandboxStarts: new Semaphore(settings.parallelSandboxes),
    onChange: poke,
  }; // prettier-ignore
  const workers = new PodWorkers({
    node,
    admit: (pod, others) =>
      admitPod({
        pod,
        others,
        node: manager.node,
        allocatable: resources.allocatable,
        allowedUnsafeSysctls: settings.allowedUnsafeSysctls,
        pressure: [],
        shuttingDown: false,
      }),
    refuseResize: (pod, others) => refuseResize(pod, others, resources.allocatable),
  });
  const manager = createNodeManager({
    ...common,
    cri,
    recorder,
    identity: {
      name: nodeName,
      hostname: settings.hostname,
      addresses,
      labels: settings.labels,
      taints: settings.taints,
      podCidr: settings.podCidr,
      serverPort: settings.serverPort,
    },
    facts,
    runtime: { name: version.runtimeName, version: version.runtimeVersion },
    seen: () => sources.node(),
    resources: () => Promise.resolve(resources),
    health: () => Promise.resolve(healthOf(observer)),
  });
  const cpuMilli = milliValue(resources.allocatable["cpu"] ?? "0");
  const memoryBytes = wholeValue(resources.allocatable["memory"] ?? "0");
  await cgroups.start({ cpuMilli, memoryBytes });
  return { sources, observer, workers, node, manager, mirrors };
}

function run(
  options: KubeletOptions,
  settings: KubeletSettings,
  host: Host,
  parts: Parts,
  signal: AbortSignal,
): Promise<unknown>[] {
  const { client, clock, log, nodeName } = options;
  const { observer, manager, sources } = parts;
  const running: Promise<unknown>[] = [observer.run(signal), manager.run()];
  running.push(renewLease({ client, clock, log, signal, nodeName, node: () => manager.node }));
  running.push(followPods(options, settings, host, parts, signal));
  if (host.simulated) return running;
  running.push(startHousekeeping({ options, settings, host, ...parts, signal }));
  void sources.synced.then(() => log.debug("pods and services are known"));
  return running;
}

/** Feeds the workers, once it is known what runs already. */
async function followPods(
  options: KubeletOptions,
  settings: KubeletSettings,
  host: Host,
  parts: Parts,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, client, nodeName } = options;
  const { sources, observer, workers, node, manager, mirrors } = parts;
  await observer.listed;
  const statics = new Map<string, Pod>();
  const mirror = (pod: Pod) =>
    ensureMirror(
      { client, log, node: () => manager.node, signal },
      pod,
      sources.pods.get(toKey(pod.metadata.namespace, pod.metadata.name)),
    );
  const followed = settings.staticPodDir
    ? followStaticPods({
        files: host.files, clock, log, signal, nodeName, folder: settings.staticPodDir,
        onChange(next, old) {
          if (next) {
            statics.set(next.metadata.uid ?? "", next);
            workers.update(next);
            void sources.synced.then(() => mirror(next));
          } else if (old) {
            const uid = old.metadata.uid ?? "";
            statics.delete(uid);
            workers.remove(old);
            const shown = mirrors.get(uid);
            if (shown) void deleteMirror({ client }, shown).catch(() => {});
          }
        },
      }) // prettier-ignore
    : undefined;
  await sources.synced;
  if (signal.aborted) return;
  using _handler = sources.pods.onChange((next, old) => {
    const uid = (next ?? old) && mirrored((next ?? old)!);
    if (uid === undefined) {
      if (next) workers.update(next);
      else if (old) workers.remove(old);
      return;
    }
    if (next) mirrors.set(uid, next);
    else mirrors.delete(uid);
    node.statuses.poke(uid);
    const pod = statics.get(uid);
    if (pod && !next) void mirror(pod);
    if (!pod && next && next.metadata.deletionTimestamp === undefined) {
      void deleteMirror({ client }, next).catch(() => {});
    }
  });
  while (!signal.aborted) {
    await workers.endOrphans().catch((error: unknown) => log.warn("orphans not ended", { error }));
    await clock.sleep(orphansEveryMs, signal).catch(() => {});
  }
  await followed;
}

function objectOf(
  sources: NodeSources,
  mirrors: ReadonlyMap<string, Pod>,
  pod: Pod,
): Pod | undefined {
  const { uid = "", namespace, name } = pod.metadata;
  if (isStaticPod(pod)) return mirrors.get(uid);
  const object = sources.pods.get(toKey(namespace, name));
  return object?.metadata.uid === uid ? object : undefined;
}

async function prepareFolders(host: Host, settings: KubeletSettings) {
  const { files, mounts } = host;
  const { rootDir, podLogsDir, containerLogsDir } = settings;
  const folders = [`${rootDir}/pods`, podLogsDir, containerLogsDir, memoryDir({ rootDir })];
  for (const folder of folders) await files.mkdir(folder, 0o750);
  await mounts.tmpfs(memoryDir({ rootDir }), { mode: "0700" });
  return files.space(rootDir);
}

async function cgroupsOf(
  { cri, log }: KubeletOptions,
  settings: KubeletSettings,
  host: Host,
  facts: MachineFacts,
): Promise<PodCgroups> {
  if (host.simulated) return noCgroups;
  const told = await cri.cgroupDriver();
  const driver = settings.cgroupDriver ?? (told === "SYSTEMD" ? "systemd" : "cgroupfs");
  return createPodCgroups({
    files: host.files,
    log,
    driver,
    version: facts.cgroupVersion,
    root: settings.cgroupRoot,
  });
}

async function dnsSettings(host: Host, settings: KubeletSettings): Promise<DnsSettings> {
  const { clusterDns, clusterDomain, resolvConf } = settings;
  const text = resolvConf === "" ? undefined : await host.files.readFile(resolvConf);
  const own: ResolvConf = parseResolvConf(text ?? "");
  return { clusterDns, clusterDomain, host: own };
}

/** The runtime's name for the pod's RuntimeClass; "" is the default. */
async function runtimeHandler({ client }: KubeletOptions, pod: Pod): Promise<string> {
  const { runtimeClassName } = pod.spec;
  if (!runtimeClassName) return "";
  return (await client.get(runtimeClasses, { name: runtimeClassName })).handler;
}

function healthOf(observer: Observer): NodeHealth {
  const silentMs = observer.silentForMs();
  return {
    memoryPressure: false,
    diskPressure: false,
    pidPressure: false,
    trouble:
      silentMs > runtimeSilenceMaxMs
        ? [
            `PLEG is not healthy: pleg was last seen active ${Math.round(silentMs / 1_000)}s ago; threshold is 3m0s`,
          ]
        : [],
  };
}
