import { path } from "#machinery/field-error.ts";
import { configMapKey } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { base64Bytes, dataBytesMax } from "./data-validation.ts";
import { type Secret, secrets } from "./secret.ts";

const at = path("data");
const frozen = "field is immutable when `immutable` is set";
const serviceAccountName = "kubernetes.io/service-account.name";

/** `stringData` is there for writing only: its values become part of `data`. */
function mergeStringData(secret: Secret): void {
  if (secret.stringData) {
    secret.data ??= {};
    for (const [key, value] of Object.entries(secret.stringData)) {
      secret.data[key] = Buffer.from(value).toString("base64");
    }
  }
  delete secret.stringData;
}

/** What the types that upstream knows need. */
function validateType(problems: Problems, { data = {}, metadata, type }: Secret): void {
  const need = (key: string) => {
    if (!Object.hasOwn(data, key)) problems.required(at.key(key));
  };
  switch (type) {
    case "kubernetes.io/service-account-token":
      if (!metadata.annotations?.[serviceAccountName]) {
        problems.required(path("metadata", "annotations").key(serviceAccountName));
      }
      break;
    case "kubernetes.io/dockercfg":
      validateJson(problems, ".dockercfg", data[".dockercfg"]);
      break;
    case "kubernetes.io/dockerconfigjson":
      validateJson(problems, ".dockerconfigjson", data[".dockerconfigjson"]);
      break;
    case "kubernetes.io/basic-auth":
      if (data["username"] === undefined && data["password"] === undefined) {
        need("username");
        need("password");
      }
      break;
    case "kubernetes.io/ssh-auth":
      if (!data["ssh-privatekey"]) problems.required(at.key("ssh-privatekey"));
      break;
    case "kubernetes.io/tls":
      need("tls.crt");
      need("tls.key");
      break;
    default:
  }
}

function validateJson(problems: Problems, key: string, value: string | undefined): void {
  if (value === undefined) {
    problems.required(at.key(key));
    return;
  }
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value, "base64").toString());
    if (typeof parsed === "object" && !Array.isArray(parsed)) return;
    const detail = "json: cannot unmarshal value into Go value of type map[string]interface {}";
    problems.invalid(at.key(key), "<secret contents redacted>", detail);
  } catch {
    problems.invalid(at.key(key), "<secret contents redacted>", "unexpected end of JSON input");
  }
}

export const secretStrategy = kindStrategy<Secret>({
  resource: secrets,
  updateMetadata: "both",
  prepareForCreate: mergeStringData,
  prepareForUpdate(secret, old) {
    mergeStringData(secret);
    if (!secret.type && old.type) secret.type = old.type;
  },
  validate(problems, secret) {
    let bytes = 0;
    for (const [key, value] of Object.entries(secret.data ?? {})) {
      problems.each(at.key(key), key, configMapKey(key));
      bytes += base64Bytes(value);
    }
    if (bytes > dataBytesMax) problems.tooLong(at, dataBytesMax);
    validateType(problems, secret);
  },
  validateUpdate(problems, secret, old) {
    problems.immutable("type", secret.type ?? "", old.type ?? "");
    if (old.immutable !== true) return;
    if (secret.immutable !== true) problems.forbidden("immutable", frozen);
    if (!equalJson(secret.data ?? {}, old.data ?? {})) problems.forbidden("data", frozen);
  },
});
