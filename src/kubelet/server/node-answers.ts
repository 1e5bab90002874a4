/** The simple answers: pods, the machine, configuration, health, checkpoints. */
import { join } from "node:path";
import type { Clock } from "#base/clock.ts";
import type { Pod } from "#apis/core/pod.ts";
import { containerNamed } from "../pod/containers.ts";
import { type Answer, HttpError, jsonAnswer, type ServerRequest, textAnswer } from "./answer.ts";
import { requirePod, runningContainer } from "./find-container.ts";
import { asHttpError } from "./streams.ts";
import type { KubeletView } from "./view.ts";

/** `/pods`: what this node is to run. */
export function podList(view: KubeletView): Answer {
  return list(view.pods());
}

/** `/runningpods/`: what the runtime runs, whoever asked for it. */
export function runningPods(view: KubeletView): Answer {
  const running = [...view.observations()].filter(({ containers }) =>
    containers.some(({ state }) => state === "running"),
  );
  return list(
    running.map(({ uid, name, namespace, containers }) => ({
      metadata: { name, namespace, uid },
      spec: {
        containers: containers
          .filter(({ state }) => state === "running")
          .map(({ name: container, image }) => ({ name: container, image, resources: {} })),
      },
      status: {},
    })),
  );
}

function list(items: readonly object[]): Answer {
  return jsonAnswer({ kind: "PodList", apiVersion: "v1", metadata: {}, items });
}

/** `/spec/`: the machine, in cAdvisor's words. */
export async function machineSpec({ host }: KubeletView, clock: Clock): Promise<Answer> {
  const facts = await host.machine.facts();
  return jsonAnswer({
    timestamp: new Date(clock.now()).toISOString(),
    num_cores: facts.cores,
    memory_capacity: facts.memoryBytes,
    swap_capacity: facts.swapBytes,
    hugepages: Object.entries(facts.hugepages).map(([bytes, pages]) => ({
      page_size: Number(bytes) / 1_024,
      num_pages: pages,
    })),
    machine_id: facts.machineId,
    system_uuid: facts.systemUuid,
    boot_id: facts.bootId,
  });
}

/** `/configz`: what the kubelet was told. */
export function configuration(view: KubeletView): Answer {
  return jsonAnswer(view.config());
}

/** `/healthz` and the checks below it. */
export function health(view: KubeletView, { params, query }: ServerRequest): Answer {
  const stuck = view.stuck();
  const checks: Record<string, boolean> = { ping: true, log: true, syncloop: stuck === undefined };
  const only = params["check"];
  if (only !== undefined && !(only in checks)) throw new HttpError(404, "404 page not found\n");
  const asked = only === undefined ? checks : { [only]: checks[only]! };
  const isWell = Object.values(asked).every((well) => well);
  if (isWell && !query.has("verbose")) return textAnswer("ok");
  const lines = Object.entries(asked).map(([name, well]) =>
    well ? `[+]${name} ok\n` : `[-]${name} failed: reason withheld\n`,
  );
  const verdict = isWell ? "healthz check passed\n" : "healthz check failed\n";
  return textAnswer(lines.join("") + verdict, isWell ? 200 : 500);
}

const checkpointTimeoutSeconds = 2 * 60;

/** `/checkpoint/…`: freezes a container into an archive under the kubelet's folder. */
export async function checkpoint(
  view: KubeletView,
  clock: Clock,
  { params, query }: ServerRequest,
): Promise<Answer> {
  const { namespace = "", pod: name = "", container = "" } = params;
  const pod: Pod = requirePod(view, { namespace, name });
  if (!containerNamed(pod, container)) {
    throw new HttpError(404, `container ${container} does not exist`);
  }
  const timeout = query.getAll("timeout").at(-1) ?? String(checkpointTimeoutSeconds);
  if (!/^\d+$/.test(timeout)) throw new HttpError(404, "cannot parse value of timeout parameter");
  const { id } = runningContainer(view, pod, { namespace, name }, container);
  const folder = join(view.rootDir, "checkpoints");
  await view.host.files.mkdir(folder, 0o700);
  const stamp = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  const location = join(folder, `checkpoint-${name}_${namespace}-${container}-${stamp}.tar`);
  const ask = { containerId: id, location, timeoutSeconds: Number(timeout) };
  await view.cri.checkpointContainer(ask).catch(asHttpError);
  return jsonAnswer({ items: [location] });
}
