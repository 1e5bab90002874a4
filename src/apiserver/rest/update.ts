import { conflict, modifiedSince, notFound } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { authorize } from "../authorize.ts";
import type { AdmissionAttributes } from "../admission/admission.ts";
import { limits } from "../limits.ts";
import type { ApiResponse } from "../response.ts";
import { CachedObject, encodeStored } from "../watch-cache/cached-object.ts";
import { answerObject, representation } from "./answer.ts";
import { decodeBody } from "./codec.ts";
import { hookOf, type ResourceContext } from "./context.ts";
import { createDecoded } from "./create.ts";
import { trackFields } from "./managed-fields.ts";
import { present, presentable, type ServedStorage, storageKey, toStored } from "./served.ts";
import { malformedRevision } from "./resource-version.ts";
import { withReservation } from "./write-hook.ts";
import { type WriteOptions, writeOptions } from "./write-options.ts";
import {
  admissionAttributes,
  fitName,
  fitNamespace,
  prepareUpdate,
  resourceVersionNeeded,
  validateUpdate,
} from "./write-steps.ts";

/** PUT of an object or of a subresource whose body is the whole object. */
export async function updateObject(
  context: ResourceContext,
  storage: ServedStorage,
): Promise<ApiResponse> {
  const as = representation(context, "object");
  const { request, served } = context;
  const options = writeOptions(request.query, "UpdateOptions");
  const body = await request.body();
  const contentType = request.headers["content-type"] as string | undefined;
  const raw = { body, contentType };
  const first = decodeBody(served.resource, raw, options.fieldValidation, context.warnings);
  fitName(context, first);
  fitNamespace(context, first);
  let next: KubeObject | undefined = first;
  const { written, created } = await writeLoop(context, storage, options, {
    allowCreate: context.info.subresource === "" && served.strategy.allowCreateOnUpdate === true,
    make() {
      // Each attempt changes its copy; the first one may have the original.
      const object = next ?? decodeBody(served.resource, raw, "Ignore", []);
      if (!next) fitNamespace(context, object);
      next = undefined;
      return object;
    },
  });
  return answerObject(context, as, created ? 201 : 200, written);
}

/** What an update makes of an object; everything else is the same for all updates. */
export interface Change {
  /** PUT and apply to a missing object can create it. */
  readonly allowCreate: boolean;
  /**
   * The object as it shall be, in the version served, a fresh copy for each attempt. `current` is
   * shared; undefined: there is none.
   */
  make(current: KubeObject | undefined): KubeObject | Promise<KubeObject>;
  /** The change does its own book-keeping of field managers. */
  readonly tracksFields?: boolean;
  /** Another uid is a change like any other, which validation refuses, and no precondition. */
  readonly isPatch?: boolean;
  /** Runs before admission; may refuse. */
  check?(next: KubeObject, current: KubeObject): void;
  /** Admission is shown something else than the object: the body of a subresource. */
  readonly shownAs?: {
    readonly subresource: string;
    view(object: KubeObject): KubeObject;
    /** What admission has made of it goes into the object. */
    accept(next: KubeObject, admitted: KubeObject): void;
  };
}

/** Tries until nobody else wrote in between. */
export async function writeLoop(
  context: ResourceContext,
  storage: ServedStorage,
  options: WriteOptions,
  change: Change,
): Promise<{ written: CachedObject; created: boolean }> {
  const { server, info, served } = context;
  const key = storageKey(storage, info.namespace, info.name);
  for (let attempt = 0; attempt < limits.conflictRetriesMax; attempt++) {
    const current = server.storage.get(storage, key);
    if (!current) {
      const object = await createInstead(context, change);
      const created = await createDecoded(context, storage, object, options, change.tracksFields);
      return { written: created, created: true };
    }
    const written = await tryUpdate(context, storage, options, change, current);
    if (written) return { written, created: false };
  }
  const { group, plural: resource } = served.resource;
  throw conflict({ group, resource }, info.name, modifiedSince);
}

async function createInstead(context: ResourceContext, change: Change): Promise<KubeObject> {
  const { server, served, info, user } = context;
  const { group, plural: resource } = served.resource;
  if (!change.allowCreate) throw notFound({ group, resource }, info.name);
  const object = await change.make(undefined);
  if (object.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${object.metadata.uid}, UID in object meta: `;
    throw conflict({ group, resource }, info.name, why);
  }
  if (object.metadata.resourceVersion) throw notFound({ group, resource }, info.name);
  await authorize(server.authorizer, { ...info, verb: "create" }, user);
  return object;
}

/** One attempt. Undefined: somebody else wrote in between. */
async function tryUpdate(
  context: ResourceContext,
  storage: ServedStorage,
  options: WriteOptions,
  change: Change,
  current: CachedObject,
): Promise<CachedObject | undefined> {
  const { server, served } = context;
  const { dryRun } = options;
  await presentable(served, [current]);
  const old = present(served, current).object;
  const next = await change.make(old);
  if (!change.isPatch) checkUid(context, next, old);
  checkRevision(context, next, old);
  // From here on the object is based on what is there, said or not.
  next.metadata.resourceVersion = old.metadata.resourceVersion;
  if (!change.tracksFields) trackFields(context, options, old, next);
  change.check?.(next, old);
  const attributes = attributesOf(context, options, change, next, old);
  await server.admission.admit(attributes);
  if (attributes.object) change.shownAs?.accept(next, attributes.object);
  prepareUpdate(context, next, old, dryRun);
  const reservation = await hookOf(context)?.begin(next, old, dryRun);
  return withReservation(reservation, async () => {
    validateUpdate(context, next, old, dryRun);
    await server.admission.validate(attributes);
    return store(context, storage, dryRun, next, current);
  });
}

function attributesOf(
  context: ResourceContext,
  options: WriteOptions,
  { shownAs }: Change,
  next: KubeObject,
  old: KubeObject,
): AdmissionAttributes {
  const { info } = context;
  if (!shownAs) return admissionAttributes(context, "UPDATE", info.name, next, old, options);
  const below = { ...context, info: { ...info, subresource: shownAs.subresource } };
  const [seen, was] = [shownAs.view(next), shownAs.view(old)];
  return admissionAttributes(below, "UPDATE", info.name, seen, was, options);
}

/** Stores what has been checked; an object that only waited for its finalizers goes. */
async function store(
  { server, served }: ResourceContext,
  storage: ServedStorage,
  dryRun: boolean,
  next: KubeObject,
  current: CachedObject,
): Promise<CachedObject | undefined> {
  if (isFinished(next)) {
    const object = await toStored(served, next);
    if (dryRun) return asIfStored(storage, object, current);
    const stored = asIfStored(storage, object, current);
    const gone = await server.storage.remove(current);
    return gone && stored.at(gone.revision);
  }
  const object = await toStored(served, next);
  if (isSame(object, current.object)) return current;
  if (dryRun) return asIfStored(storage, object, current);
  return server.storage.replace(storage, current, object);
}

/** Whether deletion only waited for the finalizers, which are gone now. */
function isFinished({ kind, metadata, ...rest }: KubeObject): boolean {
  // A namespace has finalizers of its own beside those of its metadata.
  const { finalizers } = (rest as { spec?: { finalizers?: string[] } }).spec ?? {};
  if (kind === "Namespace" && finalizers && finalizers.length > 0) return false;
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0
  );
}

function asIfStored(
  storage: ServedStorage,
  object: KubeObject,
  current: CachedObject,
): CachedObject {
  delete object.metadata.resourceVersion;
  const { shape } = storage;
  const { key, revision } = current;
  return CachedObject.fromStored(key, revision, shape, encodeStored(shape, object), object);
}

/** Nothing changed but, at most, when field managers wrote: no write, no event. */
function isSame(next: KubeObject, current: KubeObject): boolean {
  const { metadata, ...rest } = next;
  const { metadata: was, ...wasRest } = current;
  if (!equalJson(rest, wasRest)) return false;
  const { resourceVersion: _rv, managedFields, ...meta } = metadata;
  const { resourceVersion: _wasRv, managedFields: wasManaged, ...wasMeta } = was;
  return equalJson(meta, wasMeta) && equalJson(timeless(managedFields), timeless(wasManaged));
}

function timeless(entries: KubeObject["metadata"]["managedFields"]) {
  return entries?.map(({ time: _time, ...entry }) => entry);
}

/** The uid in the body must be that of the object. @throws Conflict. */
function checkUid({ served, info }: ResourceContext, next: KubeObject, old: KubeObject): void {
  const { group, plural: resource } = served.resource;
  const { uid } = next.metadata;
  if (!uid || uid === old.metadata.uid) return;
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
  throw conflict({ group, resource }, info.name, why);
}

/** The resourceVersion in the body must be that of the object. @throws Conflict, Invalid. */
function checkRevision(context: ResourceContext, next: KubeObject, old: KubeObject): void {
  const { served, info } = context;
  const { group, plural: resource } = served.resource;
  const { resourceVersion } = next.metadata;
  if (!resourceVersion) {
    if (served.strategy.allowUnconditionalUpdate === false) {
      throw resourceVersionNeeded(context, info.name);
    }
    return;
  }
  if (!/^\d+$/.test(resourceVersion)) {
    throw malformedRevision(resourceVersion);
  }
  if (resourceVersion !== old.metadata.resourceVersion) {
    throw conflict({ group, resource }, info.name, modifiedSince);
  }
}
