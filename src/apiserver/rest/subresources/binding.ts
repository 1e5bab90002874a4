import { rfc3339 } from "#base/clock.ts";
import { type Binding, binding } from "#apis/core/binding.ts";
import type { Pod } from "#apis/core/pod.ts";
import { ApiError, badRequest, conflict } from "#machinery/errors.ts";
import { describe, notSupported, required } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { ApiResponse } from "#apiserver/response.ts";
import { answerPlain, representation } from "../answer.ts";
import { decodeBody } from "../codec.ts";
import type { ResourceContext } from "../context.ts";
import { modify } from "../modify.ts";
import type { Served, ServedStorage } from "../served.ts";
import { wrongMethod } from "../wrong-method.ts";
import { writeOptions } from "../write-options.ts";
import { admissionAttributes } from "../write-steps.ts";
import { existing } from "../get.ts";
import { success } from "./status-answer.ts";

const decodable = { gvk: { group: "", version: "v1", kind: "Binding" }, schema: binding };
const pods = { group: "", resource: "pods" };

/**
 * POST of `pods/NAME/binding` or, the old way, `bindings`: gives a pod to a node, once.
 * `podsServed` is how pods are served.
 */
export async function bindPod(
  context: ResourceContext,
  podsServed: Served,
  storage: ServedStorage,
): Promise<ApiResponse> {
  const as = representation(context, "object");
  const { request, info, server, warnings } = context;
  if (info.verb !== "create") throw wrongMethod(info);
  const options = writeOptions(request.query, "CreateOptions");
  const contentType = request.headers["content-type"] as string | undefined;
  const raw = { body: await request.body(), contentType };
  const object = decodeBody(decodable, raw, options.fieldValidation, warnings) as Binding;
  const name = info.name === "" ? object.metadata.name : info.name;
  if (object.metadata.name !== name) {
    throw badRequest("name in URL does not match name in Binding object");
  }
  if (object.metadata.namespace && object.metadata.namespace !== info.namespace) {
    throw badRequest("namespace in URL does not match namespace in Binding object");
  }
  object.metadata.namespace = info.namespace;
  checkTarget(object);
  const attributes = admissionAttributes(context, "CREATE", name, object, undefined, options);
  await server.admission.admit(attributes);
  await server.admission.validate(attributes);
  const target = { served: podsServed, storage, namespace: info.namespace, name };
  const nowMs = server.clock.now();
  if (options.dryRun) {
    const named = { ...context, served: podsServed, info: { ...info, name } };
    assign(structuredClone(existing(named, storage).object) as Pod, object, nowMs);
  } else await modify(server, target, (pod) => assign(pod as Pod, object, nowMs));
  return answerPlain(context, as, 201, success(201));
}

/** Upstream answers a bad target with a 500. */
function checkTarget({ target }: Binding): void {
  const errors = [];
  if (target.kind && target.kind !== "Node") {
    errors.push(notSupported("target.kind", target.kind, ["Node", ""]));
  }
  if (!target.name) errors.push(required("target.name"));
  if (errors.length === 0) return;
  const lines = errors.map((error) => `${error.field}: ${describe(error)}`);
  throw new ApiError("", lines.length === 1 ? lines[0]! : `[${lines.join(", ")}]`, { code: 500 });
}

function assign(pod: Pod, { metadata, target }: Binding, nowMs: number): void {
  const { name, uid } = pod.metadata;
  if (metadata.uid && metadata.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`;
    throw conflict(pods, name, why);
  }
  if (pod.metadata.deletionTimestamp) {
    throw conflict(pods, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec.nodeName) {
    throw conflict(pods, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  }
  if (pod.spec.schedulingGates?.length) {
    throw conflict(pods, name, `pod ${name} has non-empty .spec.schedulingGates`);
  }
  pod.spec.nodeName = target.name ?? "";
  mergeInto(pod, "annotations", metadata);
  mergeInto(pod, "labels", metadata);
  setCondition(pod, "PodScheduled", nowMs);
  // The nomination has served its purpose (KEP-5278).
  delete pod.status?.nominatedNodeName;
}

function mergeInto(pod: Pod, field: "annotations" | "labels", from: KubeObject["metadata"]): void {
  if (from[field]) pod.metadata[field] = { ...pod.metadata[field], ...from[field] };
}

/** Makes a condition of the pod true. */
export function setCondition(
  pod: Pod,
  type: string,
  nowMs: number,
  more: { reason?: string; message?: string } = {},
): void {
  const conditions = (pod.status ??= {}).conditions ?? [];
  const was = conditions.find((condition) => condition.type === type);
  const changed = was?.status !== "True";
  const condition = {
    type,
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: changed ? rfc3339(nowMs) : (was.lastTransitionTime ?? null),
    ...more,
  };
  pod.status.conditions = was
    ? conditions.map((each) => (each === was ? condition : each))
    : [...conditions, condition];
}
