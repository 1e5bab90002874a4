/** Makes the parts of a kubelet and joins them; nothing runs yet. */
import { createMetrics } from "#base/metrics.ts";
import { startEventRecorder } from "#client/event-recorder.ts";
import type { Pod } from "#apis/core/pod.ts";
import { runtimeClasses } from "#apis/node/runtime-class.ts";
import { toKey } from "#machinery/meta.ts";
import { milliValue, wholeValue } from "#machinery/quantity.ts";
import { createPodCgroups, noCgroups, type PodCgroups } from "./cgroups/pod-cgroups.ts";
import type { EvictionManager } from "./eviction/eviction-manager.ts";
import { createNodeEviction } from "./eviction/node-eviction.ts";
import { type EvictionConfig, memoryKeptFree, parseEvictionFlags } from "./eviction/thresholds.ts";
import { createImageGc, type ImageGc } from "./gc/image-gc.ts";
import type { Host } from "./host/host.ts";
import type { MachineFacts } from "./host/machine.ts";
import { createImageManager } from "./images/image-manager.ts";
import { countPods } from "./metrics.ts";
import { admitPod, refuseResize } from "./node/admission.ts";
import { allocatableOf, capacityOf, type Resources } from "./node/capacity.ts";
import { createNodeManager, type NodeManager } from "./node/node-manager.ts";
import type { NodeHealth } from "./node/conditions.ts";
import { createObserver, type Observer } from "./observer/observer.ts";
import { isStaticPod } from "./pod/containers.ts";
import type { NodeContext } from "./pod-worker/pod-context.ts";
import { PodWorkers } from "./pod-worker/pod-workers.ts";
import { Semaphore } from "./pod-worker/semaphore.ts";
import { type DnsSettings, parseResolvConf } from "./runtime/dns.ts";
import { type KubeletServer, startKubeletServer } from "./server/server.ts";
import type { KubeletOptions, KubeletSettings } from "./settings.ts";
import { type NodeSources, ownSources } from "./sources.ts";
import { createStatusManager } from "./status/status-manager.ts";
import { memoryDir } from "./volumes/layout.ts";
import { nodeObjects, simulatedObjects } from "./volumes/objects.ts";
import { tokenSource } from "./volumes/tokens.ts";
import { createVolumeManager, noVolumes } from "./volumes/volume-manager.ts";

/** A runtime that does not answer for this long is not healthy. */
const runtimeSilenceMaxMs = 180_000;

/** What a kubelet consists of. */
export interface Parts {
  readonly sources: NodeSources;
  readonly observer: Observer;
  readonly workers: PodWorkers;
  readonly node: NodeContext;
  readonly manager: NodeManager;
  /** Mirrors of static pods, by the uid of what they mirror. */
  readonly mirrors: Map<string, Pod>;
  readonly server: KubeletServer | undefined;
  readonly imageGc: ImageGc;
  readonly eviction: EvictionManager;
}

/** What is found out before anything is made. */
interface Ground {
  readonly options: KubeletOptions;
  readonly settings: KubeletSettings;
  readonly host: Host;
  readonly signal: AbortSignal;
  readonly facts: MachineFacts;
  readonly runtime: { readonly name: string; readonly version: string };
  readonly resources: { readonly capacity: Resources; readonly allocatable: Resources };
  readonly eviction: EvictionConfig;
  readonly addresses: readonly string[];
  readonly dns: DnsSettings;
  readonly cgroups: PodCgroups;
  readonly sources: NodeSources;
  readonly mirrors: Map<string, Pod>;
}

/** Parts that know each other: filled in one after the other. */
interface Late {
  workers: PodWorkers;
  manager: NodeManager;
  eviction: EvictionManager;
}

export async function assemble(
  options: KubeletOptions,
  settings: KubeletSettings,
  host: Host,
  signal: AbortSignal,
): Promise<Parts> {
  const ground = await lookAround(options, settings, host, signal);
  const { sources, mirrors, resources } = ground;
  const late = {} as Late;
  const node = nodeContext(ground, late);
  const { observer } = node;
  const workers = new PodWorkers({
    node,
    admit: (pod, others) =>
      admitPod({
        pod,
        others,
        node: late.manager.node,
        allocatable: resources.allocatable,
        allowedUnsafeSysctls: settings.allowedUnsafeSysctls,
        appArmor: ground.facts.appArmor,
        pressure: late.eviction.pressure(),
        shuttingDown: false,
      }),
    refuseResize: (pod, others) => refuseResize(pod, others, resources.allocatable),
  });
  late.workers = workers;
  const imageGc = imageGcOf(ground);
  const config = ground.eviction;
  const eviction = createNodeEviction({ node, workers, imageGc, config });
  late.eviction = eviction;
  const server = await startServer(ground, node, workers);
  const manager = nodeManager(ground, node, eviction, server?.port ?? settings.serverPort);
  late.manager = manager;
  return { sources, observer, workers, node, manager, mirrors, server, imageGc, eviction };
}

async function lookAround(
  options: KubeletOptions,
  settings: KubeletSettings,
  host: Host,
  signal: AbortSignal,
): Promise<Ground> {
  const { client, cri, clock, chance, log, nodeName } = options;
  const [facts, version, space, dns] = await Promise.all([
    host.machine.facts(),
    cri.version(),
    prepareFolders(host, settings),
    dnsSettings(host, settings),
  ]);
  const { podsMax, reserved, eviction, addresses } = settings;
  const evictionConfig = parseEvictionFlags(eviction);
  const evictionMemoryBytes = memoryKeptFree(evictionConfig, facts.memoryBytes);
  const capacity = { facts, space, podsMax, reserved, evictionMemoryBytes };
  const resources = { capacity: capacityOf(capacity), allocatable: allocatableOf(capacity) };
  const cgroups = await cgroupsOf(options, settings, host, facts);
  await cgroups.start({
    cpuMilli: milliValue(resources.allocatable["cpu"] ?? "0"),
    memoryBytes: wholeValue(resources.allocatable["memory"] ?? "0"),
  });
  const common = { client, clock, chance, log, signal };
  return {
    options,
    settings,
    host,
    signal,
    facts,
    runtime: { name: version.runtimeName, version: version.runtimeVersion },
    resources,
    eviction: evictionConfig,
    addresses: addresses.length > 0 ? addresses : host.machine.addresses(),
    dns,
    cgroups,
    sources: options.sources ?? ownSources(common, nodeName),
    mirrors: new Map(),
  };
}

function nodeContext(ground: Ground, late: Late): NodeContext {
  const { options, settings, host, signal, facts, resources, sources, mirrors } = ground;
  const { client, cri, clock, chance, log, nodeName } = options;
  const { rootDir, podLogsDir, containerLogsDir, clusterDomain, relistMs } = settings;
  const { files } = host;
  const common = { client, clock, chance, log, signal };
  const onChange = (uid: string) => late.workers.poke(uid);
  const objects = host.simulated
    ? simulatedObjects(client)
    : nodeObjects({ ...common, onChange: (uids) => late.workers.referencesChanged(uids) });
  const tokens = tokenSource(client, clock);
  const layout = { rootDir };
  return {
    cri,
    host,
    clock,
    chance,
    log,
    recorder: startEventRecorder({ ...common, component: "kubelet", host: nodeName }),
    observer: createObserver({
      cri,
      files,
      clock,
      log,
      onChange: (uid) => late.workers.lookAgain(uid),
      relistMs,
    }),
    volumes: host.simulated
      ? noVolumes
      : createVolumeManager({ host, layout, objects, tokens, clock, chance }),
    images: createImageManager({ cri, objects, clock }),
    statuses: createStatusManager({
      ...common,
      objectOf: (pod) => objectOf(sources, mirrors, pod),
    }),
    cgroups: ground.cgroups,
    objects,
    layout,
    podLogsDir,
    containerLogsDir,
    nodeName,
    facts,
    clusterDomain,
    dns: () => ground.dns,
    hostsFile: async () => (await files.readFile("/etc/hosts")) ?? "",
    services: () => sources.services(),
    hostIps: () => ground.addresses,
    allocatable: () => resources.allocatable,
    runtimeName: ground.runtime.name,
    networkTrouble: () => late.manager.networkTrouble(),
    runtimeHandler: (pod) => runtimeHandler(options, pod),
    sandboxStarts: new Semaphore(settings.parallelSandboxes),
    onChange,
  };
}

async function startServer(
  { options, settings, host, signal }: Ground,
  node: NodeContext,
  workers: PodWorkers,
): Promise<KubeletServer | undefined> {
  if (!options.server) return undefined;
  const { cri, clock, log, nodeName } = options;
  const { observer, statuses } = node;
  const metrics = createMetrics();
  countPods(metrics, workers, observer);
  return startKubeletServer(options.server, {
    clock,
    log,
    signal,
    view: {
      nodeName,
      cri,
      host,
      rootDir: settings.rootDir,
      hostLogsDir: "/var/log",
      pods: () => workers.pods().map((pod) => ({ ...pod, status: statuses.get(pod) })),
      observation: (uid) => observer.get(uid),
      observations: () => observer.all(),
      metrics,
      config: () => ({ kubeletconfig: settings }),
      stuck: () => healthOf(observer).trouble[0],
    },
  });
}

function imageGcOf({ options, settings, host }: Ground): ImageGc {
  const { cri, clock, log } = options;
  const { imageGcHighPercent: highPercent, imageGcLowPercent: lowPercent } = settings;
  return createImageGc({ cri, files: host.files, clock, log, highPercent, lowPercent });
}

function nodeManager(
  ground: Ground,
  node: NodeContext,
  eviction: EvictionManager,
  serverPort: number,
): NodeManager {
  const { options, settings, signal, facts, runtime, resources, sources, addresses } = ground;
  const { client, cri, clock, log, nodeName } = options;
  const { hostname, labels, taints, podCidr } = settings;
  return createNodeManager({
    client,
    cri,
    clock,
    log,
    signal,
    recorder: node.recorder,
    identity: { name: nodeName, hostname, addresses, labels, taints, podCidr, serverPort },
    facts,
    runtime,
    seen: () => sources.node(),
    resources: () => Promise.resolve(resources),
    health: () => Promise.resolve(healthOf(node.observer, eviction)),
  });
}

/** The API's object that shows a pod: itself, or the mirror of a static pod. */
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
  { cgroupVersion: version }: MachineFacts,
): Promise<PodCgroups> {
  if (host.simulated) return noCgroups;
  const told = await cri.cgroupDriver();
  const driver = settings.cgroupDriver ?? (told === "SYSTEMD" ? "systemd" : "cgroupfs");
  return createPodCgroups({ files: host.files, log, driver, version, root: settings.cgroupRoot });
}

async function dnsSettings(host: Host, settings: KubeletSettings): Promise<DnsSettings> {
  const { clusterDns, clusterDomain, resolvConf } = settings;
  const text = resolvConf === "" ? undefined : await host.files.readFile(resolvConf);
  return { clusterDns, clusterDomain, host: parseResolvConf(text ?? "") };
}

/** The runtime's name for the pod's RuntimeClass; "" is the default. */
async function runtimeHandler({ client }: KubeletOptions, pod: Pod): Promise<string> {
  const { runtimeClassName } = pod.spec;
  if (!runtimeClassName) return "";
  return (await client.get(runtimeClasses, { name: runtimeClassName })).handler;
}

function healthOf(observer: Observer, eviction?: EvictionManager): NodeHealth {
  const pressure = eviction?.pressure() ?? [];
  const silentMs = observer.silentForMs();
  const silence = `PLEG is not healthy: pleg was last seen active ${Math.round(silentMs / 1_000)}s ago`;
  return {
    memoryPressure: pressure.includes("MemoryPressure"),
    diskPressure: pressure.includes("DiskPressure"),
    pidPressure: pressure.includes("PIDPressure"),
    trouble: silentMs > runtimeSilenceMaxMs ? [`${silence}; threshold is 3m0s`] : [],
  };
}
