import { type Job, jobs } from "#apis/batch/job.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { isReason } from "#machinery/errors.ts";
import type { Client } from "#client/client.ts";
import { isNamespaceTerminating, type ReconcileContext } from "#client/reconciler.ts";
import { createPod, deletePod } from "../shared/pod-control.ts";
import { slowStart } from "../shared/slow-start.ts";
import { writeStatus } from "../shared/status.ts";
import type { JobPlan } from "./plan.ts";
import { newJobPod, trackingFinalizer } from "./pods.ts";
import { settleAll } from "../shared/settle.ts";

type Context = Pick<ReconcileContext, "client" | "recorder">;

/**
 * Does what the plan says. A failure to create or delete pods is thrown only after the status has
 * been written.
 */
export async function applyJob(job: Job, plan: JobPlan, context: Context): Promise<void> {
  const { client, recorder } = context;
  const failure = await applyPods(job, plan, context);
  await writeStatus(client, jobs, job, plan.status);
  for (const { type, reason, message } of plan.events) recorder[type](job, reason, message);
  await settleAll(plan.release.map((pod) => releasePod(client, pod)));
  if (failure !== undefined) throw failure;
}

async function applyPods(job: Job, plan: JobPlan, context: Context): Promise<unknown> {
  const { stop, drop, create } = plan;
  try {
    await settleAll(
      drop.map(async (pod) => {
        await releasePod(context.client, pod);
        await deletePod(context, job, pod);
      }),
    );
    await settleAll(stop.map((pod) => deletePod(context, job, pod)));
    await slowStart(create.length, async (i) => {
      const { index, failed } = create[i]!;
      await createPod(context, job, newJobPod(job, index, failed));
    });
  } catch (error) {
    return isNamespaceTerminating(error) ? undefined : error;
  }
  return undefined;
}

/** Lets go of a pod: it is counted, or will never be. */
export async function releasePod(client: Client, { metadata }: Pod): Promise<void> {
  if (!metadata.finalizers?.includes(trackingFinalizer)) return;
  const patch = { metadata: { "$deleteFromPrimitiveList/finalizers": [trackingFinalizer] } };
  try {
    await client.patch(pods, metadata, patch, { type: "strategic" });
  } catch (error) {
    if (!isReason(error, "NotFound")) throw error;
  }
}
