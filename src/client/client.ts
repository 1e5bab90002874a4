import { ApiError, type Status } from "#machinery/errors.ts";
import type { Draft, KubeList, KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Resource } from "#machinery/resource.ts";
import { deleteBody, listQuery, queryOf, writeQuery } from "./query.ts";
import type { ApiAnswer, ApiCall, StreamAnswer, Transport } from "./transport.ts";

/** Names one object; no namespace for objects of the cluster. */
export interface ObjectName {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** What any call may carry. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
}

export interface GetOptions extends CallOptions {
  resourceVersion?: string | undefined;
}

/** Which part of a collection, and how fresh. */
export interface ListOptions extends CallOptions {
  /** Absent or "": all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  limit?: number | undefined;
  continue?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: "Exact" | "NotOlderThan" | undefined;
  timeoutSeconds?: number | undefined;
  /** Ask for PartialObjectMetadata; a server in the same process may answer in full. */
  metadataOnly?: boolean | undefined;
}

export interface WatchOptions extends Omit<ListOptions, "limit" | "continue" | "signal"> {
  allowWatchBookmarks?: boolean | undefined;
  sendInitialEvents?: boolean | undefined;
}

export interface WriteOptions extends CallOptions {
  dryRun?: boolean | undefined;
  /** Who shall own the fields; by default the server takes the user agent's name. */
  fieldManager?: string | undefined;
  fieldValidation?: "Ignore" | "Warn" | "Strict" | undefined;
  /** Write to what lies below the object, such as `status`. */
  subresource?: string | undefined;
}

export interface PatchOptions extends WriteOptions {
  type: "merge" | "json" | "strategic" | "apply";
  /** Server-side apply: take fields from other owners. */
  force?: boolean | undefined;
}

export interface DeleteOptions extends CallOptions {
  dryRun?: boolean | undefined;
  gracePeriodSeconds?: number | undefined;
  propagationPolicy?: "Background" | "Foreground" | "Orphan" | undefined;
  preconditions?: { uid?: string; resourceVersion?: string } | undefined;
}

/** A change that a watch reports. A bookmark's object has only a resourceVersion. */
export interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: T;
}

/** autoscaling/v1 Scale, as far as clients need it. */
export interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

/** authentication.k8s.io/v1 TokenRequest's spec. */
export interface TokenRequestSpec {
  audiences?: string[];
  expirationSeconds?: number;
  boundObjectRef?: { apiVersion?: string; kind?: string; name?: string; uid?: string };
}

/**
 * The API, typed. All objects that come out are shared with others (caches, the server itself, when
 * it is in the same process): never write to one, make a changed copy.
 * Every method throws `ApiError` for what the server refuses.
 */
export interface Client {
  readonly transport: Transport;
  get<T extends KubeObject>(resource: Resource<T>, at: ObjectName, o?: GetOptions): Promise<T>;
  list<T extends KubeObject>(resource: Resource<T>, o?: ListOptions): Promise<KubeList<T>>;
  /** In the namespace that the draft names; `apiVersion` and `kind` are filled in. */
  create<T extends KubeObject>(
    resource: Resource<T>,
    draft: DeepReadonly<Draft<NoInfer<T>>>,
    o?: Omit<WriteOptions, "subresource">,
  ): Promise<T>;
  /** Replaces the object (or its subresource); with a resourceVersion only if that is current. */
  update<T extends KubeObject>(
    resource: Resource<T>,
    object: DeepReadonly<NoInfer<T>>,
    o?: WriteOptions,
  ): Promise<T>;
  updateStatus<T extends KubeObject>(
    resource: Resource<T>,
    object: DeepReadonly<NoInfer<T>>,
    o?: Omit<WriteOptions, "subresource">,
  ): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    at: ObjectName,
    patch: object,
    o: PatchOptions,
  ): Promise<T>;
  /** The answer is the object (still there, terminating) or a Status (gone). */
  delete<T extends KubeObject>(
    resource: Resource<T>,
    at: ObjectName,
    o?: DeleteOptions,
  ): Promise<T | Status>;
  deleteCollection<T extends KubeObject>(
    resource: Resource<T>,
    which: ListOptions,
    o?: DeleteOptions,
  ): Promise<void>;
  /** Ends when the server ends it or `signal` aborts. An `ERROR` event is thrown as ApiError. */
  watch<T extends KubeObject>(
    resource: Resource<T>,
    o: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /** POSTs `body` to what lies below an object (`eviction`, `binding`, `token` …). */
  createBelow<R>(
    resource: Resource,
    at: ObjectName,
    subresource: string,
    body: object,
    o?: WriteOptions,
  ): Promise<R>;
  /** policy/v1 Eviction: TooManyRequests when a disruption budget forbids it. */
  evict(pod: ObjectName, o?: DeleteOptions): Promise<void>;
  /** Binds a pod to a node; with a uid only this very pod. */
  bind(
    pod: ObjectName & { uid?: string | undefined },
    node: string,
    o?: CallOptions,
  ): Promise<void>;
  createToken(
    serviceAccount: ObjectName,
    spec: TokenRequestSpec,
    o?: CallOptions,
  ): Promise<{ token: string; expirationTimestamp: string }>;
  getScale(resource: Resource, at: ObjectName, o?: CallOptions): Promise<Scale>;
  updateScale(resource: Resource, scale: Scale, o?: WriteOptions): Promise<Scale>;
  /** Any call, its body parsed; for paths that are no resources. */
  raw(call: ApiCall): Promise<ApiAnswer>;
  /** Any call, its body as it comes: logs, proxied answers. */
  stream(call: ApiCall): Promise<StreamAnswer>;
}

const patchTypes = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

const partial = "as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const acceptPartial = `application/json;${partial},application/json`;
const acceptPartialList = acceptPartial.replace("Metadata;", "MetadataList;");

type Call = <R>(request: ApiCall) => Promise<R>;

/** The typed client over a transport. */
export function createClient(transport: Transport): Client {
  const call: Call = async <R>(request: ApiCall): Promise<R> => (await raw(request)).body as R;
  async function raw(request: ApiCall): Promise<ApiAnswer> {
    const answer = await transport.request(request);
    if (answer.status >= 400) throw errorOf(answer);
    return answer;
  }
  return {
    transport,
    ...readers(call, transport),
    ...writers(call),
    ...below(call),
    raw,
    stream: (request) => transport.stream(request),
  };
}

function readers(call: Call, transport: Transport): Pick<Client, "get" | "list" | "watch"> {
  return {
    get: (resource, at, o = {}) =>
      call({
        method: "GET",
        path: resource.path(at.namespace, at.name),
        query: queryOf({ resourceVersion: o.resourceVersion }),
        ...signalOf(o),
      }),
    list: (resource, o = {}) =>
      call({
        method: "GET",
        path: resource.path(o.namespace),
        query: listQuery(o),
        ...(o.metadataOnly ? { accept: acceptPartialList } : {}),
        ...signalOf(o),
      }),
    async *watch<T extends KubeObject>(
      resource: Resource<T>,
      o: WatchOptions,
      signal: AbortSignal,
    ): AsyncGenerator<WatchEvent<T>, void, undefined> {
      const query = listQuery(o);
      query.set("watch", "true");
      if (o.allowWatchBookmarks) query.set("allowWatchBookmarks", "true");
      if (o.sendInitialEvents !== undefined) {
        query.set("sendInitialEvents", String(o.sendInitialEvents));
      }
      const accept = o.metadataOnly ? { accept: acceptPartial } : {};
      const path = resource.path(o.namespace);
      for await (const event of transport.watch({
        method: "GET",
        path,
        query,
        signal,
        ...accept,
      })) {
        if (event.type === "ERROR") throw ApiError.fromStatus(event.object as Status);
        yield event as WatchEvent<T>;
      }
    },
  };
}

type Writers = "create" | "update" | "updateStatus" | "patch" | "delete" | "deleteCollection";

function writers(call: Call): Pick<Client, Writers> {
  const update = <T extends KubeObject>(
    resource: Resource<T>,
    object: DeepReadonly<NoInfer<T>>,
    o: WriteOptions = {},
  ): Promise<T> => {
    const { namespace, name } = (object as KubeObject).metadata;
    const path = resource.path(namespace, name, o.subresource);
    return send(call, "PUT", path, typed(resource, object as object), o);
  };
  return {
    create(resource, draft, o) {
      const { namespace } = (draft as { metadata: { namespace?: string } }).metadata;
      return send(call, "POST", resource.path(namespace), typed(resource, draft as object), o);
    },
    update,
    updateStatus: (resource, object, o) =>
      update(resource, object, { ...o, subresource: "status" }),
    patch: (resource, at, patch, o) =>
      call({
        method: "PATCH",
        path: resource.path(at.namespace, at.name, o.subresource),
        query: writeQuery(o, o.force),
        body: patch,
        contentType: patchTypes[o.type],
        ...signalOf(o),
      }),
    delete: (resource, at, o = {}) =>
      call({
        method: "DELETE",
        path: resource.path(at.namespace, at.name),
        ...deleteBody(o),
        ...signalOf(o),
      }),
    async deleteCollection(resource, which, o = {}) {
      const path = resource.path(which.namespace);
      const query = listQuery(which);
      await call({ method: "DELETE", path, query, ...deleteBody(o), ...signalOf(o) });
    },
  };
}

type Below = "createBelow" | "evict" | "bind" | "createToken" | "getScale" | "updateScale";

function below(call: Call): Pick<Client, Below> {
  return {
    createBelow: (resource, at, subresource, body, o) =>
      send(call, "POST", resource.path(at.namespace, at.name, subresource), body, o),
    async evict(pod, o = {}) {
      const { namespace, name } = pod;
      const { body: deleteOptions } = deleteBody(o);
      const body = {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name, namespace },
        ...(deleteOptions ? { deleteOptions } : {}),
      };
      await send(call, "POST", `${corePath(pod, "pods")}/eviction`, body, signalOf(o));
    },
    async bind(pod, node, o = {}) {
      const { namespace, name, uid } = pod;
      const body = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, namespace, ...(uid === undefined ? {} : { uid }) },
        target: { apiVersion: "v1", kind: "Node", name: node },
      };
      await send(call, "POST", `${corePath(pod, "pods")}/binding`, body, signalOf(o));
    },
    async createToken(at, spec, o = {}) {
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
      const path = `${corePath(at, "serviceaccounts")}/token`;
      type Answer = { status: { token: string; expirationTimestamp: string } };
      return (await send<Answer>(call, "POST", path, body, signalOf(o))).status;
    },
    getScale: (resource, at, o = {}) =>
      call({
        method: "GET",
        path: resource.path(at.namespace, at.name, "scale"),
        ...signalOf(o),
      }),
    updateScale(resource, scale, o) {
      const { namespace, name } = scale.metadata;
      return send(call, "PUT", resource.path(namespace, name, "scale"), scale, o);
    },
  };
}

function send<R>(
  call: Call,
  method: "POST" | "PUT",
  path: string,
  body: object,
  o: WriteOptions = {},
): Promise<R> {
  return call<R>({ method, path, query: writeQuery(o), body, ...signalOf(o) });
}

/** The error that an answer with a status of 400 or more stands for. */
export function errorOf(answer: Pick<ApiAnswer, "status" | "body">): ApiError {
  const { status, body } = answer;
  if (typeof body === "object" && body !== null && (body as Status).kind === "Status") {
    return ApiError.fromStatus(body, status);
  }
  const message = typeof body === "string" && body !== "" ? body : `the server answered ${status}`;
  return new ApiError("", message, { code: status });
}

function corePath(at: ObjectName, plural: string): string {
  const namespace = encodeURIComponent(at.namespace ?? "");
  return `/api/v1/namespaces/${namespace}/${plural}/${encodeURIComponent(at.name)}`;
}

function signalOf(o: CallOptions): { signal?: AbortSignal } {
  return o.signal ? { signal: o.signal } : {};
}

function typed<T extends object>(resource: Resource, object: T): T {
  const { apiVersion, kind } = resource;
  const own = object as { apiVersion?: string; kind?: string };
  if (own.apiVersion !== undefined && own.kind !== undefined) return object;
  return { apiVersion, kind, ...object };
}
