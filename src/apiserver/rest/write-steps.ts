import { nameSuffix } from "#base/chance.ts";
import { rfc3339 } from "#base/clock.ts";
import { ApiError, badRequest } from "#machinery/errors.ts";
import { invalid, invalidObject } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { fieldOf } from "#machinery/schema/schema.ts";
import { createErrors, updateErrors } from "#machinery/validation/object.ts";
import type { AdmissionAttributes, Operation } from "../admission/admission.ts";
import { type ResourceContext, strategyContext } from "./context.ts";
import { errorKind } from "./served.ts";
import type { WriteOptions } from "./write-options.ts";

/** The steps that every write goes through on its way to the store. */

const generatedBaseLengthMax = 63 - 5;

/** What admission is told about a write. */
export function admissionAttributes(
  context: ResourceContext,
  operation: Operation,
  name: string,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
  options: WriteOptions,
): AdmissionAttributes {
  const { served, info, user, warnings } = context;
  return {
    operation,
    resource: served.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name,
    object,
    oldObject,
    user,
    dryRun: options.dryRun,
    options: options.raw,
    warn: (text) => void warnings.push(text),
    annotate() {},
  };
}

/** The namespace in the body must be the one in the path, or absent. @throws BadRequest. */
export function fitNamespace({ served, info }: ResourceContext, { metadata }: KubeObject): void {
  if (!served.resource.namespaced) {
    delete metadata.namespace;
    return;
  }
  if (metadata.namespace && metadata.namespace !== info.namespace) {
    throw badRequest(
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  }
  metadata.namespace = info.namespace;
}

/** The name in the body must be the one in the path. @throws BadRequest. */
export function fitName({ info }: ResourceContext, { metadata }: KubeObject): void {
  if (metadata.name === info.name) return;
  if (!metadata.name) {
    throw badRequest("the name of the object must be provided on the URL and in the object");
  }
  throw badRequest(
    `the name of the object (${metadata.name}) does not match the name on the URL (${info.name})`,
  );
}

/** Kinds with a spec whose changes upstream does not count, and the reverse. */
const uncounted = new Set([
  "csidrivers", "ipaddresses", "limitranges", "persistentvolumes", "persistentvolumeclaims",
  "resourceclaims", "resourceclaimtemplates", "resourcequotas", "servicecidrs", "services",
  "namespaces", "nodes", "csinodes", "volumeattachments", "leases", "apiservices",
  "certificatesigningrequests", "horizontalpodautoscalers",
]); // prettier-ignore
const counted = new Set([
  "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "endpointslices",
  "podtemplates", "priorityclasses",
]); // prettier-ignore

/** Whether changes of the desired state are counted. */
export function countsGeneration({ served }: ResourceContext): boolean {
  const { strategy, resource } = served;
  if (strategy.generation !== undefined) return strategy.generation;
  if (counted.has(resource.plural)) return true;
  return !uncounted.has(resource.plural) && fieldOf(resource.schema, "spec") !== undefined;
}

/** Fills in what the server sets and drops what clients may not. */
export function prepareCreate(context: ResourceContext, object: KubeObject, dryRun: boolean): void {
  const { served, server } = context;
  const { metadata } = object;
  delete metadata.resourceVersion;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  if (countsGeneration(context)) delete metadata.generation;
  metadata.creationTimestamp = rfc3339(server.clock.now());
  metadata.uid = server.chance.uuid();
  if (countsGeneration(context)) metadata.generation = 1;
  if (!metadata.name && metadata.generateName) generateName(context, object);
  labelNamespace(object);
  served.strategy.prepareForCreate?.(object, strategyContext(context, dryRun));
}

/** Namespaces carry their name as a label, so that selectors can name them. */
function labelNamespace({ kind, metadata }: KubeObject): void {
  if (kind !== "Namespace" || !metadata.name) return;
  metadata.labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
}

/** A name made of `generateName`. */
function generateName({ server }: ResourceContext, { metadata }: KubeObject): void {
  const base = (metadata.generateName ?? "").slice(0, generatedBaseLengthMax);
  metadata.name = base + nameSuffix(server.chance);
}

/** @throws Invalid. */
export function validateCreate(
  context: ResourceContext,
  object: KubeObject,
  dryRun: boolean,
): void {
  const { served, warnings } = context;
  const { strategy, resource } = served;
  const rules = strategyContext(context, dryRun);
  const errors = createErrors(strategy, resource, object, rules);
  if (errors.length > 0) throw invalidObject(errorKind(served), object.metadata.name ?? "", errors);
  warnings.push(...(strategy.warnings?.(object, undefined, rules) ?? []));
}

/** Carries over what an update may not change, and counts generations. */
export function prepareUpdate(
  context: ResourceContext,
  object: KubeObject,
  old: KubeObject,
  dryRun: boolean,
): void {
  const { served, info } = context;
  const { metadata } = object;
  const was = old.metadata;
  metadata.name = was.name;
  delete metadata.selfLink;
  if (was.generateName) metadata.generateName ??= was.generateName;
  metadata.uid ??= was.uid;
  metadata.creationTimestamp ??= was.creationTimestamp;
  // What is being deleted stays so; that nothing else is deleted this way, validation sees to.
  if (was.deletionTimestamp) metadata.deletionTimestamp = was.deletionTimestamp;
  metadata.deletionGracePeriodSeconds ??= was.deletionGracePeriodSeconds;
  keep(metadata, was, "generation");
  const rules = strategyContext(context, dryRun);
  const { strategy } = served;
  if (info.subresource === "") strategy.prepareForUpdate?.(object, old, rules);
  else strategy.subresources?.[info.subresource]?.prepareForUpdate?.(object, old, rules);
  if (info.subresource === "status") return;
  if (countsGeneration(context) && !sameDesiredState(object, old)) {
    metadata.generation = (was.generation ?? 0) + 1;
  }
}

type Metadata = KubeObject["metadata"];

type Kept = "deletionTimestamp" | "deletionGracePeriodSeconds" | "generation";

function keep(metadata: Metadata, was: Metadata, field: Kept): void {
  if (was[field] === undefined) delete metadata[field];
  else Object.assign(metadata, { [field]: was[field] });
}

function sameDesiredState(object: KubeObject, old: KubeObject): boolean {
  const desired = ({ apiVersion: _a, kind: _k, metadata: _m, ...rest }: KubeObject) => {
    const { status: _status, ...spec } = rest as { status?: unknown };
    return spec;
  };
  // Two kinds count changes of some of their metadata, too.
  const { labels, annotations } = object.metadata;
  const was = old.metadata;
  if (object.kind === "EndpointSlice" && !equalJson(labels, was.labels)) return false;
  if (object.kind === "Deployment" && !equalJson(annotations, was.annotations)) return false;
  return equalJson(desired(object), desired(old));
}

/** @throws Invalid. */
export function validateUpdate(
  context: ResourceContext,
  object: KubeObject,
  old: KubeObject,
  dryRun: boolean,
): void {
  const { served, info, warnings } = context;
  const { strategy } = served;
  const rules = strategyContext(context, dryRun);
  const subresource = info.subresource === "" ? undefined : info.subresource;
  const errors = updateErrors(strategy, object, old, rules, subresource);
  if (errors.length > 0) throw invalidObject(errorKind(served), object.metadata.name, errors);
  const warn = subresource === undefined ? strategy : strategy.subresources?.[subresource];
  warnings.push(...(warn?.warnings?.(object, old, rules) ?? []));
}

/** The 500 for an object that says a revision before it has one; found out last, as upstream does. */
export function resourceVersionGiven(): ApiError {
  const message = "resourceVersion should not be set on objects to be created";
  return new ApiError("", message, { code: 500 });
}

/** The 422 for an update that had to say which revision it is based on. */
export function resourceVersionNeeded({ served }: ResourceContext, name: string): ApiError {
  const { group, plural } = served.resource;
  // Upstream names the resource here where it names the kind elsewhere.
  return invalidObject({ group, kind: plural }, name, [
    invalid("metadata.resourceVersion", 0, "must be specified for an update"),
  ]);
}
