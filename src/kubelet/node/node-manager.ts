/** Registers the node and keeps its object in the API true. */
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { loop } from "#base/loop.ts";
import { childSignal } from "#base/signal.ts";
import type { Node } from "#apis/core/node.ts";
import { nodes } from "#apis/core/node.ts";
import type { NodeStatus } from "#apis/core/node-status.ts";
import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#client/event-recorder.ts";
import { isAfter } from "#client/informer.ts";
import { isReason } from "#machinery/errors.ts";
import type { CriClient } from "../cri/cri.ts";
import type { Image, StatusResponse } from "../cri/types.ts";
import type { MachineFacts } from "../host/machine.ts";
import { same } from "../status/status-patch.ts";
import type { Resources } from "./capacity.ts";
import { type NodeHealth, nodeConditions } from "./conditions.ts";
import {
  nodeDraft,
  type NodeIdentity,
  nodeStatus,
  nodeStatusPatch,
  standardLabels,
} from "./node-object.ts";

export interface NodeManagerOptions {
  client: Client;
  cri: CriClient;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  recorder: EventRecorder;
  identity: NodeIdentity;
  facts: MachineFacts;
  runtime: { name: string; version: string };
  /** This node as the API last showed it. */
  seen: () => Node | undefined;
  resources: () => Promise<{ capacity: Resources; allocatable: Resources }>;
  /** Pressure, and what keeps the node from running pods beside the runtime's own troubles. */
  health: () => Promise<NodeHealth>;
}

export interface NodeManager {
  /** This node's object, as new as is known. */
  readonly node: Node | undefined;
  /** Resolves when the node has been shown as Ready. */
  readonly ready: Promise<void>;
  /** Resolves when the API has the node's object. */
  readonly registered: Promise<void>;
  /** Why the runtime cannot give pods a network; undefined when it can. */
  networkTrouble(): string | undefined;
  /** Looks at everything now. */
  poke(): void;
  run(): Promise<void>;
}

const checkMs = 10_000;
/** Until the node is ready it is looked at this often. */
const checkUnreadyMs = 150;
/** Without changes the status is still written this often. */
const reportMs = 300_000;
const imagesMs = 60_000;

export function createNodeManager(options: NodeManagerOptions): NodeManager {
  return new Manager(options);
}

class Manager implements NodeManager {
  readonly #options: NodeManagerOptions;
  readonly ready: Promise<void>;
  #resolveReady: () => void = () => {};
  readonly registered: Promise<void>;
  #resolveRegistered: () => void = () => {};
  #written: Node | undefined;
  #network: string | undefined = "container runtime network not ready";
  #runtimeStatus: StatusResponse | undefined;
  #images: readonly Image[] = [];
  #imagesAtMs = -Infinity;
  #reportedAtMs = -Infinity;
  #isReady = false;
  #wake: (() => void) | undefined;

  constructor(options: NodeManagerOptions) {
    this.#options = options;
    this.ready = new Promise((resolve) => (this.#resolveReady = resolve));
    this.registered = new Promise((resolve) => (this.#resolveRegistered = resolve));
  }

  get node(): Node | undefined {
    const seen = this.#options.seen();
    const written = this.#written;
    if (!seen) return written;
    const newer = isAfter(
      written?.metadata.resourceVersion ?? "",
      seen.metadata.resourceVersion ?? "",
    );
    return newer ? written : seen;
  }

  networkTrouble(): string | undefined {
    return this.#network;
  }

  poke(): void {
    this.#wake?.();
  }

  async run(): Promise<void> {
    const { clock, log, signal } = this.#options;
    await loop({
      name: "node status",
      clock,
      log,
      signal,
      everyMs: 0,
      backoff: { firstMs: 200, maxMs: 5_000 },
      body: async () => {
        await this.#report();
        await this.#pause(this.#isReady ? checkMs : checkUnreadyMs);
      },
    });
  }

  async #pause(ms: number): Promise<void> {
    const { clock, signal } = this.#options;
    using pause = childSignal(signal);
    this.#wake = () => pause.abort();
    await clock.sleep(ms, pause.signal).catch(() => {});
  }

  async #report(): Promise<void> {
    const { client, clock, identity, facts, signal } = this.#options;
    const status = await this.#status();
    const known = this.node ?? (await this.#fetch());
    if (!known) {
      const draft = nodeDraft(identity, facts.architecture, status);
      this.#written = await client.create(nodes, draft, { signal });
      this.#reportedAtMs = clock.monotonic();
      this.#tellStart();
    } else {
      await this.#update(known, status);
    }
    this.#resolveRegistered();
    this.#noteReady(status);
  }

  async #fetch(): Promise<Node | undefined> {
    const { client, identity, signal } = this.#options;
    try {
      return await client.get(nodes, { name: identity.name }, { signal });
    } catch (error) {
      if (isReason(error, "NotFound")) return undefined;
      throw error;
    }
  }

  async #update(known: Node, status: NodeStatus): Promise<void> {
    const { client, clock, identity, facts, signal } = this.#options;
    const at = { name: identity.name };
    const wanted = { ...standardLabels(identity.hostname, facts.architecture), ...identity.labels };
    const labels = known.metadata.labels ?? {};
    const missing = Object.entries(wanted).filter(([name, value]) => labels[name] !== value);
    if (missing.length > 0) {
      const patch = { metadata: { labels: Object.fromEntries(missing) } };
      this.#written = await client.patch(nodes, at, patch, { type: "strategic", signal });
    }
    let patch = nodeStatusPatch(known.status ?? {}, status);
    const due = clock.monotonic() - this.#reportedAtMs >= reportMs;
    if (due) patch = { ...patch, conditions: status.conditions ?? [] };
    if (Object.keys(patch).length === 0) return;
    try {
      const options = { type: "strategic", subresource: "status", signal } as const;
      this.#written = await client.patch(nodes, at, { status: patch }, options);
      this.#reportedAtMs = clock.monotonic();
    } catch (error) {
      // Somebody deleted the node: it is registered anew.
      if (isReason(error, "NotFound")) this.#written = undefined;
      throw error;
    }
  }

  async #status(): Promise<NodeStatus> {
    const { cri, clock, identity, facts, runtime, resources, health, signal } = this.#options;
    const trouble: string[] = [];
    try {
      this.#runtimeStatus = await cri.status({}, { signal });
      trouble.push(...this.#runtimeTrouble(this.#runtimeStatus));
    } catch (error) {
      trouble.push(`container runtime is down: ${(error as Error).message}`);
    }
    await this.#listImages();
    const [{ capacity, allocatable }, found] = await Promise.all([resources(), health()]);
    const all = { ...found, trouble: [...trouble, ...found.trouble] };
    const old = this.node?.status?.conditions ?? [];
    return nodeStatus({
      identity,
      facts,
      capacity,
      allocatable,
      conditions: nodeConditions(all, old, clock.now()),
      images: this.#images,
      runtime,
      runtimeStatus: this.#runtimeStatus,
    });
  }

  #runtimeTrouble({ status }: StatusResponse): string[] {
    this.#network = undefined;
    return status.conditions.flatMap(({ type, status: holds, reason, message }) => {
      if (holds) return [];
      const text = `${type}=false reason:${reason} message:${message}`;
      if (type === "NetworkReady") {
        this.#network = `container runtime network not ready: ${text}`;
        return [this.#network];
      }
      return type === "RuntimeReady"
        ? [`container runtime status check may not have completed yet: ${text}`]
        : [];
    });
  }

  /** Images change seldom, and listing them costs the runtime something. */
  async #listImages(): Promise<void> {
    const { cri, clock, signal } = this.#options;
    if (clock.monotonic() - this.#imagesAtMs < imagesMs) return;
    try {
      const images = await cri.listImages({}, { signal });
      if (!same(images, this.#images)) this.#images = images;
      this.#imagesAtMs = clock.monotonic();
    } catch (error) {
      this.#options.log.debug("images not listed", { error });
    }
  }

  #tellStart(): void {
    const { recorder, identity } = this.#options;
    recorder.normal(subjectOf(identity.name), "Starting", "Starting kubelet.");
  }

  #noteReady({ conditions }: NodeStatus): void {
    const ready = conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    if (ready === this.#isReady) return;
    this.#isReady = ready ?? false;
    const { recorder, identity } = this.#options;
    const reason = this.#isReady ? "NodeReady" : "NodeNotReady";
    const message = `Node ${identity.name} status is now: ${reason}`;
    recorder.normal(subjectOf(identity.name), reason, message);
    if (this.#isReady) this.#resolveReady();
  }
}

/** Upstream's kubelet names nodes in events by their name even where the uid belongs. */
function subjectOf(name: string) {
  return { apiVersion: "v1", kind: "Node", metadata: { name, uid: name } };
}
