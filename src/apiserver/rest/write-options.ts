import {
  type FieldError,
  invalid,
  invalidObject,
  notSupported,
  tooLong,
} from "#machinery/field-error.ts";
import type { FieldValidation } from "./codec.ts";

/** The query of a create, update or patch. */
export interface WriteOptions {
  readonly dryRun: boolean;
  /** "" when not given. */
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** Whether an apply may take fields from others; undefined when not said. */
  readonly force?: boolean;
  /** What admission is shown. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export type OptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions" | "DeleteOptions";

const managerLengthMax = 128;
const fieldValidations = ["Ignore", "Strict", "Warn"] as const;

/** Without options; unknown fields are warned of. */
function defaultOptions(kind: OptionsKind): WriteOptions {
  const raw = { kind, apiVersion: "meta.k8s.io/v1" };
  return { dryRun: false, fieldManager: "", fieldValidation: "Warn", raw };
}

const defaults: Readonly<Record<OptionsKind, WriteOptions>> = {
  CreateOptions: defaultOptions("CreateOptions"),
  UpdateOptions: defaultOptions("UpdateOptions"),
  PatchOptions: defaultOptions("PatchOptions"),
  DeleteOptions: defaultOptions("DeleteOptions"),
};

/** Reads and checks the options of a write. @throws Invalid. */
export function writeOptions(query: URLSearchParams, kind: OptionsKind): WriteOptions {
  if (query.size === 0) return defaults[kind];
  const dryRun = query.getAll("dryRun");
  const fieldManager = query.get("fieldManager") ?? "";
  const fieldValidation = query.get("fieldValidation") ?? "";
  const errors = [...dryRunErrors(dryRun), ...managerErrors(fieldManager)];
  const isKnown = (fieldValidations as readonly string[]).includes(fieldValidation);
  if (fieldValidation !== "" && !isKnown) {
    errors.push(notSupported("fieldValidation", fieldValidation, fieldValidations));
  }
  if (errors.length > 0) throw invalidOptions(kind, errors);
  const force = query.get("force");
  return {
    ...(force === null ? {} : { force: force !== "false" && force !== "0" }),
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: isKnown ? (fieldValidation as FieldValidation) : "Warn",
    raw: {
      ...defaults[kind].raw,
      ...(dryRun.length > 0 ? { dryRun } : {}),
      ...(force === null ? {} : { force: force !== "false" && force !== "0" }),
      ...(fieldManager === "" ? {} : { fieldManager }),
      ...(fieldValidation === "" ? {} : { fieldValidation }),
    },
  };
}

export function invalidOptions(kind: OptionsKind, errors: readonly FieldError[]) {
  return invalidObject({ group: "meta.k8s.io", kind }, "", errors);
}

/** `dryRun` is absent or `All`. */
export function dryRunErrors(values: readonly string[]): FieldError[] {
  const bad = values.some((value) => value !== "All");
  return bad ? [notSupported("dryRun", values, ["All"])] : [];
}

function managerErrors(manager: string): FieldError[] {
  if (manager.length > managerLengthMax) return [tooLong("fieldManager", managerLengthMax)];
  return /^\P{C}*$/u.test(manager)
    ? []
    : [invalid("fieldManager", manager, "should only contain printable characters")];
}
