import type { CustomResourceSubresourceScale } from "#apis/apiextensions/custom-resource-definition.ts";
import { internalError } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isObject, setOwn } from "#machinery/patch/json-value.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import type { ScaleAccess } from "../rest/subresources/scale.ts";
import { fieldNames, valueAt } from "./json-path.ts";

/** Where a custom resource keeps what its `scale` subresource shows. */
export function customScale(paths: CustomResourceSubresourceScale): ScaleAccess {
  const specPath = fieldNames(paths.specReplicasPath);
  const statusPath = fieldNames(paths.statusReplicasPath);
  const selectorPath = paths.labelSelectorPath ? fieldNames(paths.labelSelectorPath) : undefined;
  return {
    read(object) {
      const selector = selectorPath && valueAt(object, selectorPath);
      return {
        replicas: count(valueAt(object, specPath)),
        statusReplicas: count(valueAt(object, statusPath)) ?? 0,
        selector: typeof selector === "string" ? selector : "",
      };
    },
    missing() {
      const why = `the spec replicas field ${JSON.stringify(paths.specReplicasPath)} does not exist`;
      return internalError(undefined, why);
    },
    write: (object, replicas) => setAt(object, specPath, replicas),
  };
}

function count(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function setAt(object: KubeObject, names: readonly string[], value: number): void {
  let current = object as unknown as JsonObject;
  for (const name of names.slice(0, -1)) {
    const inner = Object.hasOwn(current, name) ? current[name] : undefined;
    if (isObject(inner)) current = inner;
    else {
      const made: JsonObject = {};
      setOwn(current, name, made);
      current = made;
    }
  }
  setOwn(current, names.at(-1)!, value);
}
