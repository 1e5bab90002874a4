import { admissionPlugins, type AdmissionOptions } from "#apiserver/admission/plugins.ts";
import type { Authorizer } from "#apiserver/authorization/authorizer.ts";
import { alwaysAllow } from "#apiserver/authorization/chain.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import { type ApiServer, startApiServer } from "#apiserver/server.ts";
import { seededChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";
import { silentLogger } from "#base/log.ts";
import { ApiError } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import { MemoryStore } from "#store/memory/memory-store.ts";

/** An API server in memory with admission plug-ins, and calls to it in-process. */
export class AdmissionServer implements AsyncDisposable {
  readonly #server: ApiServer;
  readonly #store: MemoryStore;
  /** Texts of `Warning` headers of the last answer. */
  warnings: string[] = [];

  constructor(server: ApiServer, store: MemoryStore) {
    this.#server = server;
    this.#store = store;
  }

  /** With all default plug-ins, but no service accounts, which tests would have to make. */
  static async start(
    options: Partial<AdmissionOptions> & { authorizer?: Authorizer } = {},
  ): Promise<AdmissionServer> {
    const store = new MemoryStore({ clock: systemClock });
    const authorizer = options.authorizer ?? alwaysAllow;
    const chance = seededChance(1);
    const server = await startApiServer({
      store,
      clock: systemClock,
      chance,
      log: silentLogger,
      policies: (reader, handle, view) => ({
        authenticators: [],
        authorizer: alwaysAllow,
        admission: admissionPlugins({
          reader,
          clock: systemClock,
          chance,
          handle,
          view,
          disable: ["ServiceAccount"],
          ...options,
          authorizer,
        }),
      }),
    });
    const made = new AdmissionServer(server, store);
    await made.post("/api/v1/namespaces", { metadata: { name: "n" } });
    return made;
  }

  get reader(): ObjectReader {
    return this.#server.reader;
  }

  post<T = KubeObject>(path: string, body: object, user?: UserInfo): Promise<T> {
    return this.send("POST", path, body, user);
  }

  /** Merge patch. */
  patch<T = KubeObject>(path: string, body: object, user?: UserInfo): Promise<T> {
    return this.send("PATCH", path, body, user);
  }

  get<T = KubeObject>(path: string): Promise<T> {
    return this.send("GET", path);
  }

  /** Throws what the server answers with when it is no success. */
  async send<T>(method: string, url: string, body?: object, user: UserInfo = tester): Promise<T> {
    const [path = "", query = ""] = url.split("?");
    const patch = method === "PATCH" ? "merge-patch+json" : "json";
    const response = await this.#server.handle({
      method,
      path,
      query: new URLSearchParams(query),
      headers: { accept: "application/json", "content-type": `application/${patch}` },
      body: () => Promise.resolve(body),
      signal: new AbortController().signal,
      user,
      wantsObjects: true,
    });
    const { warning } = response.headers;
    this.warnings = (Array.isArray(warning) ? warning : [warning ?? ""]).filter(
      (one) => one !== "",
    );
    if (response.body.kind !== "object") throw new Error(`answered with ${response.body.kind}`);
    if (response.status >= 300) throw ApiError.fromStatus(response.body.object, response.status);
    return response.body.object as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }
}

const tester: UserInfo = {
  name: "tester",
  groups: ["system:masters", "system:authenticated"],
};

/** A pod with one container. */
export function podManifest(name: string, spec: object = {}, metadata: object = {}): object {
  return {
    metadata: { name, ...metadata },
    spec: { containers: [{ name: "c", image: "a" }], ...spec },
  };
}
