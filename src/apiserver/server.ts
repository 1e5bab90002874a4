import { allResources } from "#apis/all.ts";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { loop } from "#base/loop.ts";
import { createMetrics, type Metrics } from "#base/metrics.ts";
import type { Store } from "#store/store.ts";
import type { AdmissionPlugin } from "./admission/admission.ts";
import type { Handle } from "./admission/in-process.ts";
import type { Authenticator, TokenAuthenticator } from "./authentication/authenticator.ts";
import type { TokenIssuer } from "./authentication/service-account-token.ts";
import type { Authorizer } from "./authorization/authorizer.ts";
import type { RbacAuthorizer } from "./authorization/rbac/rbac.ts";
import { bootstrap } from "./bootstrap/bootstrap.ts";
import { HttpsServer, type ServingCertificate } from "./http/server.ts";
import { limits } from "./limits.ts";
import { cacheReader } from "./object-reader-cache.ts";
import { healthHandler } from "./health.ts";
import { discoveryHandler } from "./discovery/handler.ts";
import { metricsHandler, requestMetrics } from "./metrics.ts";
import type { ObjectReader } from "./object-reader.ts";
import { openIdHandler, versionHandler } from "./paths.ts";
import { pipeline } from "./pipeline.ts";
import { RequestGate } from "./request-gate.ts";
import type { ApiRequest } from "./request.ts";
import type { ApiResponse } from "./response.ts";
import { AdmissionChain } from "./rest/admission-chain.ts";
import type { ServerContext } from "./rest/context.ts";
import { installSpecials } from "./rest/install.ts";
import { type Served, serve } from "./rest/served.ts";
import { ObjectStorage } from "./rest/storage.ts";
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
   * for plug-ins that write; it opens once the server has started.
   */
  readonly policies: (reader: ObjectReader, handle: Handle) => Policies;
  /** Whether requests without credentials are let on as `system:anonymous`. Default true. */
  readonly anonymous?: boolean;
  /** Whether pods may have privileged containers. Default true. */
  readonly allowPrivileged?: boolean;
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
  const { store, clock, chance, log } = options;
  await using scope = new AsyncDisposableStack();
  const served = allResources.map(serve);
  const cache = scope.use(await WatchCache.open({ store, clock, log, resources: stored(served) }));
  const reader = cacheReader(cache);
  const policies = options.policies(reader, (request) => handle(request));
  const context: ServerContext = {
    clock,
    chance,
    log,
    storage: new ObjectStorage(store, cache),
    admission: new AdmissionChain(policies.admission),
    allowPrivileged: options.allowPrivileged ?? true,
  };
  await bootstrap({ storage: context.storage, clock, chance, clientCa: options.listen?.clientCa });
  const router = new Router(context);
  for (const each of served) router.add(each);
  installSpecials(router, {
    reader,
    authorizer: policies.authorizer,
    tokenAuthenticators: policies.tokenAuthenticators ?? [],
    tokenIssuer: policies.tokenIssuer,
    rules: policies.rbac,
  });
  const gate = new RequestGate();
  const metrics = createMetrics();
  const observers = [requestMetrics({ metrics, clock, gate, cache })];
  const { authenticators, authorizer } = policies;
  let address = "localhost";
  installPaths(router, { metrics, cache, tokenIssuer: policies.tokenIssuer, address: () => address });
  const handle = pipeline({
    clock,
    log,
    authenticators,
    anonymous: options.anonymous ?? true,
    gate,
    authorizer,
    observers,
    handler: (allowed) => router.route(allowed),
  });
  const stop = new AbortController();
  scope.defer(() => stop.abort());
  upkeep(options, cache, stop.signal);
  const https = options.listen
    ? scope.use(await HttpsServer.listen({ handle, clock, log, ...options.listen }))
    : undefined;
  if (https) address = `${https.address.host}:${https.address.port}`;
  const owned = scope.move();
  return {
    handle,
    reader,
    address: https?.address,
    useCertificate: (certificate) => https?.useCertificate(certificate),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
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
  router.path(discoveryHandler(resources, parts.address));
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
