import type { JSONSchemaProps } from "#apis/apiextensions/json-schema-props.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { VersionConversion } from "../rest/conversion.ts";
import { defaulted, fitted } from "./custom-codec.ts";

/** Brings objects into another version of their kind. */
export type Converter =
  /** Only `apiVersion` changes. */
  | { readonly strategy: "None" }
  /** Somebody else has to be asked. */
  | {
      readonly strategy: "Webhook";
      /** The objects in `apiVersion`, in the same order. */
      convert(objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]>;
    };

export interface ConversionParts {
  /** The version served. */
  readonly apiVersion: string;
  /** The version in which objects are stored now; older ones may lie there in another. */
  readonly storedAs: string;
  /** Of every version, by `apiVersion`. */
  readonly schemas: ReadonlyMap<string, JSONSchemaProps>;
  readonly converter: Converter;
}

/**
 * How stored objects are served in a version: with the defaults of the version they are stored in,
 * converted, then without what the version does not know. The other way nothing is defaulted.
 */
export function versionConversion(parts: ConversionParts): VersionConversion {
  const { apiVersion, storedAs, schemas, converter } = parts;
  const schema = schemas.get(apiVersion)!;
  const storedSchema = schemas.get(storedAs)!;
  const withOwnDefaults = (object: KubeObject) => defaulted(object, schemas.get(object.apiVersion));
  if (converter.strategy === "None") {
    return {
      selectsServed: true,
      fromStored: (object) => fitted(labelled(withOwnDefaults(object), apiVersion), schema),
      toStored(object) {
        if (apiVersion === storedAs) return object;
        return fitted(labelled(object, storedAs), storedSchema);
      },
    };
  }
  const converted = new WeakMap<KubeObject, KubeObject>();
  const needsHelp = (object: KubeObject) =>
    object.apiVersion !== apiVersion && !converted.has(object);
  return {
    selectsServed: true,
    async prepare(objects) {
      const strange = objects.filter(needsHelp);
      for (const [version, group] of Map.groupBy(strange, (object) => object.apiVersion)) {
        if (version === apiVersion) continue;
        const done = await converter.convert(group.map(withOwnDefaults), apiVersion);
        for (const [i, object] of group.entries()) converted.set(object, fitted(done[i]!, schema));
      }
    },
    isReady: (object) => !needsHelp(object),
    fromStored(object) {
      if (object.apiVersion === apiVersion) return fitted(withOwnDefaults(object), schema);
      const found = converted.get(object);
      if (!found) throw new Error("an object was read before it was converted");
      return found;
    },
    async toStored(object) {
      if (apiVersion === storedAs) return object;
      const [stored] = await converter.convert([object], storedAs);
      return fitted(stored!, storedSchema);
    },
  };
}

function labelled(object: KubeObject, apiVersion: string): KubeObject {
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}
