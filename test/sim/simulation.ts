/** A cluster on virtual time with faults that follow from a seed; invariants are checked at every step. */
import { deployments } from "#apis/apps/deployment.ts";
import { nodes } from "#apis/core/node.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { type Chance, seededChance } from "#base/chance.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { type Cluster, startCluster } from "#cluster/index.ts";
import { adminUser } from "#cluster/users.ts";
import { type FaultRates, FaultyNetwork, noFaults } from "#sim/faults.ts";
import { Invariants } from "./invariants.ts";

export interface SimulationOptions {
  seed: number;
  nodes: number;
  /** Altogether, over all Deployments. */
  pods: number;
  /** Of the time with faults, one second of virtual time each. */
  steps: number;
}

/** What happened, for the curious. */
export interface SimulationReport {
  events: number;
  /** Of virtual time, after the last fault. */
  secondsToConverge: number;
  restarts: number;
  powerOffs: number;
  outages: number;
  faults: FaultyNetwork["counts"];
}

const rates: FaultRates = {
  delayCall: 0.1,
  delayMsMax: 3_000,
  loseCall: 0.02,
  loseAnswer: 0.02,
  delayEvent: 0.01,
  dropWatch: 0.005,
};
const namespace = "default";
const podsEach = 25;

/** Runs a whole simulation. @throws Error when it does not converge or an invariant breaks. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  await using simulation = await Simulation.start(options);
  await simulation.withFaults();
  await simulation.converge();
  return simulation.report;
}

class Simulation implements AsyncDisposable {
  readonly report: SimulationReport;
  readonly #options: SimulationOptions;
  readonly #cluster: Cluster;
  readonly #network: FaultyNetwork;
  readonly #chance: Chance;
  readonly #invariants: Invariants;
  /** Replicas wanted, by name. */
  readonly #wanted = new Map<string, number>();
  /** Nodes without power, and the step at which they get it back. */
  readonly #dark = new Map<string, number>();
  #serverBackAt = 0;
  #step = 0;

  private constructor(options: SimulationOptions, cluster: Cluster, network: FaultyNetwork) {
    this.#options = options;
    this.#cluster = cluster;
    this.#network = network;
    this.#chance = seededChance(options.seed ^ 0x5eed);
    this.#invariants = new Invariants(cluster.client);
    const { counts: faults } = network;
    this.report = {
      events: 0,
      secondsToConverge: 0,
      restarts: 0,
      powerOffs: 0,
      outages: 0,
      faults,
    };
  }

  static async start(options: SimulationOptions): Promise<Simulation> {
    const { seed } = options;
    const chance = seededChance(seed ^ 0xfa);
    const clock = new VirtualClock();
    const network = new FaultyNetwork({ clock, chance });
    const cluster = await startCluster({
      nodes: options.nodes,
      time: clock,
      seed,
      // The administrator is the observer: what it sees is true.
      wrapTransport: (user, transport) =>
        user.name === adminUser.name ? transport : network.wrap(user.name, transport),
    });
    return new Simulation(options, cluster, network);
  }

  /** Deployments are made, rolled over and scaled while everything fails that may. */
  async withFaults(): Promise<void> {
    this.#network.rates = rates;
    const count = Math.ceil(this.#options.pods / podsEach);
    for (let i = 0; i < count; i++) await this.#createDeployment(`web-${i}`);
    for (this.#step = 1; this.#step <= this.#options.steps; this.#step++) {
      await this.#disturb();
      await this.#second();
    }
  }

  /** Nothing fails any more: everything becomes as wanted, and nothing is left over. */
  async converge(): Promise<void> {
    this.#network.rates = noFaults;
    this.#network.serverUp();
    const calm = this.#cluster.clock.now();
    // Pods of machines that stay without power have to come back elsewhere, after their toleration.
    if (this.#options.seed % 5 !== 0) await this.#powerOn();
    await this.#until(() => this.#unsettled(), 3_600);
    this.#invariants.settled();
    await this.#powerOn();
    await this.#until(() => this.#tainted(), 900);
    await this.#until(() => this.#leftOver(), 900);
    this.report.secondsToConverge = (this.#cluster.clock.now() - calm) / 1_000;
    this.report.events = this.#invariants.events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#invariants[Symbol.asyncDispose]();
    await this.#drive(this.#cluster[Symbol.asyncDispose]() as Promise<void>);
  }

  async #createDeployment(name: string): Promise<void> {
    this.#wanted.set(name, podsEach);
    const labels = { app: name };
    const requests = { cpu: "10m", memory: "16Mi" };
    const containers = [{ name: "c", image: "none", resources: { requests } }];
    const template = { metadata: { labels }, spec: { containers } };
    await this.#cluster.client.create(deployments, {
      metadata: { namespace, name },
      spec: { replicas: podsEach, selector: { matchLabels: labels }, template },
    } as never);
  }

  async #disturb(): Promise<void> {
    const chance = this.#chance;
    const happens = (rate: number) => chance.float() < rate;
    if (this.#serverBackAt === this.#step) this.#network.serverUp();
    for (const [name, until] of this.#dark) {
      if (until > this.#step) continue;
      this.#dark.delete(name);
      await this.#drive(this.#node(name).restart());
    }
    if (happens(0.02)) await this.#restart("controllers");
    if (happens(0.02)) await this.#restart("scheduler");
    if (happens(0.1)) await this.#restartKubelet(this.#anyNode());
    if (happens(0.03)) await this.#powerOff(this.#anyNode());
    if (happens(0.01) && this.#serverBackAt < this.#step) this.#serverDown();
    if (happens(0.1)) await this.#change(this.#anyDeployment());
  }

  async #restart(component: "controllers" | "scheduler"): Promise<void> {
    this.report.restarts++;
    const scheduler = "system:kube-scheduler";
    this.#network.cut((user) =>
      component === "scheduler"
        ? user === scheduler
        : user === "system:kube-controller-manager" || user.startsWith("system:serviceaccount:"),
    );
    await this.#drive(this.#cluster.controlPlane.restart(component));
  }

  async #restartKubelet(name: string): Promise<void> {
    if (this.#dark.has(name)) return;
    this.report.restarts++;
    this.#network.cut((user) => user === `system:node:${name}`);
    await this.#drive(this.#node(name).restart());
  }

  /** For seconds, or for longer than its pods tolerate. */
  async #powerOff(name: string): Promise<void> {
    if (this.#dark.has(name) || this.#dark.size > this.#options.nodes / 10) return;
    this.report.powerOffs++;
    this.#network.cut((user) => user === `system:node:${name}`);
    const steps = this.#chance.float() < 0.5 ? this.#chance.integer(60) : 400;
    this.#dark.set(name, this.#step + 1 + steps);
    await this.#drive(this.#node(name).powerOff());
  }

  async #powerOn(): Promise<void> {
    for (const name of this.#dark.keys()) await this.#drive(this.#node(name).restart());
    this.#dark.clear();
  }

  #serverDown(): void {
    this.report.outages++;
    this.#serverBackAt = this.#step + 1 + this.#chance.integer(10);
    this.#network.serverDown();
  }

  /** Scales the Deployment, or rolls it over. */
  async #change(name: string): Promise<void> {
    const { client } = this.#cluster;
    if (this.#chance.float() < 0.5) {
      const replicas = podsEach - 5 + this.#chance.integer(11);
      this.#wanted.set(name, replicas);
      await client.patch(
        deployments,
        { namespace, name },
        { spec: { replicas } },
        { type: "merge" },
      );
      return;
    }
    const annotations = { step: String(this.#step) };
    const patch = { spec: { template: { metadata: { annotations } } } };
    await client.patch(deployments, { namespace, name }, patch, { type: "merge" });
  }

  async #second(): Promise<void> {
    await this.#cluster.advance("1s");
    this.#invariants.check();
  }

  async #until(problem: () => Promise<string | undefined>, seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 5) {
      for (let i = 0; i < 5; i++) await this.#second();
      if ((await problem()) === undefined) return;
    }
    throw new Error(`it does not converge: ${await problem()}`);
  }

  async #unsettled(): Promise<string | undefined> {
    const { items } = await this.#cluster.client.list(deployments, { namespace });
    for (const { metadata, spec, status } of items) {
      const wanted = this.#wanted.get(metadata.name);
      const { replicas, updatedReplicas, availableReplicas, observedGeneration } = status ?? {};
      if (observedGeneration !== metadata.generation) return `${metadata.name} is not observed`;
      if (spec.replicas !== wanted) return `${metadata.name} lost its replicas`;
      if (replicas === wanted && updatedReplicas === wanted && availableReplicas === wanted)
        continue;
      return `${metadata.name} wants ${wanted}: ${JSON.stringify(status)}`;
    }
    return items.length < this.#wanted.size ? "Deployments are missing" : undefined;
  }

  async #tainted(): Promise<string | undefined> {
    const all = await this.#cluster.client.list(nodes);
    const dark = all.items.find(({ spec }) => (spec.taints ?? []).length > 0);
    return dark && `${dark.metadata.name} is tainted: ${JSON.stringify(dark.spec.taints)}`;
  }

  /** Every pod runs in one sandbox of its node; no node has another. */
  async #leftOver(): Promise<string | undefined> {
    const { items } = await this.#cluster.client.list(pods, { namespace });
    const wanted = this.#wanted.values().reduce((sum, count) => sum + count, 0);
    if (items.length !== wanted) return `${items.length} pods are left, ${wanted} are wanted`;
    const byUid = new Map<string, Pod>(items.map((pod) => [pod.metadata.uid ?? "", pod]));
    let sandboxes = 0;
    for (const { name, cri } of this.#cluster.nodes.nodes.values()) {
      for (const { metadata, state } of await cri.listPodSandbox()) {
        const pod = byUid.get(metadata.uid);
        if (pod?.spec.nodeName !== name) return `${name} has an orphan sandbox of ${metadata.name}`;
        if (state === "SANDBOX_READY") sandboxes++;
      }
    }
    return sandboxes === wanted ? undefined : `${sandboxes} sandboxes run, ${wanted} are wanted`;
  }

  /** What a component does when it stops may take time, and time moves only when it is moved. */
  async #drive(work: Promise<void>): Promise<void> {
    let done = false;
    const ended = work.finally(() => (done = true));
    ended.catch(() => {});
    for (let i = 0; !done; i++) {
      if (i > 1_000) throw new Error("a component does not stop");
      await this.#cluster.advance(50);
    }
    await ended;
  }

  #node(name: string) {
    return this.#cluster.nodes.nodes.get(name)!;
  }

  #anyNode(): string {
    return `node-${1 + this.#chance.integer(this.#options.nodes)}`;
  }

  #anyDeployment(): string {
    return `web-${this.#chance.integer(this.#wanted.size)}`;
  }
}
