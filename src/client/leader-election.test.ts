import { expect, test } from "vitest";
import { leases } from "#apis/coordination/lease.ts";
import { seededChance } from "#base/chance.ts";
import { silentLogger } from "#base/log.ts";
import { aborted, childSignal } from "#base/signal.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { ApiError } from "#machinery/errors.ts";
import { MemoryApi } from "#testkit/memory-api.ts";
import { createClient } from "./client.ts";
import { runLeaderElected } from "./leader-election.ts";

function candidate(identity: string, api: MemoryApi, clock: VirtualClock, leading: Set<string>) {
  const stop = childSignal();
  void runLeaderElected({
    client: createClient(api),
    clock,
    chance: seededChance(identity.length),
    log: silentLogger,
    lease: { namespace: "kube-system", name: "test" },
    identity,
    signal: stop.signal,
    async lead(signal) {
      leading.add(identity);
      await aborted(signal);
      leading.delete(identity);
    },
  });
  return stop;
}

test("one leads; when it stops another takes over at once; when it is cut off, after 15 s", async () => {
  const api = new MemoryApi();
  const clock = new VirtualClock();
  const leading = new Set<string>();
  using first = candidate("a", api, clock, leading);
  await clock.advance(1_000);
  using second = candidate("bb", api, clock, leading);
  await clock.advance(60_000);
  expect([...leading]).toEqual(["a"]);
  first.abort();
  await clock.advance(6_000);
  expect([...leading]).toEqual(["bb"]);
  const lease = await createClient(api).get(leases, { namespace: "kube-system", name: "test" });
  expect(lease.spec).toMatchObject({ holderIdentity: "bb", leaseDurationSeconds: 15 });

  api.fail = () => new ApiError("ServiceUnavailable", "cut off");
  await clock.advance(11_000);
  expect([...leading]).toEqual([]);
  second.abort();
});
