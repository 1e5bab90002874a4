import { expect, test } from "vitest";
import type { KubeObject } from "#machinery/meta.ts";
import type { ByteSink } from "../response.ts";
import { CacheEvent, type EventEncoding } from "./cache-event.ts";
import { CachedObject, encodeStored, storedShape } from "./cached-object.ts";
import { type Watcher, WatchHub } from "./watch-hub.ts";

const shape = storedShape("v1", "Pod");
const encoding: EventEncoding = {
  id: "text",
  frame: (type, { name }) => Buffer.from(`${type} ${name};`),
  bookmark: (revision) => Buffer.from(`BOOKMARK ${revision};`),
  error: () => Buffer.from("ERROR;"),
};

function pod(name: string, revision: number, node: string, label = ""): CachedObject {
  const metadata = { name, namespace: "n", labels: { l: label } };
  const object = {
    kind: "Pod",
    apiVersion: "v1",
    metadata,
    spec: { node },
  } as unknown as KubeObject;
  return CachedObject.fromStored(`/pods/n/${name}`, revision, shape, encodeStored(shape, object));
}

const nodeOf = ({ object }: CachedObject) =>
  (object as unknown as { spec: { node: string } }).spec.node;

class Sink implements ByteSink {
  readonly writes: Uint8Array[] = [];
  backlogBytes = 0;
  ended = false;
  write(bytes: Uint8Array): void {
    this.writes.push(bytes);
  }
  end(): void {
    this.ended = true;
  }
  get text(): string {
    return Buffer.concat(this.writes).toString();
  }
}

function watcher(sink: ByteSink, options: Partial<Watcher["scope"]> = {}, since = 0): Watcher {
  const selection = { id: "", matches: undefined };
  const scope = { prefix: "/pods/", selection, ...options };
  return { scope, since, bookmarks: true, encoding, sink };
}

test("the events of a moment are one buffer, the same for all who see the same", () => {
  const hub = new WatchHub("/pods/");
  const [a, b] = [new Sink(), new Sink()];
  hub.add(watcher(a));
  hub.add(watcher(b));
  hub.publish(new CacheEvent(1, pod("x", 1, ""), undefined));
  hub.publish(new CacheEvent(2, pod("y", 2, ""), undefined));
  hub.flush();
  expect(a.text).toBe("ADDED x;ADDED y;");
  expect(a.writes).toHaveLength(1);
  expect(b.writes[0]).toBe(a.writes[0]);
});

test("changes become arrivals and departures of a selection", () => {
  const hub = new WatchHub("/pods/");
  const sink = new Sink();
  const matches = ({ object }: CachedObject) => object.metadata.labels?.["l"] === "yes";
  using _ = hub.add(watcher(sink, { selection: { id: "l=yes", matches } }));
  const states = ["no", "yes", "yes", "no"].map((label, index) => pod("x", index + 1, "", label));
  for (const [index, next] of states.entries()) {
    hub.publish(new CacheEvent(index + 1, next, states[index - 1]));
  }
  hub.publish(new CacheEvent(9, undefined, states.at(-1)));
  hub.flush();
  expect(sink.text).toBe("ADDED x;MODIFIED x;DELETED x;");
});

test("watchers of one node's pods hear of those alone, also of a pod that leaves the node", () => {
  const hub = new WatchHub("/pods/", nodeOf);
  const sinks = new Map(["n1", "n2"].map((node) => [node, new Sink()]));
  for (const [node, sink] of sinks) {
    const matches = (object: CachedObject) => nodeOf(object) === node;
    hub.add(watcher(sink, { selection: { id: node, matches, trigger: node } }));
  }
  const [before, after] = [pod("x", 1, "n1"), pod("x", 2, "n2")];
  hub.publish(new CacheEvent(1, before, undefined));
  hub.publish(new CacheEvent(2, after, before));
  hub.flush();
  expect(sinks.get("n1")!.text).toBe("ADDED x;DELETED x;");
  expect(sinks.get("n2")!.text).toBe("ADDED x;");
});

test("who joins later does not get what was pending, nor what it has seen", () => {
  const hub = new WatchHub("/pods/");
  const [early, late, future] = [new Sink(), new Sink(), new Sink()];
  hub.add(watcher(early));
  hub.publish(new CacheEvent(5, pod("x", 5, ""), undefined));
  hub.add(watcher(late));
  hub.add(watcher(future, {}, 7));
  hub.publish(new CacheEvent(7, pod("y", 7, ""), undefined));
  hub.publish(new CacheEvent(8, pod("z", 8, ""), undefined));
  hub.flush();
  expect(early.text).toBe("ADDED x;ADDED y;ADDED z;");
  expect(late.text).toBe("ADDED y;ADDED z;");
  expect(future.text).toBe("ADDED z;");
});

test("a watcher that takes nothing is ended, the others go on", () => {
  const hub = new WatchHub("/pods/");
  const [slow, quick] = [new Sink(), new Sink()];
  slow.backlogBytes = Number.MAX_SAFE_INTEGER;
  hub.add(watcher(slow));
  hub.add(watcher(quick));
  hub.publish(new CacheEvent(1, pod("x", 1, ""), undefined));
  hub.flush();
  hub.publish(new CacheEvent(2, pod("y", 2, ""), undefined));
  hub.flush();
  expect(slow.ended).toBe(true);
  expect(quick.text).toBe("ADDED x;ADDED y;");
  expect(hub.size).toBe(1);
});

test("bookmarks come after what is pending and leave no group behind", () => {
  const hub = new WatchHub("/pods/");
  const sink = new Sink();
  const joined = hub.add(watcher(sink));
  hub.publish(new CacheEvent(1, pod("x", 1, ""), undefined));
  hub.bookmark(4);
  expect(sink.text).toBe("ADDED x;BOOKMARK 4;");
  joined[Symbol.dispose]();
  expect(hub.size).toBe(0);
});
