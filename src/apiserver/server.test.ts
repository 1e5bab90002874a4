import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";
import { silentLogger } from "#base/log.ts";
import type { Status } from "#machinery/errors.ts";
import type { KubeList, KubeObject } from "#machinery/meta.ts";
import { MemoryStore } from "#store/memory/memory-store.ts";
import { alwaysAllow } from "./authorization/chain.ts";
import type { WatchEvent } from "./response.ts";
import { type ApiServer, startApiServer } from "./server.ts";

const user = { name: "tester", groups: ["system:masters", "system:authenticated"] };

let store: MemoryStore;
let server: ApiServer;

async function start(): Promise<ApiServer> {
  return startApiServer({
    store,
    clock: systemClock,
    chance: systemChance,
    log: silentLogger,
    policies: () => ({ authenticators: [], authorizer: alwaysAllow, admission: [] }),
  });
}

beforeEach(async () => {
  store = new MemoryStore({ clock: systemClock });
  server = await start();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

interface Call {
  readonly body?: object;
  readonly type?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

async function send(method: string, url: string, call: Call = {}) {
  const [path = "", query = ""] = url.split("?");
  return server.handle({
    method,
    path,
    query: new URLSearchParams(query),
    headers: {
      accept: call.accept ?? "application/json",
      "content-type": call.type ?? "application/json",
      "user-agent": "test/1",
    },
    body: async () => call.body,
    signal: call.signal ?? new AbortController().signal,
    user,
    wantsObjects: true,
  });
}

async function call<T = KubeObject>(method: string, url: string, more: Call = {}): Promise<T> {
  const { body } = await send(method, url, more);
  if (body.kind !== "object") throw new Error(`answered with ${body.kind}`);
  return body.object as T;
}

const configMaps = "/api/v1/namespaces/n/configmaps";
const named = (name: string, more: object = {}) => ({ metadata: { name }, ...more });

async function events(url: string, count: number): Promise<WatchEvent[]> {
  const stop = new AbortController();
  const { body } = await send("GET", url, { signal: stop.signal });
  if (body.kind !== "events") throw new Error(`answered with ${body.kind}`);
  const seen: WatchEvent[] = [];
  for await (const event of body.events) {
    seen.push(event);
    if (seen.length === count) break;
  }
  stop.abort();
  return seen;
}

const brief = ({ type, object }: WatchEvent) => `${type} ${(object as KubeObject).metadata.name}`;

describe("objects", () => {
  test("are shared: what create, get, list and watch hand out is one object", async () => {
    const created = await call("POST", configMaps, { body: named("a", { data: { k: "v" } }) });
    expect(created.metadata).toMatchObject({ name: "a", namespace: "n" });
    expect(await call("GET", `${configMaps}/a`)).toBe(created);
    const list = await call<KubeList<KubeObject>>("GET", configMaps);
    expect(list.items[0]).toBe(created);
    const [event] = await events(`${configMaps}?watch=1`, 1);
    expect(event!.object).toBe(created);
  });

  test("an update that changes nothing writes nothing", async () => {
    const created = await call("POST", configMaps, { body: named("a", { data: { k: "v" } }) });
    const same = await call("PUT", `${configMaps}/a`, { body: named("a", { data: { k: "v" } }) });
    expect(same.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
  });

  test("concurrent patches are all applied", async () => {
    await call("POST", configMaps, { body: named("a") });
    const type = "application/merge-patch+json";
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        call("PATCH", `${configMaps}/a`, { body: { data: { [`k${i}`]: "v" } }, type }),
      ),
    );
    const found = await call<KubeObject & { data: object }>("GET", `${configMaps}/a`);
    expect(Object.keys(found.data)).toHaveLength(20);
  });

  test("a stale resourceVersion is a conflict", async () => {
    const { metadata } = await call("POST", configMaps, { body: named("a") });
    await call("PUT", `${configMaps}/a`, { body: named("a", { data: { k: "1" } }) });
    const body = { metadata, data: { k: "2" } };
    const status = await call<Status>("PUT", `${configMaps}/a`, { body });
    expect(status).toMatchObject({ code: 409, reason: "Conflict" });
  });

  test("finalizers hold a deletion, and the last one gone ends it", async () => {
    await call("POST", configMaps, { body: { metadata: { name: "a", finalizers: ["x.y/z"] } } });
    const marked = await call("DELETE", `${configMaps}/a`);
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    const type = "application/merge-patch+json";
    await call("PATCH", `${configMaps}/a`, { body: { metadata: { finalizers: null } }, type });
    expect(await call<Status>("GET", `${configMaps}/a`)).toMatchObject({ code: 404 });
  });
});

describe("watches", () => {
  test("resume from any revision the store still has, also after a restart", async () => {
    const first = await call("POST", configMaps, { body: named("a") });
    for (const name of ["b", "c"]) await call("POST", configMaps, { body: named(name) });
    await call("DELETE", `${configMaps}/b`);
    const since = `${configMaps}?watch=1&resourceVersion=${first.metadata.resourceVersion}`;
    const expected = ["ADDED b", "ADDED c", "DELETED b"];
    expect((await events(since, 3)).map(brief)).toEqual(expected);
    await server[Symbol.asyncDispose]();
    server = await start();
    expect((await events(since, 3)).map(brief)).toEqual(expected);
  });

  test("of history that was compacted end with Expired", async () => {
    const { metadata } = await call("POST", configMaps, { body: named("a") });
    await call("POST", configMaps, { body: named("b") });
    await store.compact(await store.revision());
    await server[Symbol.asyncDispose]();
    server = await start();
    const [event] = await events(
      `${configMaps}?watch=1&resourceVersion=${metadata.resourceVersion}`,
      1,
    );
    expect(event).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
  });

  test("send the state and then say that it was all", async () => {
    await call("POST", configMaps, { body: named("a") });
    const query =
      "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const [state, end] = await events(`${configMaps}?${query}`, 2);
    expect(brief(state!)).toBe("ADDED a");
    expect(end).toMatchObject({
      type: "BOOKMARK",
      object: { metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
    });
  });
});

describe("lists", () => {
  test("pages are of one revision although the world goes on", async () => {
    for (const name of ["a", "b", "c", "d"]) await call("POST", configMaps, { body: named(name) });
    const first = await call<KubeList<KubeObject>>("GET", `${configMaps}?limit=2`);
    expect(first.metadata.remainingItemCount).toBe(2);
    await call("DELETE", `${configMaps}/c`);
    await call("POST", configMaps, { body: named("e") });
    const next = `${configMaps}?limit=2&continue=${first.metadata.continue}`;
    const rest = await call<KubeList<KubeObject>>("GET", next);
    expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(["c", "d"]);
    expect(rest.metadata.continue).toBeUndefined();
  });

  test("a page too old comes back with a token to go on inconsistently", async () => {
    for (const name of ["a", "b", "c"]) await call("POST", configMaps, { body: named(name) });
    const first = await call<KubeList<KubeObject>>("GET", `${configMaps}?limit=1`);
    await call("POST", configMaps, { body: named("d") });
    await store.compact(await store.revision());
    const next = `${configMaps}?limit=1&continue=${first.metadata.continue}`;
    const status = await call<Status>("GET", next);
    expect(status).toMatchObject({ code: 410, reason: "Expired" });
    const fresh = String(status.metadata["continue"]);
    const rest = await call<KubeList<KubeObject>>("GET", `${configMaps}?continue=${fresh}`);
    expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(["b", "c", "d"]);
  });
});

describe("services", () => {
  const services = "/api/v1/namespaces/n/services";
  type Service = KubeObject & { spec: { clusterIP: string; ports: { nodePort?: number }[] } };
  const service = (name: string) =>
    named(name, { spec: { type: "NodePort", ports: [{ port: 80 }] } });

  test("made at once get different IPs and node ports; deleted ones give theirs back", async () => {
    const names = Array.from({ length: 30 }, (_, i) => `s${i}`);
    const made = await Promise.all(
      names.map((name) => call<Service>("POST", services, { body: service(name) })),
    );
    expect(new Set(made.map(({ spec }) => spec.clusterIP)).size).toBe(30);
    expect(new Set(made.map(({ spec }) => spec.ports[0]!.nodePort)).size).toBe(30);
    const { clusterIP, ports } = made[0]!.spec;
    await call("DELETE", `${services}/s0`);
    const again = {
      type: "NodePort",
      clusterIP,
      ports: [{ port: 80, nodePort: ports[0]!.nodePort }],
    };
    await expect
      .poll(() => call("GET", `/apis/networking.k8s.io/v1/ipaddresses/${clusterIP}`))
      .toMatchObject({ code: 404 });
    const reborn = await call<Service>("POST", services, { body: named("t", { spec: again }) });
    expect(reborn.spec.clusterIP).toBe(clusterIP);
  });

  test("that cannot be made leave nothing taken", async () => {
    const bad = { type: "NodePort", ports: [{ port: 80, nodePort: 31_234, protocol: "X" }] };
    const status = await call<Status>("POST", services, { body: named("s", { spec: bad }) });
    expect(status.code).toBe(422);
    const good = { type: "NodePort", ports: [{ port: 80, nodePort: 31_234 }] };
    const made = await call<Service>("POST", services, { body: named("s", { spec: good }) });
    expect(made.spec.ports[0]!.nodePort).toBe(31_234);
  });
});

test("a selection that is asked for again and again follows every change", async () => {
  const labelled = (name: string, l: string) => ({ metadata: { name, labels: { l } } });
  const names = async () => {
    const list = await call<KubeList<KubeObject>>("GET", `${configMaps}?labelSelector=l%3D1`);
    return list.items.map(({ metadata }) => metadata.name).join();
  };
  for (const name of ["b", "a"]) await call("POST", configMaps, { body: labelled(name, "1") });
  for (let i = 0; i < 3; i++) expect(await names()).toBe("a,b");
  await call("POST", configMaps, { body: labelled("c", "1") });
  await call("PUT", `${configMaps}/a`, { body: labelled("a", "2") });
  expect(await names()).toBe("b,c");
  await call("DELETE", `${configMaps}/b`);
  expect(await names()).toBe("c");
});
