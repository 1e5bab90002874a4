import type { Deployment } from "#apis/apps/deployment.ts";
import type { ReplicationController } from "#apis/core/replication-controller.ts";
import { type Scale, scale } from "#apis/autoscaling/scale.ts";
import { badRequest } from "#machinery/errors.ts";
import { invalid, invalidObject } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { labelQuery, labelSetQuery } from "#machinery/selectors.ts";
import type { ApiResponse } from "../../response.ts";
import type { CachedObject } from "../../watch-cache/cached-object.ts";
import { answerPlain, representation } from "../answer.ts";
import { decodeBody, decodeValue } from "../codec.ts";
import type { ResourceContext } from "../context.ts";
import { existing } from "../get.ts";
import { trackScale } from "../managed-fields.ts";
import { applyPatchTo, readPatchRequest } from "../patch.ts";
import type { ServedStorage } from "../served.ts";
import { writeLoop } from "../update.ts";
import { type WriteOptions, writeOptions } from "../write-options.ts";

const gvk = { group: "autoscaling", version: "v1", kind: "Scale" };
const decodable = { gvk, schema: scale };

/** What scalable workloads have in common; a ReplicationController's selector is a plain map. */
type Scalable = Deployment | ReplicationController;

function scaleOf(object: KubeObject): Scale {
  const { metadata, spec, status } = object as Scalable;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = selectorText(object);
  const replicas = spec?.replicas ?? 0;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: status?.replicas ?? 0, ...(selector === "" ? {} : { selector }) },
  };
}

function selectorText({ kind, ...object }: KubeObject): string {
  const { spec } = object as Scalable;
  const query =
    kind === "ReplicationController"
      ? labelSetQuery((spec as ReplicationController["spec"])?.selector)
      : labelQuery((spec as Deployment["spec"])?.selector);
  return query.toString();
}

/** GET, PUT and PATCH of `scale`. */
export async function handleScale(
  context: ResourceContext,
  storage: ServedStorage,
): Promise<ApiResponse> {
  const as = representation(context, "object");
  const { info, request, warnings } = context;
  if (info.verb === "get") {
    return answerPlain(context, as, 200, scaleOf(existing(context, storage).object));
  }
  const main = { ...context, info: { ...info, subresource: "" } };
  let written: CachedObject;
  if (info.verb === "update") {
    const options = writeOptions(request.query, "UpdateOptions");
    const contentType = request.headers["content-type"] as string | undefined;
    const raw = { body: await request.body(), contentType };
    const wanted = decodeBody(decodable, raw, options.fieldValidation, warnings) as Scale;
    written = await setReplicas(main, storage, options, () => wanted);
  } else {
    const options = writeOptions(request.query, "PatchOptions");
    const patch = await readPatchRequest(context);
    written = await setReplicas(main, storage, options, (current) => {
      const patched = applyPatchTo(scale, patch, scaleOf(current));
      return decodeValue(decodable, patched) as Scale;
    });
  }
  return answerPlain(context, as, 200, scaleOf(written.object));
}

async function setReplicas(
  context: ResourceContext,
  storage: ServedStorage,
  options: WriteOptions,
  want: (current: KubeObject) => Scale,
): Promise<CachedObject> {
  const { info } = context;
  const { written } = await writeLoop(context, storage, options, {
    allowCreate: false,
    tracksFields: true,
    make(current) {
      const wanted = want(current!);
      if (wanted.metadata.name !== info.name) {
        throw badRequest(
          `the name of the object (${wanted.metadata.name}) does not match the name on the URL (${info.name})`,
        );
      }
      const replicas = wanted.spec?.replicas ?? 0;
      if (replicas < 0) {
        const why = "must be greater than or equal to 0";
        throw invalidObject(gvk, info.name, [invalid("spec.replicas", replicas, why)]);
      }
      const next = structuredClone(current!) as Scalable;
      next.spec!.replicas = replicas;
      next.metadata.uid = wanted.metadata.uid || next.metadata.uid;
      next.metadata.resourceVersion = wanted.metadata.resourceVersion;
      trackScale(context, options, current!, next);
      return next;
    },
  });
  return written;
}
