/**
 * The garbage collector deletes objects whose owners are all gone, holds owners that are deleted in
 * the foreground until their dependents have gone, and sets dependents free when they are to be
 * orphaned.
 * Reads every resource that can be listed, watched and deleted, custom ones included, by discovery.
 * Deletes objects; patches owner references and finalizers.
 * plan.ts decides, graph.ts knows who depends on whom, collector.ts watches and acts.
 */
import { customResourceDefinitions } from "#apis/apiextensions/custom-resource-definition.ts";
import { allResources } from "#apis/all.ts";
import { childSignal } from "#base/signal.ts";
import { loop } from "#base/loop.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import { discover } from "#client/discovery.ts";
import { type Informer, startInformer } from "#client/informer.ts";
import type { Controller, ControllerContext } from "#client/reconciler.ts";
import { Collector } from "./collector.ts";

const rediscoverMs = 30_000;
/** Events name no owners and come in great numbers. */
const ignored = new Set(["/events", "events.k8s.io/events"]);

export interface GarbageCollectorSettings {
  /** Hold metadata only: for a controller manager that does not share the server's memory. */
  metadataOnly: boolean;
}

export function garbageCollector({ metadataOnly }: GarbageCollectorSettings): Controller {
  return {
    name: "garbage-collector-controller",
    account: "generic-garbage-collector",
    async run(context) {
      const { informers, clock, log, signal } = context;
      const collector = new Collector(context);
      const follow = new Follower(collector, context, metadataOnly);
      let again = childSignal(signal);
      const definitions = informers.informer(customResourceDefinitions);
      const subscription = definitions.onChange(() => again.abort());
      // A new definition is looked for at once, all else now and then.
      while (!signal.aborted) {
        again = childSignal(signal);
        const body = () => follow.update();
        const name = "garbage collector discovery";
        await loop({ name, clock, log, signal: again.signal, everyMs: rediscoverMs, body });
      }
      subscription[Symbol.dispose]();
    },
  };
}

/** Follows what discovery lists, and stops to follow what is gone. */
class Follower {
  readonly #collector: Collector;
  readonly #context: ControllerContext;
  readonly #metadataOnly: boolean;
  readonly #followed = new Map<string, Disposable & { resource: Resource }>();

  constructor(collector: Collector, context: ControllerContext, metadataOnly: boolean) {
    this.#collector = collector;
    this.#context = context;
    this.#metadataOnly = metadataOnly;
  }

  async update(): Promise<void> {
    const { client, signal } = this.#context;
    const { resources, failed } = await discover(client, signal);
    const wanted = new Map<string, Resource>();
    for (const resource of resources) {
      const can = (["list", "watch", "delete"] as const).every((v) => resource.verbs.includes(v));
      if (can && !ignored.has(`${resource.group}/${resource.plural}`)) {
        wanted.set(resource.path(), resource);
      }
    }
    for (const [path, followed] of this.#followed) {
      const { group, version } = followed.resource;
      if (wanted.has(path) || failed.includes(`${group}/${version}`)) continue;
      followed[Symbol.dispose]();
      this.#followed.delete(path);
    }
    for (const [path, resource] of wanted) {
      if (!this.#followed.has(path)) this.#followed.set(path, this.#follow(resource));
    }
  }

  #follow(resource: Resource): Disposable & { resource: Resource } {
    const scope = new DisposableStack();
    const informer = this.#open(resource, scope);
    const { graph } = this.#collector;
    graph.addResource(resource, informer);
    scope.defer(() => graph.removeResource(resource));
    scope.use(informer.onChange((next, old) => this.#collector.changed(resource, next, old)));
    return { resource, [Symbol.dispose]: () => scope.dispose() };
  }

  /** Built-in resources share their informers with other controllers; custom ones come and go. */
  #open(resource: Resource, scope: DisposableStack): Informer<KubeObject> {
    const metadataOnly = this.#metadataOnly;
    if (builtInPaths.has(resource.path())) {
      return this.#context.informers.informer(resource, { metadataOnly });
    }
    const { signal } = scope.use(childSignal(this.#context.signal));
    return startInformer({ ...this.#context, resource, metadataOnly, signal });
  }
}

const builtInPaths = new Set(allResources.map((resource) => resource.path()));
