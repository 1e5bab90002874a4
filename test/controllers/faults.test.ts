import { expect, test } from "vitest";
import { deployments } from "#apis/apps/deployment.ts";
import { replicaSets } from "#apis/apps/replica-set.ts";
import { jobs } from "#apis/batch/job.ts";
import { pods } from "#apis/core/pod.ts";
import { type Chance, seededChance } from "#base/chance.ts";
import { silentLogger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { type Client, createClient } from "#client/client.ts";
import type { ApiAnswer, ApiCall, RawWatchEvent, Transport } from "#client/transport.ts";
import { type Cluster, startCluster } from "#cluster/index.ts";
import { controllerManagerUser, controllerUser } from "#cluster/users.ts";
import { runControllers } from "#controllers/manager.ts";
import { template } from "./cluster.ts";

/** A network that loses calls, answers and watches. */
function unreliable(transport: Transport, chance: Chance): Transport {
  return {
    async request(call: ApiCall): Promise<ApiAnswer> {
      if (chance.float() < 0.05) throw new Error("the call was lost");
      const answer = await transport.request(call);
      if (chance.float() < 0.05) throw new Error("the answer was lost");
      return answer;
    },
    stream: (call) => transport.stream(call),
    async *watch(call): AsyncGenerator<RawWatchEvent, void, undefined> {
      for await (const event of transport.watch(call)) {
        if (chance.float() < 0.05) return;
        yield event;
      }
    },
  };
}

function startUnreliableControllers(cluster: Cluster, seed: number): Disposable {
  const stop = childSignal();
  const chance = seededChance(seed);
  const faulty = (client: Client) => createClient(unreliable(client.transport, chance));
  void runControllers({
    client: faulty(cluster.clientFor(controllerManagerUser)),
    clientFor: (account) => faulty(cluster.clientFor(controllerUser(account))),
    clock: cluster.clock,
    chance,
    log: silentLogger,
    signal: stop.signal,
    rootCa: "CA",
  });
  return stop;
}

const seeds = Array.from({ length: 5 }, (_, i) => i + 1);

test.each(seeds)("everything converges over an unreliable network (seed %i)", async (seed) => {
  await using cluster = await startCluster({ nodes: 3, time: "virtual", seed, controllers: [] });
  using controllers = startUnreliableControllers(cluster, seed);
  const { client } = cluster;
  const namespace = "default";
  const names = ["a", "b", "c"];
  for (const name of names) {
    const labels = { app: name };
    const spec = { replicas: 5, selector: { matchLabels: labels }, template: template(labels) };
    await client.create(deployments, { metadata: { namespace, name }, spec } as never);
  }
  const jobSpec = {
    completions: 4,
    parallelism: 2,
    template: template(
      {},
      {
        restartPolicy: "Never",
        containers: [{ name: "c", image: "none", command: ["sh", "-c", "exit 0"] }],
      },
    ),
  };
  await client.create(jobs, { metadata: { namespace, name: "j" }, spec: jobSpec } as never);
  await cluster.advance("10s");
  for (const name of names) {
    const patch = { spec: { replicas: 8, template: { metadata: { annotations: { v: "2" } } } } };
    await client.patch(deployments, { namespace, name }, patch, { type: "merge" });
  }
  const settled = async () => {
    for (const name of names) {
      const { status } = await client.get(deployments, { namespace, name });
      const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas];
      expect(counts).toEqual([8, 8, 8]);
    }
    const { status } = await client.get(jobs, { namespace, name: "j" });
    expect(status).toMatchObject({ succeeded: 4 });
    expect(status?.conditions?.at(-1)?.type).toBe("Complete");
    return true;
  };
  await cluster.eventually(settled, { within: "30m" });
  // Nothing is left over: as many pods as wanted, and those of the Job that succeeded.
  await cluster.eventually(async () => {
    const { items } = await client.list(pods, { namespace });
    expect(items.filter(({ metadata }) => metadata.labels?.["app"])).toHaveLength(24);
    expect(items).toHaveLength(28);
    return true;
  });
  for (const name of names) {
    await client.delete(deployments, { namespace, name }, { propagationPolicy: "Foreground" });
  }
  await cluster.eventually(
    async () => {
      expect((await client.list(replicaSets, { namespace })).items).toEqual([]);
      expect((await client.list(deployments, { namespace })).items).toEqual([]);
      return true;
    },
    { within: "30m" },
  );
  expect(controllers).toBeDefined();
});
