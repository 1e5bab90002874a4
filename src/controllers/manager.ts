/**
 * The controller manager runs all controllers over one set of informers. Each controller writes as
 * its own service account, so that it can do no more than its role says; the informers read as the
 * manager itself.
 */
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import type { Client } from "#client/client.ts";
import { startEventRecorder } from "#client/event-recorder.ts";
import { createInformerFactory, type InformerFactoryOptions } from "#client/informer-factory.ts";
import type { Controller, ControllerContext } from "#client/reconciler.ts";
import { allControllers, type ControllerSettings } from "./all.ts";

export type { ControllerSettings } from "./all.ts";

export interface ControllersOptions extends ControllerSettings {
  /** Speaks as the manager itself; informers and a few controllers use it. */
  client: Client;
  /** A client that speaks as the service account of this name in kube-system. */
  clientFor: (account: string) => Client;
  clock: Clock;
  chance: Chance;
  log: Logger;
  signal: AbortSignal;
  /** Names of those to run, `*` for all, `-name` to leave one out. Default `["*"]`. */
  controllers?: readonly string[];
  /** Keys that each controller works on at a time. */
  concurrency?: number;
  /** For informers over HTTPS; see `withoutManagedFields`. */
  informers?: Pick<InformerFactoryOptions, "initial" | "transform">;
}

const defaultConcurrency = 8;

/** Runs the controllers until the signal aborts. @throws Error for a controller that is unknown. */
export async function runControllers(options: ControllersOptions): Promise<void> {
  const { client, clock, chance, signal, concurrency = defaultConcurrency } = options;
  const log = options.log.with({ component: "kube-controller-manager" });
  const selected = select(allControllers(options), options.controllers ?? ["*"]);
  const common = { clock, chance, log, signal };
  const informers = createInformerFactory({ ...common, ...options.informers, client });
  await Promise.all(
    selected.map(async (controller) => {
      const account = controller.account === undefined ? controller.name : controller.account;
      const own = account === null ? client : options.clientFor(account);
      const component = controller.component ?? controller.name;
      const recorder = startEventRecorder({ ...common, client: own, component });
      const context: ControllerContext = {
        ...common,
        client: own,
        informers,
        recorder,
        concurrency,
      };
      try {
        await controller.run(context);
      } catch (error) {
        if (!signal.aborted) log.error("controller ended", { controller: controller.name, error });
      }
    }),
  );
}

function select(all: readonly Controller[], wanted: readonly string[]): Controller[] {
  const names = new Set(all.map(({ name }) => name));
  const unknown = wanted.filter((name) => name !== "*" && !names.has(name.replace(/^-/, "")));
  if (unknown.length > 0) {
    const known = [...names].sort().join(", ");
    throw new Error(`no such controller: ${unknown.join(", ")} (there are: ${known})`);
  }
  return all.filter(({ name }) => {
    if (wanted.includes(`-${name}`)) return false;
    return wanted.includes("*") || wanted.includes(name);
  });
}
