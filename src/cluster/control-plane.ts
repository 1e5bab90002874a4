import type { ApiServer } from "#apiserver/server.ts";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { type Client, createClient } from "#client/client.ts";
import { runControllers } from "#controllers/manager.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import { runScheduler } from "#scheduler/scheduler.ts";
import type { Store } from "#store/store.ts";
import { type ApiServerSettings, assembleApiServer } from "./api-server.ts";
import { inProcessTransport } from "./in-process-transport.ts";
import type { Pki } from "./pki.ts";
import { adminUser, controllerManagerUser, controllerUser, schedulerUser } from "./users.ts";

export interface ControlPlaneOptions {
  store: Store;
  clock: Clock;
  chance: Chance;
  log: Logger;
  pki: Pki;
  /** What differs from a plain API server. */
  apiServer?: Partial<ApiServerSettings>;
  /** Names of controllers to run; default all. */
  controllers?: readonly string[];
  /** Default true. */
  scheduler?: boolean;
}

/** API server, controllers and scheduler in one process, talking by reference. */
export interface ControlPlane extends AsyncDisposable {
  readonly apiServer: ApiServer;
  /** A client that acts as `user`. */
  clientFor(user: UserInfo): Client;
  readonly admin: Client;
}

/** Starts the control plane; resolves when the API is ready. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { clock, chance, log, pki } = options;
  await using scope = new AsyncDisposableStack();
  const stop = childSignal();
  const { signal } = stop;
  const apiServer = scope.use(
    await assembleApiServer({
      store: options.store,
      clock,
      chance,
      log: log.with({ component: "kube-apiserver" }),
      signal,
      pki,
      ...options.apiServer,
    }),
  );
  const clients = new Map<string, Client>();
  function clientFor(user: UserInfo): Client {
    const known = clients.get(user.name);
    if (known) return known;
    const made = createClient(inProcessTransport(apiServer, user));
    clients.set(user.name, made);
    return made;
  }
  const running: Promise<void>[] = [];
  running.push(
    runControllers({
      client: clientFor(controllerManagerUser),
      clientFor: (name) => clientFor(controllerUser(name)),
      clock,
      chance,
      log: log.with({ component: "kube-controller-manager" }),
      signal,
      rootCa: (await pki.authority("ca")).certificate,
      ...(options.controllers ? { controllers: options.controllers } : {}),
    }),
  );
  if (options.scheduler ?? true) {
    const client = clientFor(schedulerUser);
    const schedulerLog = log.with({ component: "kube-scheduler" });
    running.push(runScheduler({ client, clock, chance, log: schedulerLog, signal }));
  }
  // Clients first, then what they talk to.
  scope.defer(async () => {
    stop.abort();
    await Promise.allSettled(running);
  });
  const owned = scope.move();
  return {
    apiServer,
    clientFor,
    admin: clientFor(adminUser),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
