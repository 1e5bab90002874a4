import { type LimitRange, type LimitRangeItem, limitRanges } from "#apis/core/limit-range.ts";
import type { PersistentVolumeClaim } from "#apis/core/persistent-volume-claim.ts";
import { podQuantities } from "#apis/core/pod-quantities.ts";
import type { Pod } from "#apis/core/pod.ts";
import { compareQuantity, milliValue } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { forbid, joined } from "./errors.ts";

type Quantities = Readonly<Record<string, string>>;
type Limits = DeepReadonly<LimitRangeItem>;
type Container = NonNullable<Pod["spec"]["containers"]>[number];

/**
 * Gives containers the namespace's default requests and limits, and refuses pods and claims that
 * ask for more or less than its LimitRanges allow.
 */
export function limitRanger(reader: ObjectReader): AdmissionPlugin {
  function rangesFor(a: AdmissionAttributes): readonly DeepReadonly<LimitRange>[] {
    // Resources of running pods change by resize alone, and what is going away may go.
    const settled =
      a.operation === "UPDATE" && a.resource.plural === "pods" && a.subresource !== "resize";
    if (settled || a.oldObject?.metadata.deletionTimestamp) return [];
    return reader.list(limitRanges, a.namespace);
  }

  return {
    name: "LimitRanger",
    matches: {
      operations: ["CREATE", "UPDATE"],
      resources: ["/pods", "/pods/resize", "/persistentvolumeclaims"],
    },
    admit(a) {
      if (a.resource.plural !== "pods") return;
      for (const { spec } of rangesFor(a)) applyDefaults(a.object as Pod, spec.limits ?? []);
    },
    validate(a) {
      for (const { spec } of rangesFor(a)) {
        const limits = spec.limits ?? [];
        const complaints =
          a.resource.plural === "pods"
            ? podComplaints(a.object as Pod, limits)
            : claimComplaints(a.object as PersistentVolumeClaim, limits);
        if (complaints.length > 0) throw forbid(a, joined(complaints));
      }
    },
  };
}

function applyDefaults({ spec, metadata }: Pod, limits: readonly Limits[]): void {
  const requests: Record<string, string> = {};
  const maxima: Record<string, string> = {};
  for (const limit of limits) {
    if (limit.type !== "Container") continue;
    Object.assign(requests, limit.defaultRequest);
    Object.assign(maxima, limit.default);
  }
  const notes: string[] = [];
  const fill = (container: Container, what: string): void => {
    const resources = (container.resources ??= {});
    const asked = addMissing(resources.requests, requests);
    const limited = addMissing(resources.limits, maxima);
    if (asked.added.length > 0) {
      resources.requests = asked.all;
      notes.push(`${asked.added.join(", ")} request for ${what} ${container.name}`);
    }
    if (limited.added.length > 0) {
      resources.limits = limited.all;
      notes.push(`${limited.added.join(", ")} limit for ${what} ${container.name}`);
    }
  };
  for (const container of spec.containers ?? []) fill(container, "container");
  for (const container of spec.initContainers ?? []) fill(container, "init container");
  if (notes.length === 0) return;
  const text = `LimitRanger plugin set: ${notes.join("; ")}`;
  metadata.annotations = { ...metadata.annotations, "kubernetes.io/limit-ranger": text };
}

function addMissing(own: Quantities | undefined, defaults: Quantities) {
  const added = Object.keys(defaults).filter((name) => own?.[name] === undefined);
  const extra = added.map((name) => [name, defaults[name] as string] as const);
  return { all: { ...own, ...Object.fromEntries(extra) }, added: added.toSorted() };
}

function podComplaints(pod: Pod, limits: readonly Limits[]): string[] {
  const found: string[] = [];
  for (const limit of limits) {
    if (limit.type === "Container") {
      const { containers, initContainers } = pod.spec;
      for (const { resources } of [...(containers ?? []), ...(initContainers ?? [])]) {
        found.push(...boundsBroken(limit, resources?.requests ?? {}, resources?.limits ?? {}));
      }
    } else if (limit.type === "Pod") {
      const bare = { ...pod, spec: { ...pod.spec, overhead: {} } };
      found.push(
        ...boundsBroken(limit, podQuantities(bare, "requests"), podQuantities(bare, "limits")),
      );
    }
  }
  return found;
}

function boundsBroken(limit: Limits, requests: Quantities, limits: Quantities): string[] {
  const { type } = limit;
  const found: (string | undefined)[] = [];
  for (const [name, least] of Object.entries(limit.min ?? {})) {
    found.push(belowMinimum(type, name, least, requests, limits));
  }
  for (const [name, most] of Object.entries(limit.max ?? {})) {
    found.push(aboveMaximum(type, name, most, requests, limits));
  }
  for (const [name, most] of Object.entries(limit.maxLimitRequestRatio ?? {})) {
    found.push(aboveRatio(type, name, most, requests[name], limits[name]));
  }
  return found.filter((text) => text !== undefined);
}

function belowMinimum(
  type: string,
  name: string,
  least: string,
  requests: Quantities,
  limits: Quantities,
): string | undefined {
  const head = `minimum ${name} usage per ${type} is ${least}`;
  const [request, limit] = [requests[name], limits[name]];
  if (request === undefined) return `${head}. No request is specified`;
  if (compareQuantity(request, least) < 0) return `${head}, but request is ${request}`;
  if (limit !== undefined && compareQuantity(limit, least) < 0) {
    return `${head}, but limit is ${limit}`;
  }
  return undefined;
}

function aboveMaximum(
  type: string,
  name: string,
  most: string,
  requests: Quantities,
  limits: Quantities,
): string | undefined {
  const head = `maximum ${name} usage per ${type} is ${most}`;
  const [request, limit] = [requests[name], limits[name]];
  if (limit === undefined) return `${head}. No limit is specified`;
  if (compareQuantity(limit, most) > 0) return `${head}, but limit is ${limit}`;
  if (request !== undefined && compareQuantity(request, most) > 0) {
    return `${head}, but request is ${request}`;
  }
  return undefined;
}

function aboveRatio(
  type: string,
  name: string,
  most: string,
  request: string | undefined,
  limit: string | undefined,
): string | undefined {
  const head = `${name} max limit to request ratio per ${type} is ${most}`;
  if (request === undefined || compareQuantity(request, "0") === 0) {
    return `${head}, but no request is specified or request is 0`;
  }
  if (limit === undefined || compareQuantity(limit, "0") === 0) {
    return `${head}, but no limit is specified or limit is 0`;
  }
  const ratio = milliValue(limit) / milliValue(request);
  if (ratio * 1000 <= milliValue(most)) return undefined;
  return `${head}, but provided ratio is ${ratio.toFixed(6)}`;
}

function claimComplaints(claim: PersistentVolumeClaim, limits: readonly Limits[]): string[] {
  const requests = claim.spec.resources?.requests ?? {};
  const found: string[] = [];
  for (const { type, min, max } of limits) {
    if (type !== "PersistentVolumeClaim") continue;
    for (const [name, least] of Object.entries(min ?? {})) {
      const broken = belowMinimum(type, name, least, requests, {});
      if (broken) found.push(broken);
    }
    for (const [name, most] of Object.entries(max ?? {})) {
      const request = requests[name];
      const head = `maximum ${name} usage per ${type} is ${most}`;
      if (request === undefined) found.push(`${head}. No request is specified`);
      else if (compareQuantity(request, most) > 0) found.push(`${head}, but request is ${request}`);
    }
  }
  return found;
}
