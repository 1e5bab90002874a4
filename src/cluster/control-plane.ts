import { createPrivateKey } from "node:crypto";
import { legacyTokenSigner } from "#apiserver/authentication/legacy-token.ts";
import type { ApiServer } from "#apiserver/server.ts";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { type Client, createClient } from "#client/client.ts";
import type { Transport } from "#client/transport.ts";
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
  /** Addresses of pods, of which each node gets a part; none: nodes bring their own. */
  podCIDR?: string;
  /** Names of controllers to run; default all. */
  controllers?: readonly string[];
  /** Default true. */
  scheduler?: boolean;
  /** What every client's calls pass through, such as a network with faults. Default: nothing. */
  wrapTransport?: (user: UserInfo, transport: Transport) => Transport;
}

/** API server, controllers and scheduler in one process, talking by reference. */
export interface ControlPlane extends AsyncDisposable {
  readonly apiServer: ApiServer;
  /** A client that acts as `user`. */
  clientFor(user: UserInfo): Client;
  readonly admin: Client;
  /** Ends a component, as a crash would, and starts it anew; resolves when it has been started. */
  restart(component: "controllers" | "scheduler"): Promise<void>;
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
  const clientFor = clientsOf(apiServer, options.wrapTransport);
  const signer = await pki.authority("ca");
  const rootCa = signer.certificate;
  const signToken = legacyTokenSigner(createPrivateKey(await pki.tokenKey()));
  const controllers = startPart(signal, (signal) =>
    runControllers({
      client: clientFor(controllerManagerUser),
      clientFor: (name) => clientFor(controllerUser(name)),
      clock,
      chance,
      log: log.with({ component: "kube-controller-manager" }),
      signal,
      rootCa,
      signToken,
      signer,
      ...(options.podCIDR ? { clusterCidr: options.podCIDR } : {}),
      ...(options.controllers ? { controllers: options.controllers } : {}),
    }),
  );
  const scheduler = startPart(signal, async (signal) => {
    if (options.scheduler === false) return;
    const client = clientFor(schedulerUser);
    const schedulerLog = log.with({ component: "kube-scheduler" });
    await runScheduler({ client, clock, chance, log: schedulerLog, signal });
  });
  // Clients first, then what they talk to.
  scope.defer(async () => {
    stop.abort();
    await Promise.allSettled([controllers.ended(), scheduler.ended()]);
  });
  const owned = scope.move();
  return {
    apiServer,
    clientFor,
    admin: clientFor(adminUser),
    restart: (component) => (component === "scheduler" ? scheduler : controllers).restart(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** One client for each user. */
function clientsOf(
  apiServer: ApiServer,
  wrap: ControlPlaneOptions["wrapTransport"] = (_, transport) => transport,
): (user: UserInfo) => Client {
  const clients = new Map<string, Client>();
  return (user) => {
    const known = clients.get(user.name);
    if (known) return known;
    const made = createClient(wrap(user, inProcessTransport(apiServer, user)));
    clients.set(user.name, made);
    return made;
  };
}

interface Part {
  ended(): Promise<void>;
  restart(): Promise<void>;
}

/** Runs something until the parent's signal aborts, and anew whenever asked. */
function startPart(parent: AbortSignal, run: (signal: AbortSignal) => Promise<void>): Part {
  let stop = childSignal(parent);
  let running = run(stop.signal);
  return {
    ended: () => running,
    async restart() {
      stop.abort();
      await Promise.allSettled([running]);
      stop = childSignal(parent);
      running = run(stop.signal);
    },
  };
}
