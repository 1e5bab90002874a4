import { path, type Path } from "#machinery/field-error.ts";
import { qualifiedName } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { Strategy } from "#machinery/strategy.ts";
import { validateLabelName } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { TopologySelectorTerm } from "../core/topology-selector.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { type StorageClass, storageClasses } from "./storage-class.ts";
import { type VolumeAttributesClass, volumeAttributesClasses } from "./volume-attributes-class.ts";

const parametersMax = 512;
const parameterBytesMax = 256 * 1024;

function validateProvisioner(problems: Problems, at: Path, name: string): void {
  problems.name(at, name, (text) => qualifiedName(text.toLowerCase()));
}

function validateParameters(
  problems: Problems,
  parameters: Readonly<Record<string, string>>,
  allowEmpty: boolean,
): void {
  const at = path("parameters");
  const entries = Object.entries(parameters);
  if (entries.length > parametersMax) {
    problems.tooLong(at, parametersMax);
    return;
  }
  let bytes = 0;
  for (const [name, value] of entries) {
    if (name === "") problems.invalid(at, name, "field can not be empty.");
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > parameterBytesMax) problems.tooLong(at, parameterBytesMax);
  if (!allowEmpty && entries.length === 0) {
    problems.required(at, "must contain at least one key/value pair");
  }
}

function validateTopologies(problems: Problems, terms: readonly TopologySelectorTerm[]): void {
  const at = path("allowedTopologies");
  const seen: Record<string, string[]>[] = [];
  for (const [i, term] of terms.entries()) {
    const expressionsAt = at.index(i).child("matchLabelExpressions");
    const expressions: Record<string, string[]> = {};
    for (const [j, expression] of (term.matchLabelExpressions ?? []).entries()) {
      const { key } = expression;
      const values = expression.values ?? [];
      const place = expressionsAt.index(j);
      if (values.length === 0) problems.required(place.child("values"));
      for (const [k, value] of values.entries()) {
        if (values.indexOf(value) < k) problems.duplicate(place.child("values").index(k), value);
      }
      validateLabelName(problems, place.child("key"), key);
      if (Object.hasOwn(expressions, key)) problems.duplicate(place.child("key"), key);
      expressions[key] = [...new Set(values)].toSorted();
    }
    if (seen.some((other) => equalJson(other, expressions))) {
      problems.duplicate(expressionsAt, "");
    }
    seen.push(expressions);
  }
}

export const storageClassStrategy: Strategy<StorageClass> = kindStrategy<StorageClass>({
  resource: storageClasses,
  updateMetadata: "both",
  validate(problems, { allowedTopologies, parameters, provisioner, ...rest }) {
    validateProvisioner(problems, path("provisioner"), provisioner);
    validateParameters(problems, parameters ?? {}, true);
    if (rest.reclaimPolicy)
      problems.oneOf("reclaimPolicy", rest.reclaimPolicy, ["Delete", "Retain"]);
    if (rest.volumeBindingMode === undefined) problems.required("volumeBindingMode");
    problems.oneOf("volumeBindingMode", rest.volumeBindingMode, [
      "Immediate",
      "WaitForFirstConsumer",
    ]);
    validateTopologies(problems, allowedTopologies ?? []);
  },
  validateUpdate(problems, storageClass, old) {
    problems.immutable("parameters", storageClass.parameters, old.parameters);
    problems.immutable("provisioner", storageClass.provisioner, old.provisioner);
    problems.immutable("reclaimPolicy", storageClass.reclaimPolicy, old.reclaimPolicy);
    problems.immutable("volumeBindingMode", storageClass.volumeBindingMode, old.volumeBindingMode);
  },
  warnings: ({ allowedTopologies }) =>
    topologyWarnings((allowedTopologies ?? []).map((term) => term.matchLabelExpressions ?? [])),
});

/** Labels of nodes that were renamed, and their names now. */
const renamed: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
};

function topologyWarnings(terms: readonly (readonly { readonly key: string }[])[]): string[] {
  return terms.flatMap((expressions, i) =>
    expressions.flatMap(({ key }, j) => {
      const name = renamed[key];
      if (name === undefined) return [];
      const at = `allowedTopologies[${i}].matchLabelExpressions[${j}].key`;
      return [`${at}: ${key} is deprecated since v1.14; use ${JSON.stringify(name)} instead`];
    }),
  );
}

export const volumeAttributesClassStrategy = kindStrategy<VolumeAttributesClass>({
  resource: volumeAttributesClasses,
  updateMetadata: "both",
  validate(problems, { driverName, parameters }) {
    validateProvisioner(problems, path("driverName"), driverName);
    validateParameters(problems, parameters ?? {}, false);
  },
  validateUpdate(problems, { driverName, parameters }, old) {
    if (driverName !== old.driverName) {
      problems.forbidden("driverName", "updates to driverName are forbidden.");
    }
    if (!equalJson(parameters, old.parameters)) {
      problems.forbidden("parameters", "updates to parameters are forbidden.");
    }
  },
});
