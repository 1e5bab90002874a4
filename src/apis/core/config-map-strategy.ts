import { path } from "#machinery/field-error.ts";
import { byteLength, configMapKey } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { type ConfigMap, configMaps } from "./config-map.ts";
import { base64Bytes, dataBytesMax } from "./data-validation.ts";

const frozen = "field is immutable when `immutable` is set";

export const configMapStrategy = kindStrategy<ConfigMap>({
  resource: configMaps,
  updateMetadata: "both",
  validate(problems, { binaryData = {}, data = {} }) {
    let bytes = 0;
    for (const [key, value] of Object.entries(data)) {
      const at = path("data").key(key);
      problems.each(at, key, configMapKey(key));
      if (Object.hasOwn(binaryData, key)) {
        problems.invalid(at, key, "duplicate of key present in binaryData");
      }
      bytes += byteLength(value);
    }
    for (const [key, value] of Object.entries(binaryData)) {
      problems.each(path("binaryData").key(key), key, configMapKey(key));
      bytes += base64Bytes(value);
    }
    if (bytes > dataBytesMax) problems.tooLong("[]", dataBytesMax);
  },
  validateUpdate(problems, configMap, old) {
    if (old.immutable !== true) return;
    if (configMap.immutable !== true) problems.forbidden("immutable", frozen);
    for (const field of ["data", "binaryData"] as const) {
      if (!equalJson(configMap[field], old[field])) problems.forbidden(field, frozen);
    }
  },
});
