import type { Deployment } from "#apis/apps/deployment.ts";
import type { ReplicationController } from "#apis/core/replication-controller.ts";
import { type Scale, scale } from "#apis/autoscaling/scale.ts";
import { type ApiError, badRequest } from "#machinery/errors.ts";
import { invalid, invalidObject } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { typeMistakes } from "#machinery/apply/typed.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import { labelQuery, labelSetQuery } from "#machinery/selectors.ts";
import type { ApiResponse } from "#apiserver/response.ts";
import type { CachedObject } from "#apiserver/watch-cache/cached-object.ts";
import { answerPlain, representation } from "../answer.ts";
import { decodeBody, decodeValue } from "../codec.ts";
import type { ResourceContext } from "../context.ts";
import { existing } from "../get.ts";
import { applyScaleFields, trackScale } from "../managed-fields.ts";
import { applyPatchTo, checkApplyOptions, patchTypes, readPatchRequest } from "../patch.ts";
import { present, presentable, type ServedStorage } from "../served.ts";
import { writeLoop } from "../update.ts";
import { type WriteOptions, writeOptions } from "../write-options.ts";

const gvk = { group: "autoscaling", version: "v1", kind: "Scale" };
const decodable = { gvk, schema: scale };

/** Where a kind keeps what its Scale shows. */
export interface ScaleAccess {
  /** `replicas` is undefined where the object says nothing. */
  read(object: KubeObject): {
    readonly replicas: number | undefined;
    readonly statusReplicas: number;
    readonly selector: string;
  };
  /** What reading the Scale of an object without `replicas` fails with; none: it has 0. */
  missing?(): ApiError;
  write(object: KubeObject, replicas: number): void;
}

/** What scalable workloads have in common; a ReplicationController's selector is a plain map. */
type Scalable = Deployment | ReplicationController;

const workload: ScaleAccess = {
  read(object) {
    const { spec, status } = object as Scalable;
    const selector = selectorText(object);
    return { replicas: spec?.replicas ?? 0, statusReplicas: status?.replicas ?? 0, selector };
  },
  write(object, replicas) {
    const { spec } = object as Scalable;
    if (spec) spec.replicas = replicas;
  },
};

function scaleOf(object: KubeObject, access: ScaleAccess): Scale {
  const { metadata } = object;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const { replicas = 0, statusReplicas, selector } = access.read(object);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: statusReplicas, ...(selector === "" ? {} : { selector }) },
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
  access = workload,
): Promise<ApiResponse> {
  const as = representation(context, "object");
  const { info, request, warnings } = context;
  if (info.verb === "get") {
    const object = await served(context, existing(context, storage));
    if (access.missing && access.read(object).replicas === undefined) throw access.missing();
    return answerPlain(context, as, 200, scaleOf(object, access));
  }
  const main = { ...context, info: { ...info, subresource: "" } };
  let written: CachedObject;
  if (info.verb === "update") {
    const options = writeOptions(request.query, "UpdateOptions");
    const contentType = request.headers["content-type"] as string | undefined;
    const raw = { body: await request.body(), contentType };
    const wanted = decodeBody(decodable, raw, options.fieldValidation, warnings) as Scale;
    const how = { ...options, track: trackScale };
    written = await setReplicas(main, storage, how, access, () => wanted);
  } else {
    const options = writeOptions(request.query, "PatchOptions");
    const patch = await readPatchRequest(context);
    checkApplyOptions(patch, options);
    const isApply = patch.type === patchTypes.apply;
    const track = isApply ? applyScale(access) : trackScale;
    written = await setReplicas(main, storage, { ...options, track }, access, (current) => {
      if (isApply) return appliedScale(patch.value, scaleOf(current, access));
      const patched = applyPatchTo(scale, patch, scaleOf(current, access));
      return decodeValue(decodable, patched) as Scale;
    });
  }
  return answerPlain(context, as, 200, scaleOf(await served(context, written), access));
}

/** The object in the version that is served. */
async function served(context: ResourceContext, stored: CachedObject): Promise<KubeObject> {
  await presentable(context.served, [stored]);
  return present(context.served, stored).object;
}

/** What an apply asks for: what it does not say stays. @throws BadRequest. */
function appliedScale(value: unknown, current: Scale): Scale {
  const { apiVersion, kind, ...applied } = value as Partial<Scale>;
  if (apiVersion !== current.apiVersion || kind !== current.kind) {
    throw badRequest(`the body is no ${current.kind} of ${current.apiVersion}`);
  }
  const mistakes = typeMistakes(scale, value as JsonObject);
  if (mistakes.length > 0) throw badRequest(mistakes.join("\n"));
  return decodeValue(decodable, { spec: current.spec, ...applied }) as Scale;
}

type Track = typeof trackScale;

/** Records whose number of replicas it is after an apply. Throws 409 when it is somebody else's. */
function applyScale(access: ScaleAccess): Track {
  return (context, options, live, next) => {
    const { apiVersion, kind, metadata } = next;
    const applied = { apiVersion, kind, metadata: { name: metadata.name }, spec: {} };
    access.write(applied, access.read(next).replicas ?? 0);
    const managedFields = applyScaleFields(context, options, live, applied);
    if (managedFields) next.metadata.managedFields = managedFields;
  };
}

async function setReplicas(
  context: ResourceContext,
  storage: ServedStorage,
  options: WriteOptions & { readonly track: Track },
  access: ScaleAccess,
  want: (current: KubeObject) => Scale,
): Promise<CachedObject> {
  const { info } = context;
  const { written } = await writeLoop(context, storage, options, {
    allowCreate: false,
    tracksFields: true,
    shownAs: {
      subresource: "scale",
      view: (object) => scaleOf(object, access),
      accept: (next, admitted) => access.write(next, (admitted as Scale).spec?.replicas ?? 0),
    },
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
      const next = structuredClone(current!);
      access.write(next, replicas);
      next.metadata.uid = wanted.metadata.uid || next.metadata.uid;
      next.metadata.resourceVersion = wanted.metadata.resourceVersion;
      options.track(context, options, current!, next);
      return next;
    },
  });
  return written;
}
