import { afterEach, beforeEach, expect, test } from "vitest";
import { type Event, events } from "#apis/core/event.ts";
import { silentLogger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { ApiError } from "#machinery/errors.ts";
import { MemoryApi } from "#testkit/memory-api.ts";
import { createClient } from "./client.ts";
import { type EventRecorder, startEventRecorder } from "./event-recorder.ts";

let api: MemoryApi;
let clock: VirtualClock;
let stop: ReturnType<typeof childSignal>;
let recorder: EventRecorder;
beforeEach(() => {
  api = new MemoryApi();
  clock = new VirtualClock();
  stop = childSignal();
  const client = createClient(api);
  const component = "test-controller";
  recorder = startEventRecorder({
    client,
    clock,
    log: silentLogger,
    signal: stop.signal,
    component,
  });
});
afterEach(() => stop.abort());

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: "n", name: "p", uid: "u", resourceVersion: "7" },
};

async function written(): Promise<Event[]> {
  await recorder.flush();
  return (await createClient(api).list(events)).items;
}

test("an event says who did what to which part of which object", async () => {
  recorder.normal(pod, "Started", "Container started", { fieldPath: "spec.containers{c}" });
  const [event] = await written();
  expect(event).toMatchObject({
    metadata: { namespace: "n", name: expect.stringMatching(/^p\.[0-9a-f]{16}$/) },
    involvedObject: {
      kind: "Pod",
      namespace: "n",
      name: "p",
      uid: "u",
      apiVersion: "v1",
      resourceVersion: "7",
      fieldPath: "spec.containers{c}",
    },
    reason: "Started",
    message: "Container started",
    type: "Normal",
    count: 1,
    source: { component: "test-controller" },
    reportingComponent: "test-controller",
    firstTimestamp: "2026-01-01T00:00:00Z",
  });
});

test("the same thing again is counted", async () => {
  recorder.warning(pod, "BackOff", "restarting");
  await recorder.flush();
  await clock.advance(5_000);
  recorder.warning(pod, "BackOff", "restarting");
  const all = await written();
  expect(all).toHaveLength(1);
  expect(all[0]).toMatchObject({
    count: 2,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:05Z",
  });
});

test("many alike are combined, and who talks too much is not heard", async () => {
  for (let i = 0; i < 40; i++) recorder.warning(pod, "FailedCreate", `no ${i}`);
  const all = await written();
  const combined = all.filter(({ message }) => message?.startsWith("(combined from similar"));
  expect(all).toHaveLength(10);
  expect(combined).toMatchObject([{ count: 16 }]);
});

test("an event of an object of the cluster goes to the default namespace", async () => {
  recorder.normal({ kind: "Node", metadata: { name: "n1" } }, "Ready", "is ready");
  const [event] = await written();
  expect(event?.metadata.namespace).toBe("default");
  expect(event?.involvedObject.namespace).toBeUndefined();
});

test("refusals and outages never reach who records", async () => {
  api.fail = () => new ApiError("Forbidden", "the namespace is terminating");
  recorder.normal(pod, "A", "a");
  await recorder.flush();
  api.fail = undefined;
  recorder.normal(pod, "B", "b");
  expect((await written()).map(({ reason }) => reason)).toEqual(["B"]);
});
