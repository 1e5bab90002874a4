import { setTimeout as pause } from "node:timers/promises";
import type {
  CustomResourceConversion,
  CustomResourceDefinition,
} from "#apis/apiextensions/custom-resource-definition.ts";
import type { JSONSchemaProps } from "#apis/apiextensions/json-schema-props.ts";
import { alwaysAllow } from "#apiserver/authorization/chain.ts";
import type { WatchEvent } from "#apiserver/response.ts";
import { type ApiServer, startApiServer } from "#apiserver/server.ts";
import { seededChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";
import { silentLogger } from "#base/log.ts";
import { ApiError } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { MemoryStore } from "#store/memory/memory-store.ts";

const user = { name: "tester", groups: ["system:masters"] };

/** Waits for a state. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(5);
}

/** A version of the definition that tests use; anything goes in its objects unless `schema` says. */
export function widgetVersion(name: string, schema?: JSONSchemaProps) {
  const free: JSONSchemaProps = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const openAPIV3Schema: JSONSchemaProps = schema ?? {
    type: "object",
    properties: { spec: free, status: free },
  };
  return { name, served: true, storage: true, schema: { openAPIV3Schema } };
}

/** A definition of widgets, or of what `options` say. */
export function definition(
  options: {
    group?: string;
    annotations?: Record<string, string>;
    plural?: string;
    kind?: string;
    shortNames?: string[];
    versions?: object[];
    conversion?: CustomResourceConversion;
  } = {},
) {
  const { group = "example.com", plural = "widgets", kind = "Widget" } = options;
  const { shortNames, versions = [widgetVersion("v1")], conversion } = options;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, annotations: options.annotations ?? {} },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind, singular: kind.toLowerCase(), ...(shortNames ? { shortNames } : {}) },
      versions,
      ...(conversion ? { conversion } : {}),
    },
  };
}

/** An API server in memory, to define custom resources in. */
export class CustomServer implements AsyncDisposable {
  readonly #store = new MemoryStore({ clock: systemClock });
  #server: ApiServer | undefined;

  static async start(): Promise<CustomServer> {
    const made = new CustomServer();
    await made.restart();
    await made.post("/api/v1/namespaces", { metadata: { name: "n" } });
    return made;
  }

  /** Another server over the same store. */
  async restart(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = await startApiServer({
      store: this.#store,
      clock: systemClock,
      chance: seededChance(1),
      log: silentLogger,
      policies: () => ({ authenticators: [], authorizer: alwaysAllow, admission: [] }),
    });
  }

  definitions(plural?: string, group = "example.com"): string {
    const all = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    return plural === undefined ? all : `${all}/${plural}.${group}`;
  }

  /** Creates a definition and waits until it is established. */
  async define(crd: ReturnType<typeof definition>): Promise<void> {
    await this.post(this.definitions(), crd);
    const path = `${this.definitions()}/${crd.metadata.name}`;
    await until(async () => {
      const { status } = await this.get<CustomResourceDefinition>(path);
      return (
        status?.conditions?.some((c) => c.type === "Established" && c.status === "True") === true
      );
    });
  }

  post<T = KubeObject>(path: string, body: object): Promise<T> {
    return this.send("POST", path, body);
  }
  put<T = KubeObject>(path: string, body: object): Promise<T> {
    return this.send("PUT", path, body);
  }
  /** Merge patch. */
  patch<T = KubeObject>(path: string, body: object): Promise<T> {
    return this.send("PATCH", path, body);
  }
  get<T = KubeObject>(path: string): Promise<T> {
    return this.send("GET", path);
  }
  delete<T = KubeObject>(path: string): Promise<T> {
    return this.send("DELETE", path);
  }

  /** Throws what the server answers with when it is no success. */
  async send<T>(method: string, url: string, body?: object): Promise<T> {
    const response = await this.#handle(method, url, new AbortController().signal, body);
    if (response.body.kind === "bytes" && response.status >= 400) {
      throw new ApiError("", response.body.bytes.toString(), { code: response.status });
    }
    if (response.body.kind !== "object") throw new Error(`answered with ${response.body.kind}`);
    const { object } = response.body;
    if (response.status >= 400) throw ApiError.fromStatus(object);
    return object as T;
  }

  /** A watch that is read event by event. */
  watch(url: string): Disposable & {
    next(): Promise<{ type: string; object: KubeObject }>;
    /** Resolves when the server has ended the watch. */
    readonly ended: Promise<void>;
  } {
    const stop = new AbortController();
    const events: WatchEvent[] = [];
    const wants = `${url}${url.includes("?") ? "&" : "?"}watch=true`;
    const ended = this.#handle("GET", wants, stop.signal).then(async ({ body }) => {
      if (body.kind !== "events") throw new Error(`answered with ${body.kind}`);
      for await (const event of body.events) events.push(event);
    });
    return {
      ended,
      async next() {
        await until(() => events.length > 0);
        return events.shift() as { type: string; object: KubeObject };
      },
      [Symbol.dispose]: () => stop.abort(),
    };
  }

  #handle(method: string, url: string, signal: AbortSignal, body?: object) {
    const [path = "", query = ""] = url.split("?");
    const type = method === "PATCH" ? "merge-patch+json" : "json";
    return this.#server!.handle({
      method,
      path,
      query: new URLSearchParams(query),
      headers: { accept: "application/json", "content-type": `application/${type}` },
      // As from the wire, so that strictness counts.
      body: async () => (body === undefined ? undefined : Buffer.from(JSON.stringify(body))),
      signal,
      user,
      wantsObjects: true,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }
}
