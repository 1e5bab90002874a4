import type { CelType } from "./types.ts";
import {
  CelDuration,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
} from "./values.ts";

/** Whether a value can be an argument of that type; element types are not looked at. */
export function isOfType(value: CelValue, type: CelType): boolean {
  switch (type.kind) {
    case "dyn":
    case "param":
    case "error":
      return true;
    case "null":
      return value === null;
    case "bool":
      return typeof value === "boolean";
    case "int":
      return typeof value === "bigint";
    case "double":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "uint":
      return value instanceof CelUint;
    case "bytes":
      return value instanceof Uint8Array;
    case "duration":
      return value instanceof CelDuration;
    case "timestamp":
      return value instanceof CelTimestamp;
    case "type":
      return value instanceof CelTypeValue;
    case "list":
      return value instanceof CelList;
    case "map":
      return value instanceof CelMap;
    case "object":
      return value instanceof CelMap && (value.typeName === type.name || value.typeName === "map");
    case "opaque":
      if (type.name === "optional_type") return value instanceof CelOptional;
      return value instanceof CelOpaque && value.typeName === type.name;
  }
}
