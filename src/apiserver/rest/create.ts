import { alreadyExists, ApiError } from "#machinery/errors.ts";
import { invalidObject, required } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { limits } from "../limits.ts";
import type { ApiResponse } from "../response.ts";
import { CachedObject, encodeStored } from "../watch-cache/cached-object.ts";
import { answerObject, representation } from "./answer.ts";
import { decodeBody } from "./codec.ts";
import { hookOf, type ResourceContext } from "./context.ts";
import { trackFields } from "./managed-fields.ts";
import { errorKind, type ServedStorage, storageKey, toStored } from "./served.ts";
import { withReservation } from "./write-hook.ts";
import { type WriteOptions, writeOptions } from "./write-options.ts";
import {
  admissionAttributes,
  fitNamespace,
  prepareCreate,
  resourceVersionGiven,
  validateCreate,
} from "./write-steps.ts";

/** POST to a collection. */
export async function createObject(
  context: ResourceContext,
  storage: ServedStorage,
): Promise<ApiResponse> {
  const as = representation(context, "object");
  const { request, served } = context;
  const options = writeOptions(request.query, "CreateOptions");
  const body = await request.body();
  const contentType = request.headers["content-type"] as string | undefined;
  const raw = { body, contentType };
  const object = decodeBody(served.resource, raw, options.fieldValidation, context.warnings);
  const created = await createDecoded(context, storage, object, options);
  return answerObject(context, as, 201, created);
}

/**
 * Creates a decoded object, again under another name while a generated one is taken. `isTracked`:
 * its `managedFields` say already whose fields are whose.
 */
export async function createDecoded(
  context: ResourceContext,
  storage: ServedStorage,
  object: KubeObject,
  options: WriteOptions,
  isTracked = false,
): Promise<CachedObject> {
  fitNamespace(context, object);
  if (!isTracked) trackFields(context, options, undefined, object);
  const { metadata } = object;
  const isGenerated = !metadata.name && Boolean(metadata.generateName);
  // What is allocated for the object fails first without a name.
  if (!metadata.name && !isGenerated && !hookOf(context)) throw nameNeeded(context);
  const retries = isGenerated ? limits.generatedNameRetriesMax : 0;
  for (let attempt = 0; ; attempt++) {
    const candidate = attempt < retries ? structuredClone(object) : object;
    const created = await tryCreate(context, storage, candidate, options);
    if (created) return created;
    if (attempt === retries) throw taken(context, candidate, isGenerated);
  }
}

async function tryCreate(
  context: ResourceContext,
  storage: ServedStorage,
  object: KubeObject,
  options: WriteOptions,
): Promise<CachedObject | undefined> {
  const { server, info } = context;
  const { dryRun } = options;
  const { metadata } = object;
  const name = metadata.name ?? "";
  const hasRevision = Boolean(metadata.resourceVersion);
  const attributes = admissionAttributes(context, "CREATE", name, object, undefined, options);
  await server.admission.admit(attributes);
  prepareCreate(context, object, dryRun);
  const reservation = await hookOf(context)?.begin(object, undefined, dryRun);
  return withReservation(reservation, async () => {
    validateCreate(context, object, dryRun);
    await server.admission.validate(attributes);
    if (hasRevision) throw resourceVersionGiven();
    const stored = await toStored(context.served, object);
    const key = storageKey(storage, info.namespace, metadata.name);
    if (!dryRun) return server.storage.create(storage, key, stored);
    if (server.storage.get(storage, key)) return undefined;
    return unstored(storage, key, stored);
  });
}

/** What a dry run answers with: an object that is in no store and has no resourceVersion. */
export function unstored(storage: ServedStorage, key: string, object: KubeObject): CachedObject {
  return CachedObject.dryRun(key, storage.shape, encodeStored(storage.shape, object), object);
}

function nameNeeded({ served }: ResourceContext): ApiError {
  const detail = "name or generateName is required";
  return invalidObject(errorKind(served), "", [required("metadata.name", detail)]);
}

function taken({ served }: ResourceContext, object: KubeObject, isGenerated: boolean): ApiError {
  const { group, plural: resource } = served.resource;
  const { name } = object.metadata;
  if (!isGenerated) return alreadyExists({ group, resource }, name);
  const message = `${resource} ${JSON.stringify(name)} already exists, the server was not able to generate a unique name for the object`;
  return new ApiError("AlreadyExists", message, {
    details: { name, kind: resource, ...(group === "" ? {} : { group }), retryAfterSeconds: 1 },
  });
}
