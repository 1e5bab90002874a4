import { type Deployment, deployments, type DeploymentStatus } from "#apis/apps/deployment.ts";
import { type ReplicaSet, replicaSets } from "#apis/apps/replica-set.ts";
import { isReason } from "#machinery/errors.ts";
import type { Draft } from "#machinery/meta.ts";
import { isNamespaceTerminating, type ReconcileContext } from "#client/reconciler.ts";
import { sameMeaning } from "../shared/equal.ts";
import { messageOf } from "../shared/pod-control.ts";
import { type DeploymentPlan, isOurs } from "./plan.ts";
import { revisionAnnotation, sizeAnnotations, sizeOf } from "./replica-sets.ts";
import type { Resize } from "./scale.ts";
import { hasDeadline, newCondition, setCondition } from "./status.ts";

type Context = Pick<ReconcileContext, "client" | "recorder" | "clock">;

/** Does what the plan says, the status last. */
export async function applyDeployment(
  d: Deployment,
  plan: DeploymentPlan,
  context: Context,
): Promise<void> {
  const { client, recorder } = context;
  if (plan.selectsAll) {
    const text = "This deployment is selecting all pods. A non-empty selector is required.";
    recorder.warning(d, "SelectingAll", text);
  }
  if (plan.create) await createSet(d, plan.create, context);
  if (plan.update) await client.update(replicaSets, plan.update);
  for (const resize of plan.resize) await applyResize(d, resize, context);
  for (const { metadata } of plan.delete) {
    await client.delete(replicaSets, metadata).catch(ignoreGone);
  }
  if (plan.status) await writeDeployment(d, plan.status, plan.revision, context);
}

function ignoreGone(error: unknown): void {
  if (!isReason(error, "NotFound")) throw error;
}

/** The revision annotation travels with the status, as upstream writes it. */
async function writeDeployment(
  d: Deployment,
  status: DeploymentStatus,
  revision: string | undefined,
  { client }: Context,
): Promise<void> {
  const { annotations = {} } = d.metadata;
  const noted = revision === undefined || annotations[revisionAnnotation] === revision;
  if (noted && sameMeaning(d.status ?? {}, status)) return;
  const metadata = noted
    ? d.metadata
    : { ...d.metadata, annotations: { ...annotations, [revisionAnnotation]: revision } };
  await client.updateStatus(deployments, { ...d, metadata, status });
}

async function applyResize(
  d: Deployment,
  { rs, to }: Resize,
  { client, recorder }: Context,
): Promise<void> {
  const annotations = { ...rs.metadata.annotations, ...sizeAnnotations(d) };
  const from = sizeOf(rs);
  if (from === to && sameMeaning(annotations, rs.metadata.annotations)) return;
  const metadata = { ...rs.metadata, annotations };
  await client.update(replicaSets, { ...rs, metadata, spec: { ...rs.spec, replicas: to } });
  if (from !== to) announce(d, rs.metadata.name, from, to, recorder);
}

function announce(
  d: Deployment,
  name: string,
  from: number,
  to: number,
  recorder: Context["recorder"],
): void {
  const direction = to > from ? "up" : "down";
  const text = `Scaled ${direction} replica set ${name} from ${from} to ${to}`;
  recorder.normal(d, "ScalingReplicaSet", text);
}

/** A name that is taken by another template counts as a collision: the next hash differs. */
async function createSet(d: Deployment, draft: Draft<ReplicaSet>, context: Context): Promise<void> {
  const { client, recorder, clock } = context;
  const { name = "", namespace } = draft.metadata;
  try {
    await client.create(replicaSets, draft);
    const replicas = draft.spec.replicas ?? 0;
    if (replicas > 0) announce(d, name, 0, replicas, recorder);
  } catch (error) {
    if (isNamespaceTerminating(error)) throw error;
    if (isReason(error, "AlreadyExists")) {
      const existing = await client.get(replicaSets, { namespace, name });
      if (isOurs(d, existing)) return;
      const collisionCount = (d.status?.collisionCount ?? 0) + 1;
      await client.updateStatus(deployments, { ...d, status: { ...d.status, collisionCount } });
      throw error;
    }
    const text = `Failed to create new replica set ${JSON.stringify(name)}: ${messageOf(error)}`;
    if (hasDeadline(d)) {
      const now = clock.now();
      const condition = newCondition("Progressing", "False", "ReplicaSetCreateError", text, now);
      const conditions = setCondition(d.status?.conditions, condition, now);
      await client.updateStatus(deployments, { ...d, status: { ...d.status, conditions } });
    }
    recorder.warning(d, "ReplicaSetCreateError", text);
    throw error;
  }
}
