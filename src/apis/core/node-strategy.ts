import { type Path, path } from "#machinery/field-error.ts";
import { configMapKey, labelValue, nameIsLabel, nameIsSubdomain } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Strategy } from "#machinery/strategy.ts";
import { isDualStackCidrs } from "#machinery/validation/ip.ts";
import { validateLabelName } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import type { NodeConfigSource } from "./node-config-source.ts";
import { type Node, nodes, type Taint } from "./node.ts";
import { validateQuantity } from "./resource-validation.ts";
import { taintEffects } from "./scheduling-validation.ts";

const at = path("spec");
const taintsAt = path("metadata", "taints");

function validateTaints(problems: Problems, taints: readonly DeepReadonly<Taint>[]): void {
  const seen = new Set<string>();
  for (const [i, taint] of taints.entries()) {
    const { effect, key, value = "" } = taint;
    const place = taintsAt.index(i);
    validateLabelName(problems, place.child("key"), key);
    const errors = labelValue(value);
    if (errors.length > 0) problems.invalid(place.child("value"), value, errors.join(";"));
    problems.requiredOneOf(place.child("effect"), effect, taintEffects);
    const pair = `${effect}/${key}`;
    if (seen.has(pair)) {
      problems.add({
        type: "FieldValueDuplicate",
        field: String(place),
        badValue: taint,
        detail: "taints must be unique by key and effect pair",
      });
    }
    seen.add(pair);
  }
}

function validateAmounts(problems: Problems, { status }: Node): void {
  for (const field of ["capacity", "allocatable"] as const) {
    for (const [name, quantity] of Object.entries(status?.[field] ?? {})) {
      validateQuantity(problems, path("status", field, name), name, quantity);
    }
  }
}

function validatePodCidrs(problems: Problems, cidrs: readonly string[]): void {
  const cidrsAt = at.child("podCIDRs");
  for (const [i, cidr] of cidrs.entries()) problems.cidr(cidrsAt.index(i), cidr);
  if (cidrs.length < 2) return;
  if (cidrs.length > 2 || !isDualStackCidrs(cidrs)) {
    problems.invalid(cidrsAt, cidrs, "may specify no more than one CIDR for each IP family");
  }
  for (const [i, cidr] of cidrs.entries()) {
    if (cidrs.indexOf(cidr) < i) problems.duplicate(cidrsAt.index(i), cidr);
  }
}

/** `podCIDR` is the first of `podCIDRs`, and wins where they differ. */
function syncPodCidrs({ spec }: Node): void {
  const { podCIDR, podCIDRs } = spec;
  if (podCIDR && podCIDRs?.[0] !== podCIDR) spec.podCIDRs = [podCIDR];
  else if (podCIDRs?.[0] && !podCIDR) spec.podCIDR = podCIDRs[0];
}

function validateConfigSource(
  problems: Problems,
  place: Path,
  source: DeepReadonly<NodeConfigSource>,
): void {
  const { configMap } = source;
  if (!configMap) {
    problems.invalid(place, source, "exactly one reference subfield must be non-nil");
    return;
  }
  const mapAt = place.child("configMap");
  if (configMap.uid) problems.forbidden(mapAt.child("uid"), "uid must not be set in spec");
  if (configMap.resourceVersion) {
    const detail = "resourceVersion must not be set in spec";
    problems.forbidden(mapAt.child("resourceVersion"), detail);
  }
  const { kubeletConfigKey, name, namespace } = configMap;
  const isLabel = (text: string) => nameIsLabel(text, false);
  const isSubdomain = (text: string) => nameIsSubdomain(text, false);
  problems.name(mapAt.child("namespace"), namespace, isLabel, "namespace must be set");
  problems.name(mapAt.child("name"), name, isSubdomain, "name must be set");
  const detail = "kubeletConfigKey must be set";
  problems.name(mapAt.child("kubeletConfigKey"), kubeletConfigKey, configMapKey, detail);
}

function validateUpdate(problems: Problems, node: Node, old: Node): void {
  const { spec, status } = node;
  validateAmounts(problems, node);
  const addresses = status?.addresses ?? [];
  for (const [i, address] of addresses.entries()) {
    if (addresses.findIndex((other) => equalJson(other, address)) < i) {
      problems.duplicate(path("status", "addresses").index(i), address);
    }
  }
  const cidrs = old.spec.podCIDRs ?? [];
  const detail = 'node updates may not change podCIDR except from "" to valid';
  if (cidrs.length > 0 && !equalJson(cidrs, spec.podCIDRs ?? [])) {
    problems.forbidden(at.child("podCIDRs"), detail);
  }
  if (old.spec.providerID && old.spec.providerID !== spec.providerID) {
    const why = 'node updates may not change providerID except from "" to valid';
    problems.forbidden(at.child("providerID"), why);
  }
  if (spec.configSource) {
    validateConfigSource(problems, at.child("configSource"), spec.configSource);
  }
  validateTaints(problems, spec.taints ?? []);
  if ((spec.externalID ?? "") !== (old.spec.externalID ?? "")) {
    problems.forbidden(at.child("externalID"), "may not be updated");
  }
}

const basics = kindStrategy<Node>({
  resource: nodes,
  generation: false,
  updateSkipsValidate: true,
  prepareForUpdate: syncPodCidrs,
  validate(problems, node) {
    validateTaints(problems, node.spec.taints ?? []);
    validateAmounts(problems, node);
    validatePodCidrs(problems, node.spec.podCIDRs ?? []);
  },
  validateUpdate,
  warnings({ spec }, old) {
    const warnings: string[] = [];
    if (spec.configSource) {
      const text = "the feature is no longer supported";
      warnings.push(`spec.configSource: ${text}`);
    }
    if (spec.externalID && spec.externalID !== old?.spec.externalID) {
      warnings.push("spec.externalID: this field is deprecated, and is unused by Kubernetes");
    }
    return warnings;
  },
  status: { validateUpdate },
});

/** Nodes come with the status that their kubelet knows. */
export const nodeStrategy: Strategy<Node> = { ...basics, prepareForCreate: syncPodCidrs };
