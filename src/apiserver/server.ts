import { allResources } from "#apis/all.ts";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { loop } from "#base/loop.ts";
import { createMetrics, type Metrics } from "#base/metrics.ts";
import type { Store } from "#store/store.ts";
import type { AdmissionPlugin } from "./admission/admission.ts";
import { endpointResolver } from "./admission/webhooks/service-endpoint.ts";
import { HttpsWebhookTransport } from "./admission/webhooks/transport.ts";
import type { Handle } from "./admission/in-process.ts";
import type { ServedView } from "./admission/served-view.ts";
import type { Authenticator, TokenAuthenticator } from "./authentication/authenticator.ts";
import type { TokenIssuer } from "./authentication/service-account-token.ts";
import type { Authorizer } from "./authorization/authorizer.ts";
import type { RbacAuthorizer } from "./authorization/rbac/rbac.ts";
import { bootstrap } from "./bootstrap/bootstrap.ts";
import { identityRenewMs, renewIdentity } from "./bootstrap/identity-lease.ts";
import { publishEndpoints } from "./bootstrap/kubernetes-service.ts";
import { customSchema } from "./crd/custom-resource.ts";
import { CustomResources } from "./crd/custom-resources.ts";
import { converterFor } from "./crd/webhook-converter.ts";
import { HttpsServer, type ServingCertificate } from "./http/server.ts";
import { limits } from "./limits.ts";
import { cacheReader } from "./object-reader-cache.ts";
import { healthHandler } from "./health.ts";
import { discoveryHandler } from "./discovery/handler.ts";
import { metricsHandler, requestMetrics } from "./metrics.ts";
import { openApiHandler } from "./openapi/handler.ts";
import type { ObjectReader } from "./object-reader.ts";
import { openIdHandler, versionHandler } from "./paths.ts";
import { pipeline } from "./pipeline.ts";
import { installConnect } from "./rest/connect/install.ts";
import type { KubeletCredentials } from "./rest/connect/kubelet-access.ts";
import { RequestGate } from "./request-gate.ts";
import type { ApiRequest } from "./request.ts";
import type { ApiResponse } from "./response.ts";
import { AdmissionChain } from "./rest/admission-chain.ts";
import type { ServerContext } from "./rest/context.ts";
import { installSpecials } from "./rest/install.ts";
import type { OwnWriter } from "./rest/own-writer.ts";
import { type Served, serve } from "./rest/served.ts";
import { ServiceAllocator } from "./rest/services/allocator.ts";
import type { PortRange } from "./rest/services/node-ports.ts";
import { ObjectStorage } from "./rest/storage.ts";
import type { WriteHook } from "./rest/write-hook.ts";
import { Router } from "./router.ts";
import { WatchCache } from "./watch-cache/watch-cache.ts";

/** What makes decisions about requests; built on the reader of the server it serves. */
export interface Policies {
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  readonly admission: readonly AdmissionPlugin[];
  /** What TokenReview asks. */
  readonly tokenAuthenticators?: readonly TokenAuthenticator[];
  /** What signs the tokens of `serviceaccounts/token`; none: 404. */
  readonly tokenIssuer?: TokenIssuer;
  /** What SelfSubjectRulesReview lists. */
  readonly rbac?: RbacAuthorizer;
}

export interface ApiServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Logger;
  /**
   * Who may do what; asked for once, when the caches are filled. `handle` is the server's own door,
   * for plug-ins that write, and `view` what it serves: both are there once the server has started.
   */
  readonly policies: (reader: ObjectReader, handle: Handle, view: ServedView) => Policies;
  /** Whether requests without credentials are let on as `system:anonymous`. Default true. */
  readonly anonymous?: boolean;
  /** How kubelets are spoken to; none: no logs, exec, port-forward and proxies. */
  readonly kubelet?: KubeletCredentials;
  /** Whether pods may have privileged containers. Default true. */
  readonly allowPrivileged?: boolean;
  /** The range of cluster IPs. Default `10.96.0.0/16`. */
  readonly serviceCIDR?: string;
  /** The range of node ports. Default 30000 to 32767. */
  readonly nodePorts?: PortRange;
  /** The address at which nodes and pods reach the server. Default: the first it listens on. */
  readonly advertiseAddress?: string;
  /** The name of the machine, for the server's identity lease. */
  readonly hostname?: string;
  /** None: the server is reached in-process only. */
  readonly listen?: {
    readonly host: string;
    /** Further addresses to listen on, at the same port. */
    readonly moreHosts?: readonly string[];
    /** 0: a free port. */
    readonly port: number;
    readonly certificate: ServingCertificate;
    /** PEM of the authorities whose client certificates are believed. */
    readonly clientCa?: string;
  };
}

/** A running API server. */
export interface ApiServer extends AsyncDisposable {
  /** The way of every request, for in-process callers (who set `user` and `wantsObjects`). */
  handle(request: ApiRequest): Promise<ApiResponse>;
  readonly reader: ObjectReader;
  /** Undefined when it does not listen. */
  readonly address: { readonly host: string; readonly port: number } | undefined;
  /** New connections get this certificate. */
  useCertificate(certificate: ServingCertificate): void;
}

/** Starts the server; resolves when it is ready for requests. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, clock, log } = options;
  await using scope = new AsyncDisposableStack();
  const stop = new AbortController();
  const served = allResources.map(serve);
  const cache = scope.use(await WatchCache.open({ store, clock, log, resources: stored(served) }));
  scope.defer(() => stop.abort());
  const reader = cacheReader(cache);
  const view: ServedView = {
    all: () => router.all(),
    get changes() {
      return router.changes;
    },
    cache,
  };
  const policies = options.policies(reader, (request) => handle(request), view);
  const context = contextOf(options, cache, policies);
  const { writer, allocator } = await prepareCluster(options, context, reader, scope);
  const router = new Router(context);
  for (const each of served) router.add(each);
  await installResources(router, context, { options, policies, reader, scope, stop: stop.signal });
  const gate = new RequestGate();
  const metrics = createMetrics();
  let address = "localhost";
  const { tokenIssuer } = policies;
  installPaths(router, { metrics, cache, tokenIssuer, address: () => address });
  const handle = pipeline({
    clock,
    log,
    authenticators: policies.authenticators,
    anonymous: options.anonymous ?? true,
    gate,
    authorizer: policies.authorizer,
    observers: [requestMetrics({ metrics, clock, gate, cache })],
    handler: (allowed) => router.route(allowed),
  });
  upkeep(options, cache, stop.signal);
  void allocator.repair();
  const https = options.listen
    ? scope.use(await HttpsServer.listen({ handle, clock, log, ...options.listen }))
    : undefined;
  if (https) {
    const { host, port } = https.address;
    address = `${host}:${port}`;
    await publish(options, writer, port);
    keepIdentity(options, writer, stop.signal);
  }
  const owned = scope.move();
  return {
    handle,
    reader,
    address: https?.address,
    useCertificate: (certificate) => https?.useCertificate(certificate),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface MutableContext extends ServerContext {
  readonly hooks: Map<string, WriteHook>;
}

function contextOf(
  { store, clock, chance, log, allowPrivileged = true }: ApiServerOptions,
  cache: WatchCache,
  { admission, authorizer }: Policies,
): MutableContext {
  return {
    clock,
    chance,
    log,
    storage: new ObjectStorage(store, cache),
    admission: new AdmissionChain(admission),
    authorizer,
    hooks: new Map<string, WriteHook>(),
    allowPrivileged,
  };
}

/** Makes what every cluster has, and starts to allocate what Services need. */
async function prepareCluster(
  options: ApiServerOptions,
  { storage, hooks, clock, chance, log }: MutableContext,
  reader: ObjectReader,
  scope: AsyncDisposableStack,
): Promise<{ writer: OwnWriter; allocator: ServiceAllocator }> {
  const writer = await bootstrap({
    storage,
    clock,
    chance,
    clientCa: options.listen?.clientCa,
    serviceCIDR: options.serviceCIDR ?? "10.96.0.0/16",
    securePort: options.listen?.port || 6443,
  });
  const nodePorts = options.nodePorts ?? { first: 30_000, last: 32_767 };
  const allocator = scope.use(
    new ServiceAllocator({ storage, reader, clock, chance, log, nodePorts }),
  );
  hooks.set("/services", allocator);
  return { writer, allocator };
}

/** Everything that is served beyond plain create, read, update and delete of built-in kinds. */
async function installResources(
  router: Router,
  server: ServerContext,
  parts: {
    readonly options: ApiServerOptions;
    readonly policies: Policies;
    readonly reader: ObjectReader;
    readonly scope: AsyncDisposableStack;
    readonly stop: AbortSignal;
  },
): Promise<void> {
  const { options, policies, reader, scope, stop: signal } = parts;
  installSpecials(router, {
    reader,
    authorizer: policies.authorizer,
    tokenAuthenticators: policies.tokenAuthenticators ?? [],
    tokenIssuer: policies.tokenIssuer,
    rules: policies.rbac,
  });
  if (options.kubelet) installConnect(router, { reader, kubelet: options.kubelet, signal });
  const { clock, chance } = options;
  const webhooks = {
    chance,
    transport: scope.use(new HttpsWebhookTransport(clock)),
    resolve: endpointResolver(reader, chance),
  };
  const custom = await CustomResources.start({
    server,
    router,
    reader,
    converterFor: (crd) => converterFor(crd, webhooks),
  });
  scope.use(custom);
}

/** Tells the cluster where the server is reached; nobody is reached at a wildcard address. */
async function publish(options: ApiServerOptions, writer: OwnWriter, port: number): Promise<void> {
  const address = options.advertiseAddress ?? options.listen?.host ?? "";
  if (address === "" || address === "0.0.0.0" || address === "::") return;
  await publishEndpoints(writer, address, port);
}

function keepIdentity(options: ApiServerOptions, writer: OwnWriter, signal: AbortSignal): void {
  const { clock, log, chance, hostname = "localhost" } = options;
  const holder = chance.uuid();
  void loop({
    name: "identity-lease",
    clock,
    log,
    signal,
    everyMs: identityRenewMs,
    body: () => renewIdentity(writer, clock, hostname, holder),
  });
}

/** Everything that is no resource: discovery, health, version, metrics. */
function installPaths(
  router: Router,
  parts: {
    readonly metrics: Metrics;
    readonly cache: WatchCache;
    readonly tokenIssuer: TokenIssuer | undefined;
    readonly address: () => string;
  },
): void {
  const resources = () => Iterator.from(router.all()).map(({ resource }) => resource);
  const names = [
    "ping", "log", "etcd", "poststarthook/start-apiextensions-controllers",
    "poststarthook/bootstrap-controller", "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/priority-and-fairness-config-producer", "autoregister-completion",
  ]; // prettier-ignore
  const livez = names.map((name) => ({ name, check: () => undefined }));
  const shutdown = { name: "shutdown", check: () => undefined };
  const informers = { name: "informer-sync", check: () => undefined };
  router.path(versionHandler);
  router.path(healthHandler({ livez, readyz: [...livez, informers, shutdown] }));
  router.path(discoveryHandler(resources, parts.address, () => router.changes));
  router.path(openApiHandler({ resources, customSchema }));
  router.path(metricsHandler(parts.metrics));
  if (parts.tokenIssuer) router.path(openIdHandler(parts.tokenIssuer, parts.address));
}

/** The resources that are stored, each storage once. */
function stored(served: readonly Served[]) {
  return served.flatMap(({ storage, resource }) =>
    storage && storage.storedAs === resource ? [storage] : [],
  );
}

/** What runs beside the requests: bookmarks, and forgetting old history. */
function upkeep(
  { clock, log, store }: ApiServerOptions,
  cache: WatchCache,
  signal: AbortSignal,
): void {
  const common = { clock, log, signal };
  void loop({
    ...common,
    name: "bookmarks",
    everyMs: limits.bookmarkMs,
    body: async () => cache.bookmark(),
  });
  let before = 0;
  void loop({
    ...common,
    name: "compaction",
    everyMs: limits.compactionMs,
    async body() {
      // What was current an interval ago is what may go now.
      if (before > 0) {
        await store.compact(before);
        cache.compactedRevision = before;
      }
      before = cache.revision;
    },
  });
}
