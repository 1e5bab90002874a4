import type { Namespace } from "#apis/core/namespace.ts";
import { rfc3339 } from "#base/clock.ts";
import { conflict, modifiedSince, notFound, type Status } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { limits } from "../limits.ts";
import type { ApiResponse } from "../response.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import { answerObject, answerPlain, representation } from "./answer.ts";
import { type ResourceContext, strategyContext } from "./context.ts";
import { type DeleteOptions, deleteOptions } from "./delete-options.ts";
import {
  errorKind,
  present,
  presentable,
  type ServedStorage,
  storageKey,
  toStored,
} from "./served.ts";
import { admissionAttributes } from "./write-steps.ts";

/** What a deletion did: the object is gone, or waits for a grace period or finalizers. */
export interface Deletion {
  readonly object: CachedObject;
  readonly gone: boolean;
}

/** DELETE of one object. */
export async function deleteObject(
  context: ResourceContext,
  storage: ServedStorage,
): Promise<ApiResponse> {
  const as = representation(context, "object");
  const options = await deleteOptions(context.request);
  const { info } = context;
  const deletion = await deleteOne(context, storage, options, info.namespace, info.name);
  return answerDeletion(context, as, deletion);
}

function answerDeletion(
  context: ResourceContext,
  as: ReturnType<typeof representation>,
  { object, gone }: Deletion,
): ApiResponse | Promise<ApiResponse> {
  const { resource } = context.served;
  if (!gone || returnsDeleted.has(`${resource.group}/${resource.plural}`)) {
    return answerObject(context, as, 200, object);
  }
  const { name, uid } = object.object.metadata;
  const details = {
    name,
    ...(resource.group === "" ? {} : { group: resource.group }),
    kind: resource.plural,
    ...(uid === undefined ? {} : { uid }),
  };
  const status: Omit<Status, "code"> = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details,
  };
  return answerPlain(context, as, 200, status);
}

/** Resources that answer a DELETE with the object that went instead of a Status. */
const returnsDeleted = new Set([
  "/namespaces",
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/pods",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "/services",
  "resource.k8s.io/deviceclasses",
  "resource.k8s.io/resourceclaims",
  "resource.k8s.io/resourceclaimtemplates",
  "resource.k8s.io/resourceslices",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/storageclasses",
  "storage.k8s.io/volumeattachments",
  "storage.k8s.io/volumeattributesclasses",
]);

/** Deletes an object, or starts to. @throws NotFound, Conflict. */
export async function deleteOne(
  context: ResourceContext,
  storage: ServedStorage,
  options: DeleteOptions,
  namespace: string,
  name: string,
): Promise<Deletion> {
  const { server, served } = context;
  const key = storageKey(storage, namespace, name);
  const { group, plural: resource } = served.resource;
  let admitted = false;
  for (let attempt = 0; attempt < limits.conflictRetriesMax; attempt++) {
    const current = server.storage.get(storage, key);
    if (!current) throw notFound({ group, resource }, name);
    await presentable(served, [current]);
    const old = present(served, current).object;
    checkPreconditions(context, options, old, name);
    if (!admitted) {
      warnOfOrphans(context, options);
      const { write } = options;
      const attributes = admissionAttributes(context, "DELETE", name, undefined, old, write);
      await server.admission.admit(attributes);
      await server.admission.validate(attributes);
      admitted = true;
    }
    const deletion = await tryDelete(context, storage, options, current);
    if (deletion) return deletion;
  }
  throw conflict({ group, resource }, name, modifiedSince);
}

/** Kinds with a deletion of their own, which names the resource. */
const namesResource = new Set(["namespaces", "customresourcedefinitions"]);

function checkPreconditions(
  { served }: ResourceContext,
  { preconditions }: DeleteOptions,
  { metadata }: KubeObject,
  name: string,
): void {
  // Upstream names the kind here where it names the resource elsewhere.
  const { group, kind } = errorKind(served);
  const resource = namesResource.has(served.resource.plural) ? served.resource.plural : kind;
  const { uid, resourceVersion } = preconditions;
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
    throw conflict({ group, resource }, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`;
    throw conflict({ group, resource }, name, why);
  }
}

/** Jobs leave their pods behind unless told otherwise, which surprises people. */
function warnOfOrphans(
  { served, warnings }: ResourceContext,
  { propagation }: DeleteOptions,
): void {
  if (served.resource.plural !== "jobs" || served.strategy.defaultPropagation !== "orphan") return;
  if (propagation !== undefined) return;
  warnings.push(
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background " +
      "to remove them or set propagationPolicy=Orphan to suppress this warning",
  );
}

/** One attempt. Undefined: somebody else wrote in between. */
async function tryDelete(
  context: ResourceContext,
  storage: ServedStorage,
  options: DeleteOptions,
  current: CachedObject,
): Promise<Deletion | undefined> {
  const { server, served } = context;
  const old = current.object;
  if (isNamespace(context)) {
    const namespace = old as Namespace;
    if (namespace.metadata.deletionTimestamp === undefined) {
      return startNamespace(context, storage, options, current);
    }
    if (namespace.spec?.finalizers?.length) return { object: current, gone: false };
  }
  const { startDeletion } = served.strategy;
  // As upstream, where collections are deleted past what is special about single objects.
  const isAlone = context.info.verb === "delete";
  if (startDeletion && isAlone && old.metadata.deletionTimestamp === undefined) {
    const next = structuredClone(old);
    startDeletion(next, strategyContext(context, options.write.dryRun));
    if (options.write.dryRun) return { object: current, gone: false };
    const marked = await server.storage.replace(storage, current, next);
    return marked && { object: marked, gone: false };
  }
  const graceSeconds = graceFor(context, options, old);
  const finalizers = finalizersFor(context, options, old);
  if (!showsDeletion(context, old, graceSeconds) && graceSeconds === 0 && finalizers.length === 0) {
    if (options.write.dryRun) return { object: current, gone: true };
    const gone = await server.storage.remove(current);
    return gone && { object: gone, gone: true };
  }
  const next = await toStored(served, structuredClone(present(served, current).object));
  markDeleted(next, old, graceSeconds, finalizers, server.clock.now());
  if (options.write.dryRun) return { object: current, gone: false };
  if (isUnchanged(next, old)) return { object: current, gone: false };
  const marked = await server.storage.replace(storage, current, next);
  if (!marked) return undefined;
  if (graceSeconds > 0 || finalizers.length > 0) return { object: marked, gone: false };
  const gone = await server.storage.remove(marked);
  return { object: gone ?? marked, gone: true };
}

/** Kinds that end gracefully are seen to end before they go, even when that takes no time. */
function showsDeletion(
  { served }: ResourceContext,
  { metadata }: KubeObject,
  graceSeconds: number,
): boolean {
  if (served.strategy.gracePeriodSeconds === undefined) return false;
  if (metadata.deletionTimestamp === undefined) return true;
  return graceSeconds < (metadata.deletionGracePeriodSeconds ?? 0);
}

function isNamespace({ served }: ResourceContext): boolean {
  return served.resource.group === "" && served.resource.plural === "namespaces";
}

/** A namespace is marked first, and goes when nothing is left in it (`finalize`). */
async function startNamespace(
  { server }: ResourceContext,
  storage: ServedStorage,
  { write, propagation }: DeleteOptions,
  current: CachedObject,
): Promise<Deletion | undefined> {
  const next = structuredClone(current.object) as Namespace;
  const { metadata } = next;
  metadata.deletionTimestamp = rfc3339(server.clock.now());
  next.status = { ...next.status, phase: "Terminating" };
  if (propagation !== undefined) {
    const others = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== orphan);
    metadata.finalizers = propagation === "Orphan" ? [...others, orphan] : others;
    if (metadata.finalizers.length === 0) delete metadata.finalizers;
  }
  if (write.dryRun) return { object: current, gone: false };
  const marked = await server.storage.replace(storage, current, next);
  return marked && { object: marked, gone: false };
}

/** How long the object may take to end; 0 for all that does not end gracefully. */
function graceFor(
  { served }: ResourceContext,
  { gracePeriodSeconds }: DeleteOptions,
  old: KubeObject,
): number {
  const decide = served.strategy.gracePeriodSeconds;
  if (!decide) return 0;
  const { metadata } = old;
  if (metadata.deletionTimestamp === undefined) return decide(old, gracePeriodSeconds);
  // A deletion that is under way can be shortened, never prolonged.
  const pending = metadata.deletionGracePeriodSeconds ?? 0;
  if (gracePeriodSeconds === undefined) return pending;
  return Math.min(pending, Math.max(gracePeriodSeconds, 0));
}

const orphan = "orphan";
const foreground = "foregroundDeletion";

/** The finalizers that the object has once its deletion has started. */
function finalizersFor(
  { served }: ResourceContext,
  { propagation }: DeleteOptions,
  { metadata }: KubeObject,
): string[] {
  if (served.resource.plural === "events") return metadata.finalizers ?? [];
  const others = (metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== orphan && finalizer !== foreground,
  );
  const policy = propagation ?? impliedPropagation(served.strategy.defaultPropagation, metadata);
  if (policy === "Orphan") return [...others, orphan];
  if (policy === "Foreground") return [...others, foreground];
  return others;
}

/** Without a policy: what the object's finalizers say, else what its kind does. */
function impliedPropagation(
  byDefault: "background" | "orphan" | undefined,
  { finalizers = [] }: KubeObject["metadata"],
): string {
  if (finalizers?.includes(orphan)) return "Orphan";
  if (finalizers?.includes(foreground)) return "Foreground";
  return byDefault === "orphan" ? "Orphan" : "Background";
}

function markDeleted(
  next: KubeObject,
  old: KubeObject,
  graceSeconds: number,
  finalizers: string[],
  nowMs: number,
): void {
  const { metadata } = next;
  const was = old.metadata;
  const requestedMs =
    was.deletionTimestamp === undefined
      ? nowMs
      : Date.parse(was.deletionTimestamp) - (was.deletionGracePeriodSeconds ?? 0) * 1_000;
  if (was.deletionTimestamp === undefined || graceSeconds < (was.deletionGracePeriodSeconds ?? 0)) {
    metadata.deletionTimestamp = rfc3339(requestedMs + graceSeconds * 1_000);
    metadata.deletionGracePeriodSeconds = graceSeconds;
  }
  if (was.deletionTimestamp === undefined && was.generation) {
    metadata.generation = was.generation + 1;
  }
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
}

function isUnchanged({ metadata }: KubeObject, { metadata: was }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp === was.deletionTimestamp &&
    metadata.deletionGracePeriodSeconds === was.deletionGracePeriodSeconds &&
    (metadata.finalizers ?? []).join() === (was.finalizers ?? []).join()
  );
}
