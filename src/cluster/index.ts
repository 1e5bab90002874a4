/**
 * The library: a whole cluster in a process, for tests and tools.
 *
 * ```ts
 * await using cluster = await startCluster({ nodes: 3 });
 * await cluster.client.create(deployments, web);
 * ```
 */
import { seededChance, systemChance } from "#base/chance.ts";
import { type Clock, systemClock } from "#base/clock.ts";
import { type Logger, silentLogger } from "#base/log.ts";
import { nextTurn } from "#base/turn.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { nodes } from "#apis/core/node.ts";
import type { Client } from "#client/client.ts";
import type { Transport } from "#client/transport.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import { type HollowNodes, hollowNodes } from "#sim/hollow-nodes.ts";
import { MemoryStore } from "#store/memory/memory-store.ts";
import type { Store } from "#store/store.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { parseDuration } from "./duration.ts";
import { kubeconfigFor } from "./kubeconfigs.ts";
import { openPki, type Pki } from "./pki.ts";
import { adminUser, hollowNodesUser, nodeUser } from "./users.ts";

export interface ClusterOptions {
  /** Number of hollow nodes, called `node-1`, `node-2` …. Default 1. */
  nodes?: number;
  /**
   * `virtual`, or a virtual clock that others share: time moves only by `advance` and `eventually`.
   * Default `real`.
   */
  time?: "real" | "virtual" | VirtualClock;
  /** All chance follows from it; for virtual time. Default 1. */
  seed?: number;
  /** Listen on a free port of the loopback, for kubectl and others. Default false. */
  listen?: boolean;
  /** Default: says nothing. */
  log?: Logger;
  /** Default: a store in memory. The cluster does not close a store that it was given. */
  store?: Store;
  /** Names of controllers to run, `-name` to leave one out. Default all. */
  controllers?: readonly string[];
  /** What every client's calls pass through, such as a network with faults. Default: nothing. */
  wrapTransport?: (user: UserInfo, transport: Transport) => Transport;
}

export interface Cluster extends AsyncDisposable {
  /** Acts as the administrator. */
  readonly client: Client;
  /** A client that acts as another user. */
  clientFor(user: UserInfo): Client;
  readonly clock: Clock;
  readonly nodes: HollowNodes;
  readonly controlPlane: ControlPlane;
  /** Virtual time only: moves the clock on by `"90s"`, `"1h30m"` or milliseconds. */
  advance(duration: string | number): Promise<void>;
  /**
   * Waits until `look` gives something true (or stops throwing) and returns that; in virtual time it
   * moves the clock on while waiting. @throws Error after `within` (default `"60s"`).
   */
  eventually<T>(look: () => Promise<T> | T, options?: { within?: string | number }): Promise<T>;
  /** The administrator's kubeconfig (YAML). @throws Error unless the cluster listens. */
  kubeconfig(): Promise<string>;
}

/** Starts a cluster: control plane and hollow nodes, in this process. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { time = "real" } = options;
  const virtual = time === "virtual" ? new VirtualClock() : time === "real" ? undefined : time;
  const clock = virtual ?? systemClock;
  const chance = virtual ? seededChance(options.seed ?? 1) : systemChance;
  const log = options.log ?? silentLogger;
  await using scope = new AsyncDisposableStack();
  const store = options.store ?? scope.use(new MemoryStore({ clock }));
  const pki = openPki({ clock, chance });
  const controlPlane = scope.use(
    await startControlPlane({
      store,
      clock,
      chance,
      log,
      pki,
      ...(options.controllers ? { controllers: options.controllers } : {}),
      ...(options.wrapTransport ? { wrapTransport: options.wrapTransport } : {}),
      apiServer: options.listen ? { listen: { addresses: ["127.0.0.1"], port: 0 } } : {},
    }),
  );
  const hollow = scope.use(
    hollowNodes({
      reader: controlPlane.clientFor(hollowNodesUser),
      clientFor: (name) => controlPlane.clientFor(nodeUser(name)),
      clock,
      chance,
      log,
    }),
  );
  const wanted = options.nodes ?? 1;
  for (let i = 1; i <= wanted; i++) await hollow.add(`node-${i}`);
  const owned = scope.move();
  const cluster: Cluster = {
    client: controlPlane.admin,
    clientFor: (user) => controlPlane.clientFor(user),
    clock,
    nodes: hollow,
    controlPlane,
    advance: (duration) => advance(virtual, duration),
    eventually: (look, { within = "60s" } = {}) => eventually(clock, virtual, look, within),
    kubeconfig: () => kubeconfigOf(controlPlane, pki),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  await cluster.eventually(() => allReady(controlPlane.admin, wanted));
  return cluster;
}

async function allReady(client: Client, wanted: number): Promise<boolean> {
  const { items } = await client.list(nodes, { resourceVersion: "0" });
  const ready = items.filter(({ status }) =>
    status?.conditions?.some((one) => one.type === "Ready" && one.status === "True"),
  );
  return ready.length >= wanted;
}

async function advance(clock: VirtualClock | undefined, duration: string | number): Promise<void> {
  if (!clock) throw new Error('time can be advanced only with startCluster({ time: "virtual" })');
  await clock.advance(parseDuration(duration));
}

/** How far virtual time moves between two looks at most; to the next timer if that is nearer. */
const stepMsMax = 1_000;
const realPollMs = 5;

async function eventually<T>(
  clock: Clock,
  virtual: VirtualClock | undefined,
  look: () => Promise<T> | T,
  within: string | number,
): Promise<T> {
  const deadline = clock.monotonic() + parseDuration(within);
  for (;;) {
    let problem: unknown;
    try {
      const found = await look();
      if (found) return found;
      problem = `last seen: ${JSON.stringify(found)}`;
    } catch (error) {
      problem = error;
    }
    if (clock.monotonic() > deadline) {
      throw new Error(`not seen within ${within}`, { cause: problem });
    }
    if (virtual) await virtual.advance(Math.min(stepMsMax, Math.max(1, virtual.nextInMs ?? 1)));
    else await clock.sleep(realPollMs);
    await nextTurn();
  }
}

async function kubeconfigOf({ apiServer }: ControlPlane, pki: Pki): Promise<string> {
  const { address } = apiServer;
  if (!address) throw new Error("the cluster does not listen: startCluster({ listen: true })");
  const server = `https://${address.host}:${address.port}`;
  return kubeconfigFor(pki, adminUser, { name: "admin", server });
}
