import { path, type Path } from "#machinery/field-error.ts";
import { dns1035Label, dns1123Subdomain, portNumber } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { validateLabelSelector } from "#machinery/validation/labels.ts";
import { Problems } from "#machinery/validation/problems.ts";
import { validateMatchConditions } from "./expression-validation.ts";
import type { MutatingWebhook } from "./mutating-webhook-configuration.ts";
import { validateRule } from "./rules-validation.ts";
import type { ValidatingWebhook } from "./validating-webhook-configuration.ts";

/** Either sort of webhook. */
type Webhook = DeepReadonly<
  ValidatingWebhook & Partial<Pick<MutatingWebhook, "reinvocationPolicy">>
>;

const reviewVersions = ["v1", "v1beta1"];
const failurePolicies = ["Fail", "Ignore"];
const matchPolicies = ["Equivalent", "Exact"];
const harmless = ["None", "NoneOnDryRun"];
const sideEffects = [...harmless, "Some", "Unknown"];
const timeoutSecondsMax = 30;
const urlForm = "; desired format: https://host[/path]";

/** What is asked of new objects, and not of those that already did otherwise. */
interface Strictness {
  readonly noSideEffects: boolean;
  readonly knownVersion: boolean;
  readonly uniqueNames: boolean;
  readonly selectors: boolean;
}

const strict: Strictness = {
  noSideEffects: true,
  knownVersion: true,
  uniqueNames: true,
  selectors: true,
};

function strictnessFor(old: readonly Webhook[]): Strictness {
  const names = old.map(({ name }) => name);
  return {
    noSideEffects: old.every((hook) => harmless.includes(hook.sideEffects ?? "")),
    knownVersion: old.every(({ admissionReviewVersions: versions }) => {
      return (
        (versions ?? []).length === 0 || versions.some((each) => reviewVersions.includes(each))
      );
    }),
    uniqueNames: new Set(names).size === names.length,
    selectors: !old.some(hasWrongSelector),
  };
}

function hasWrongSelector({ namespaceSelector, objectSelector }: Webhook): boolean {
  const problems = new Problems();
  validateLabelSelector(problems, path("webhooks"), namespaceSelector);
  validateLabelSelector(problems, path("webhooks"), objectSelector);
  return problems.any;
}

/** `old`: what is stored, in an update. */
export function validateWebhooks(
  problems: Problems,
  at: Path,
  webhooks: readonly Webhook[],
  old?: readonly Webhook[],
): void {
  const strictness = old ? strictnessFor(old) : strict;
  const sameConditions =
    old?.length === webhooks.length &&
    webhooks.every((hook, i) => equalJson(hook.matchConditions, old[i]?.matchConditions));
  const seen = new Set<string>();
  for (const [i, hook] of webhooks.entries()) {
    const place = at.index(i);
    validateWebhook(problems, place, hook, strictness);
    if (!sameConditions) {
      const conditionsAt = place.child("matchConditions");
      validateMatchConditions(problems, conditionsAt, hook.matchConditions ?? [], false);
    }
    const versionsAt = place.child("admissionReviewVersions");
    validateVersions(problems, versionsAt, hook.admissionReviewVersions ?? [], strictness);
    if (hook.name !== "" && seen.has(hook.name) && strictness.uniqueNames) {
      problems.duplicate(place.child("name"), hook.name);
    }
    seen.add(hook.name);
  }
}

function validateWebhook(problems: Problems, at: Path, hook: Webhook, how: Strictness): void {
  validateHookName(problems, at.child("name"), hook.name);
  for (const [i, rule] of (hook.rules ?? []).entries()) {
    validateRule(problems, at.child("rules").index(i), rule);
  }
  problems.oneOf(at.child("failurePolicy"), hook.failurePolicy, failurePolicies);
  problems.oneOf(at.child("matchPolicy"), hook.matchPolicy, matchPolicies);
  const allowed = how.noSideEffects ? harmless : sideEffects;
  const effectsAt = at.child("sideEffects");
  if (hook.sideEffects === undefined || hook.sideEffects === null) {
    problems.required(effectsAt, `must specify one of ${allowed.join(", ")}`);
  } else {
    problems.oneOf(effectsAt, hook.sideEffects, allowed);
  }
  const { timeoutSeconds: timeout } = hook;
  if (timeout !== undefined && (timeout < 1 || timeout > timeoutSecondsMax)) {
    const detail = "the timeout value must be between 1 and 30 seconds";
    problems.invalid(at.child("timeoutSeconds"), timeout, detail);
  }
  for (const field of ["namespaceSelector", "objectSelector"] as const) {
    validateLabelSelector(problems, at.child(field), hook[field], !how.selectors);
  }
  problems.oneOf(at.child("reinvocationPolicy"), hook.reinvocationPolicy, ["IfNeeded", "Never"]);
  validateClient(problems, at.child("clientConfig"), hook.clientConfig);
}

function validateHookName(problems: Problems, at: Path, name: string): void {
  if (name === "") {
    problems.required(at);
    return;
  }
  const errors = dns1123Subdomain(name);
  if (errors.length > 0) problems.invalid(at, name, errors.join(","));
  else if (name.split(".").length < 3) {
    const detail = "should be a domain with at least three segments separated by dots";
    problems.invalid(at, name, detail);
  }
}

function validateVersions(
  problems: Problems,
  at: Path,
  versions: readonly string[],
  { knownVersion }: Strictness,
): void {
  if (versions.length === 0) {
    problems.required(at, `must specify one of ${reviewVersions.join(", ")}`);
    return;
  }
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) problems.invalid(at.index(i), version, "duplicate version");
    else problems.each(at.index(i), version, dns1035Label(version));
  }
  if (knownVersion && !versions.some((version) => reviewVersions.includes(version))) {
    problems.invalid(at, versions, `must include at least one of ${reviewVersions.join(", ")}`);
  }
}

/** Where a webhook is: a URL, or a service in the cluster. */
export function validateClient(
  problems: Problems,
  at: Path,
  { service, url }: DeepReadonly<Partial<ValidatingWebhook["clientConfig"]>>,
): void {
  if ((url === undefined) === (service === undefined)) {
    problems.required(at, "exactly one of url or service is required");
  } else if (url !== undefined) {
    validateUrl(problems, at.child("url"), url);
  } else if (service) {
    validateService(problems, at.child("service"), service);
  }
}

function validateUrl(problems: Problems, at: Path, text: string): void {
  const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/.exec(
    text,
  );
  if (!parts || /[\s\u0000-\u001f]/.test(text)) {
    problems.required(at, `url must be a valid URL${urlForm}`);
    return;
  }
  const [, scheme = "", authority = "", , query = "", fragment = ""] = parts;
  if (scheme !== "https") {
    problems.invalid(at, scheme, `'https' is the only allowed URL scheme${urlForm}`);
  }
  const user = authority.includes("@") ? authority.slice(0, authority.lastIndexOf("@")) : undefined;
  const host = authority.slice(user === undefined ? 0 : user.length + 1);
  if (host === "") problems.invalid(at, host, `host must be specified${urlForm}`);
  if (user !== undefined) {
    problems.invalid(at, user, "user information is not permitted in the URL");
  }
  if (fragment.length > 1) {
    problems.invalid(at, fragment.slice(1), "fragments are not permitted in the URL");
  }
  if (query.length > 1) {
    problems.invalid(at, query.slice(1), "query parameters are not permitted in the URL");
  }
}

function validateService(
  problems: Problems,
  at: Path,
  service: DeepReadonly<NonNullable<ValidatingWebhook["clientConfig"]["service"]>>,
): void {
  const { name, namespace, path: urlPath, port } = service;
  if (name === "") problems.required(at.child("name"), "service name is required");
  if (namespace === "") problems.required(at.child("namespace"), "service namespace is required");
  const portErrors = port === undefined ? [] : portNumber(port);
  if (portErrors.length > 0) {
    problems.invalid(at.child("port"), port, `port is not valid: ${portErrors.join(", ")}`);
  }
  if (urlPath === undefined || urlPath === "" || urlPath === "/") return;
  const pathAt = at.child("path");
  if (urlPath === "//") {
    problems.invalid(pathAt, urlPath, "segment[0] may not be empty");
    return;
  }
  if (!urlPath.startsWith("/")) problems.invalid(pathAt, urlPath, "must start with a '/'");
  const steps = urlPath.slice(1).replace(/\/$/, "").split("/");
  for (const [i, step] of steps.entries()) {
    if (step === "") problems.invalid(pathAt, urlPath, `segment[${i}] may not be empty`);
    else {
      const messages = dns1123Subdomain(step).map((message) => `segment[${i}]: ${message}`);
      problems.each(pathAt, urlPath, messages);
    }
  }
}
