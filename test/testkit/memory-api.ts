/**
 * The least API that a client can talk to: objects by path, revisions, watches with a history. No
 * defaults, no validation, no admission. For tests of the client's own parts; everything else is
 * tested against the real server.
 */
import { AsyncQueue } from "#base/async-queue.ts";
import type { ApiAnswer, ApiCall, RawWatchEvent, Transport } from "#client/transport.ts";
import { ApiError, expired } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { deepFreeze } from "#machinery/readonly.ts";

interface Change {
  revision: number;
  path: string;
  event: RawWatchEvent;
}

export class MemoryApi implements Transport {
  readonly objects = new Map<string, KubeObject>();
  /** Every call, newest last. */
  readonly calls: string[] = [];
  #revision = 100;
  #history: Change[] = [];
  readonly #watches = new Set<{ prefix: string; queue: AsyncQueue<RawWatchEvent> }>();
  /** Answers the next calls whose `METHOD path` matches with an error. */
  fail: ((call: ApiCall) => ApiError | undefined) | undefined;

  get revision(): number {
    return this.#revision;
  }

  /** Ends all watches, as servers do now and then. */
  dropWatches(): void {
    for (const { queue } of this.#watches) queue.end();
    this.#watches.clear();
  }

  /** Forgets the history: watches from before get 410. */
  compact(): void {
    this.#history = [];
  }

  /** Tells watchers the revision. */
  bookmark(): void {
    const object = { metadata: { resourceVersion: String(this.#revision) } };
    for (const { queue } of this.#watches) queue.tryPush({ type: "BOOKMARK", object });
  }

  request(call: ApiCall): Promise<ApiAnswer> {
    this.calls.push(`${call.method} ${call.path}`);
    try {
      const error = this.fail?.(call);
      if (error) throw error;
      return Promise.resolve({ status: 200, headers: {}, body: this.#answer(call) });
    } catch (error) {
      const status = ApiError.from(error);
      return Promise.resolve({ status: status.code, headers: {}, body: status.toStatus() });
    }
  }

  stream(): never {
    throw new Error("no streams here");
  }

  async *watch(call: ApiCall): AsyncGenerator<RawWatchEvent, void, undefined> {
    this.calls.push(`WATCH ${call.path}`);
    const since = Number(call.query?.get("resourceVersion") ?? 0);
    const oldest = this.#history[0]?.revision ?? this.#revision + 1;
    if (since > 0 && since + 1 < oldest && since < this.#revision) {
      throw expired(`too old resource version: ${since}`);
    }
    const queue = new AsyncQueue<RawWatchEvent>(1_000);
    const prefix = call.path;
    if (call.query?.get("sendInitialEvents") === "true") {
      for (const object of this.#list(prefix)) queue.tryPush({ type: "ADDED", object });
      const annotations = { "k8s.io/initial-events-end": "true" };
      const metadata = { annotations, resourceVersion: String(this.#revision) };
      queue.tryPush({ type: "BOOKMARK", object: { metadata } });
    } else {
      for (const { revision, path, event } of this.#history) {
        if (revision > since && matches(path, prefix)) queue.tryPush(event);
      }
    }
    const watch = { prefix, queue };
    this.#watches.add(watch);
    const stop = () => queue.end();
    call.signal?.addEventListener("abort", stop, { once: true });
    try {
      yield* queue;
    } finally {
      this.#watches.delete(watch);
    }
  }

  #answer(call: ApiCall): unknown {
    const { method, path } = call;
    const current = this.objects.get(path);
    if (method === "POST") return this.#create(path, call.body as KubeObject);
    if (method === "GET" && !current && collection.test(path)) {
      const metadata = { resourceVersion: String(this.#revision) };
      return { kind: "List", metadata, items: this.#list(path) };
    }
    if (!current) throw new ApiError("NotFound", `${path} not found`);
    if (method === "GET") return current;
    if (method === "DELETE") {
      this.objects.delete(path);
      this.#announce("DELETED", path, { ...current, metadata: this.#next(current) });
      return { kind: "Status", status: "Success", details: { uid: current.metadata.uid } };
    }
    const body = call.body as KubeObject;
    const merged = method === "PATCH" ? (merge(current, body) as KubeObject) : body;
    const wanted = body.metadata?.resourceVersion;
    if (wanted && wanted !== current.metadata.resourceVersion) {
      throw new ApiError("Conflict", `${path} has changed`);
    }
    const metadata = { ...merged.metadata, uid: current.metadata.uid };
    return this.#put("MODIFIED", path, { ...merged, metadata });
  }

  #create(path: string, body: KubeObject): KubeObject {
    const name = body.metadata.name ?? `${body.metadata.generateName ?? ""}${this.#revision}`;
    const key = `${path}/${name}`;
    if (this.objects.has(key)) throw new ApiError("AlreadyExists", `${key} already exists`);
    const metadata = { ...body.metadata, name, uid: `uid-${this.#revision}` };
    return this.#put("ADDED", key, { ...body, metadata });
  }

  #put(type: string, path: string, object: KubeObject): KubeObject {
    const stored = deepFreeze({ ...object, metadata: this.#next(object) });
    this.objects.set(path, stored);
    this.#announce(type, path, stored);
    return stored;
  }

  #next(object: KubeObject): KubeObject["metadata"] {
    return { ...object.metadata, resourceVersion: String(++this.#revision) };
  }

  #announce(type: string, path: string, object: KubeObject): void {
    const event = { type, object };
    this.#history.push({ revision: this.#revision, path, event });
    for (const { prefix, queue } of this.#watches) {
      if (matches(path, prefix)) queue.tryPush(event);
    }
  }

  #list(prefix: string): KubeObject[] {
    const found = [...this.objects].filter(([path]) => matches(path, prefix));
    return found.map(([, object]) => object);
  }
}

const collection = /^\/(?:api|apis\/[^/]+)\/[^/]+(?:\/namespaces\/[^/]+)?\/[^/]+$/;

/** Collections of all namespaces hold what lies in each. */
function matches(path: string, prefix: string): boolean {
  if (path.startsWith(`${prefix}/`)) return true;
  return path.replace(/\/namespaces\/[^/]+(?=\/)/, "").startsWith(`${prefix}/`);
}

function merge(into: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(into as object) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}
