import { rfc3339 } from "#base/clock.ts";
import type { Pod } from "#apis/core/pod.ts";
import { type Eviction, eviction } from "#apis/policy/eviction.ts";
import type { PodDisruptionBudget } from "#apis/policy/pod-disruption-budget.ts";
import { ApiError, badRequest, forbidden, isReason, tooManyRequests } from "#machinery/errors.ts";
import { labelQuery } from "#machinery/selectors.ts";
import type { ApiResponse } from "#apiserver/response.ts";
import { answerPlain, representation } from "../answer.ts";
import { decodeBody } from "../codec.ts";
import type { ResourceContext } from "../context.ts";
import { type DeleteOptions, readDeleteOptions } from "../delete-options.ts";
import { deleteOne } from "../delete.ts";
import { existing } from "../get.ts";
import { modify } from "../modify.ts";
import { type Served, type ServedStorage, storageKey } from "../served.ts";
import { writeOptions } from "../write-options.ts";
import { admissionAttributes } from "../write-steps.ts";
import { setCondition } from "./binding.ts";
import { success } from "./status-answer.ts";

const disruptedPodsMax = 2_000;
const violates = "Cannot evict pod as it would violate the pod's disruption budget.";
const gvks = {
  "policy/v1": { group: "policy", version: "v1", kind: "Eviction" },
  "policy/v1beta1": { group: "policy", version: "v1beta1", kind: "Eviction" },
} as const;

/** How PodDisruptionBudgets are served. */
export interface Budgets {
  readonly served: Served;
  readonly storage: ServedStorage;
}

/** POST of `pods/NAME/eviction`: a delete that disruption budgets can refuse. */
export async function evictPod(
  context: ResourceContext,
  storage: ServedStorage,
  budgets: Budgets,
): Promise<ApiResponse> {
  const as = representation(context, "object");
  const { server, info } = context;
  const { object, write } = await readEviction(context);
  if (object.metadata.name !== info.name) {
    throw badRequest("name in URL does not match name in Eviction object");
  }
  const attributes = admissionAttributes(context, "CREATE", info.name, object, undefined, write);
  await server.admission.admit(attributes);
  await server.admission.validate(attributes);
  const options = evictionDelete(object, write);
  const pod = existing(context, storage).object as Pod;
  let onlyAsSeen = false;
  if (!ignoresBudgets(pod)) {
    const budget = soleBudget(context, budgets, pod);
    onlyAsSeen = budget !== undefined && isSpare(pod, budget);
    if (budget && !onlyAsSeen) await takeDisruption(context, budgets, budget, pod, write.dryRun);
  }
  await announce(context, storage, pod, options);
  await deletePod(context, storage, options, onlyAsSeen);
  return answerPlain(context, as, 201, success(201));
}

async function readEviction(context: ResourceContext) {
  const { request, warnings } = context;
  const write = writeOptions(request.query, "CreateOptions");
  const contentType = request.headers["content-type"] as string | undefined;
  const body = await request.body();
  const isOld = body instanceof Uint8Array && Buffer.from(body).includes('"policy/v1beta1"');
  const gvk = isOld ? gvks["policy/v1beta1"] : gvks["policy/v1"];
  const decodable = { gvk, schema: eviction };
  const object = decodeBody(
    decodable,
    { body, contentType },
    write.fieldValidation,
    warnings,
  ) as Eviction;
  return { object, write };
}

function evictionDelete(
  { deleteOptions }: Eviction,
  write: ReturnType<typeof writeOptions>,
): DeleteOptions {
  const given = readDeleteOptions(deleteOptions ?? {});
  const dryRun = given.write.dryRun || write.dryRun;
  return { ...given, write: { ...given.write, dryRun } };
}

function ignoresBudgets({ status, metadata }: Pod): boolean {
  const phase = status?.phase ?? "";
  return (
    ["Succeeded", "Failed", "Pending"].includes(phase) || metadata.deletionTimestamp !== undefined
  );
}

function soleBudget(
  { server, info }: ResourceContext,
  { storage }: Budgets,
  pod: Pod,
): PodDisruptionBudget | undefined {
  const { objects } = server.storage
    .cacheOf(storage)
    .list(storageKey(storage, info.namespace, ""), { id: "", matches: undefined });
  const matching = objects
    .map(({ object }) => object as PodDisruptionBudget)
    .filter((budget) => covers(budget, pod));
  if (matching.length > 1) {
    const message =
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    throw new ApiError("", message, { code: 500 });
  }
  return matching[0];
}

function covers({ spec }: PodDisruptionBudget, pod: Pod): boolean {
  const selector = spec?.selector;
  if (!selector) return false;
  try {
    return labelQuery(selector).matches(pod.metadata.labels);
  } catch {
    return false;
  }
}

/** A pod that is not ready does not count as healthy: it may go if enough others are, or always. */
function isSpare(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  const ready = pod.status?.conditions?.some(
    ({ type, status }) => type === "Ready" && status === "True",
  );
  if (ready) return false;
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const desired = status?.desiredHealthy ?? 0;
  return (status?.currentHealthy ?? 0) >= desired && desired > 0;
}

async function takeDisruption(
  { server, info }: ResourceContext,
  { served, storage }: Budgets,
  budget: PodDisruptionBudget,
  pod: Pod,
  dryRun: boolean,
): Promise<void> {
  const { name } = budget.metadata;
  if (dryRun) return checkBudget(budget);
  const target = { served, storage, namespace: info.namespace, name };
  await modify(server, target, (copy) => {
    checkBudget(copy as PodDisruptionBudget);
    const status = (copy as PodDisruptionBudget).status!;
    status.disruptionsAllowed = (status.disruptionsAllowed ?? 0) - 1;
    const disrupted = (status.disruptedPods ??= {});
    disrupted[pod.metadata.name] = rfc3339(server.clock.now());
  });
}

function checkBudget({ metadata, status }: PodDisruptionBudget): void {
  const { name } = metadata;
  const gr = { group: "policy", resource: "poddisruptionbudget" };
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    throw refused(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const allowed = status?.disruptionsAllowed ?? 0;
  if (allowed < 0) throw forbidden(gr, name, "pdb disruptions allowed is negative");
  if (Object.keys(status?.disruptedPods ?? {}).length > disruptedPodsMax) {
    const why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
    throw forbidden(gr, name, why);
  }
  if (allowed === 0) {
    const needs = `needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`;
    throw refused(`The disruption budget ${name} ${needs}`, 0);
  }
}

function refused(why: string, retryAfterSeconds: number): ApiError {
  const { message, details } = tooManyRequests(violates, retryAfterSeconds);
  const causes = [{ reason: "DisruptionBudget", message: why }];
  return new ApiError("TooManyRequests", message, { details: { ...details, causes } });
}

/** The pod says why it goes before it does. */
async function announce(
  { server, served, info }: ResourceContext,
  storage: ServedStorage,
  pod: Pod,
  { write, preconditions }: DeleteOptions,
): Promise<void> {
  const hasPreconditions =
    preconditions.uid !== undefined || preconditions.resourceVersion !== undefined;
  if (write.dryRun || hasPreconditions || pod.metadata.deletionTimestamp) return;
  const target = { served, storage, namespace: info.namespace, name: pod.metadata.name };
  await modify(server, target, (copy) =>
    setCondition(copy as Pod, "DisruptionTarget", server.clock.now(), {
      reason: "EvictionByEvictionAPI",
      message: "Eviction API: evicting",
    }),
  );
}

async function deletePod(
  context: ResourceContext,
  storage: ServedStorage,
  options: DeleteOptions,
  onlyAsSeen: boolean,
): Promise<void> {
  const { info } = context;
  try {
    await deleteOne(
      { ...context, info: { ...info, subresource: "" } },
      storage,
      options,
      info.namespace,
      info.name,
    );
  } catch (error) {
    if (onlyAsSeen && isReason(error, "Conflict")) throw refused("the pod changed meanwhile", 10);
    throw error;
  }
}
