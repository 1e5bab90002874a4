import { rfc3339 } from "#base/clock.ts";
import {
  certificatesMistake,
  readSigningRequest,
} from "#machinery/certificates/signing-request.ts";
import { path } from "#machinery/field-error.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { StrategyContext, SubresourceStrategy } from "#machinery/strategy.ts";
import { Problems } from "#machinery/validation/problems.ts";
import { checkMeta, checkMetaUpdate, kindStrategy } from "../meta/basic-strategy.ts";
import {
  type CertificateSigningRequest,
  type CertificateSigningRequestCondition,
  certificateSigningRequests,
  certificateSigningRequestSpec,
} from "./certificate-signing-request.ts";
import { validateSignerName } from "./signer-validation.ts";

type Csr = CertificateSigningRequest;

const at = path("spec");
const statusAt = path("status");
const conditionsAt = statusAt.child("conditions");
const durationSecondsMin = 600;
const legacySigner = "kubernetes.io/legacy-unknown";
const decisions = ["Approved", "Denied"];
const finals = [...decisions, "Failed"];
const meta = { resource: certificateSigningRequests, validateName: () => [] };

const usages = usageValues();

function usageValues(): readonly string[] {
  const field = certificateSigningRequestSpec.fields["usages"];
  const item = field?.type === "list" ? field.item : undefined;
  return item?.type === "string" ? (item.enum ?? []) : [];
}

function conditionsOf({ status }: Csr): readonly CertificateSigningRequestCondition[] {
  return status?.conditions ?? [];
}

function ofType(csr: Csr, type: string): readonly CertificateSigningRequestCondition[] {
  return conditionsOf(csr).filter((condition) => condition.type === type);
}

function decode(base64: string | null | undefined): string {
  return Buffer.from(base64 ?? "", "base64").toString("latin1");
}

function requestMistake(csr: Csr): string | undefined {
  try {
    const request = readSigningRequest(decode(csr.spec.request));
    return request.isSigned() ? undefined : "x509: signature verification failed";
  } catch (error) {
    return (error as Error).message;
  }
}

function hasDuplicateTypes(csr: Csr): boolean {
  const types = conditionsOf(csr).map(({ type }) => type);
  return new Set(types).size < types.length;
}

/** `old`: what is stored, whose mistakes may stay. */
function validate(problems: Problems, csr: Csr, old: Csr | undefined): void {
  checkMeta(problems, csr, meta);
  const { spec } = csr;
  const mistake = requestMistake(csr);
  if (mistake !== undefined) problems.invalid(at.child("request"), spec.request, mistake);
  const asked = spec.usages ?? [];
  const before = old?.spec.usages ?? [];
  const usagesAt = at.child("usages");
  if (asked.length === 0) problems.required(usagesAt);
  if (before.every((usage) => usages.includes(usage))) {
    for (const [i, usage] of asked.entries()) problems.oneOf(usagesAt.index(i), usage, usages);
  }
  if (new Set(before).size === before.length) {
    for (const [i, usage] of asked.entries()) {
      if (asked.indexOf(usage) < i) problems.duplicate(usagesAt.index(i), usage);
    }
  }
  const signerAt = at.child("signerName");
  if (spec.signerName === legacySigner && old?.spec.signerName !== legacySigner) {
    const detail = "the legacy signerName is not allowed via this API version";
    problems.invalid(signerAt, spec.signerName, detail);
  } else {
    validateSignerName(problems, signerAt, spec.signerName);
  }
  const seconds = spec.expirationSeconds;
  if (seconds !== undefined && seconds < durationSecondsMin) {
    const detail = "may not specify a duration less than 600 seconds (10 minutes)";
    problems.invalid(at.child("expirationSeconds"), seconds, detail);
  }
  validateConditions(problems, csr, old);
  validateCertificate(problems, csr, old);
}

function validateConditions(problems: Problems, csr: Csr, old: Csr | undefined): void {
  const conditions = conditionsOf(csr);
  const types = conditions.map(({ type }) => type);
  const lenient = {
    both: old !== undefined && decisions.every((type) => ofType(old, type).length > 0),
    duplicate: old !== undefined && hasDuplicateTypes(old),
    empty: old !== undefined && ofType(old, "").length > 0,
  };
  for (const [i, { status, type }] of conditions.entries()) {
    const place = conditionsAt.index(i);
    if (type === "" && !lenient.empty) problems.required(place.child("type"));
    const allowed = finals.includes(type) ? ["True"] : ["False", "True", "Unknown"];
    problems.requiredOneOf(place.child("status"), status, allowed);
    const earlier = types.slice(0, i);
    const other = decisions.find((decision) => decisions.includes(type) && decision !== type);
    if (!lenient.both && other !== undefined && earlier.includes(other)) {
      const detail = "Approved and Denied conditions are mutually exclusive";
      problems.invalid(conditionsAt, type, detail);
    }
    if (!lenient.duplicate && earlier.includes(type)) problems.duplicate(place.child("type"), type);
  }
}

function validateCertificate(problems: Problems, csr: Csr, old: Csr | undefined): void {
  const certificate = csr.status?.certificate ?? "";
  const before = old?.status?.certificate ?? "";
  const untouched = old !== undefined && certificate === before;
  if (untouched || certificate === "") return;
  if (before !== "" && certificatesMistake(decode(before)) !== undefined) return;
  const mistake = certificatesMistake(decode(certificate));
  if (mistake === undefined) return;
  problems.invalid(statusAt.child("certificate"), "<certificate data>", mistake);
}

/** `may`: what the endpoint is for. */
function validateUpdate(
  problems: Problems,
  csr: Csr,
  old: Csr,
  may: { readonly decide?: boolean; readonly issue?: boolean },
): void {
  validate(problems, csr, old);
  for (const type of finals) {
    if (ofType(csr, type).length >= ofType(old, type).length) continue;
    const detail = `updates may not remove a condition of type ${JSON.stringify(type)}`;
    problems.forbidden(conditionsAt, detail);
  }
  for (const type of may.decide ? [] : decisions) {
    const before = ofType(old, type);
    const now = ofType(csr, type);
    if (now.length < before.length || equalJson(now, before)) continue;
    const what = now.length > before.length ? "add" : "modify";
    const detail = `updates may not ${what} a condition of type ${JSON.stringify(type)}`;
    problems.forbidden(conditionsAt, detail);
  }
  const before = old.status?.certificate ?? "";
  if ((csr.status?.certificate ?? "") !== before) {
    const certificateAt = statusAt.child("certificate");
    if (!may.issue) problems.forbidden(certificateAt, "updates may not set certificate content");
    else if (before !== "") {
      problems.forbidden(certificateAt, "updates may not modify existing certificate content");
    }
  }
  checkMetaUpdate(problems, csr, old);
}

/** Conditions say when they were set, and when their status last changed. */
function stampConditions(csr: Csr, old: Csr, { clock }: StrategyContext): void {
  const now = rfc3339(clock.now());
  for (const condition of csr.status?.conditions ?? []) {
    condition.lastUpdateTime ??= now;
    if (condition.lastTransitionTime) continue;
    const same = ofType(old, condition.type).find(({ status }) => status === condition.status);
    condition.lastTransitionTime = same?.lastTransitionTime ?? now;
  }
}

function endpoint(may: { decide?: boolean; issue?: boolean }): SubresourceStrategy<Csr> {
  return {
    resetFields: may.decide ? ["spec", "status.certificate"] : ["spec"],
    prepareForUpdate(csr, old, context) {
      csr.spec = old.spec;
      if (may.decide) {
        const { conditions } = csr.status ?? {};
        const { conditions: _, ...rest } = old.status ?? {};
        csr.status = { ...rest, ...(conditions ? { conditions } : {}) };
      }
      stampConditions(csr, old, context);
    },
    validateUpdate(csr, old) {
      const problems = new Problems();
      validateUpdate(problems, csr, old, may);
      return problems.list;
    },
  };
}

export const certificateSigningRequestStrategy = kindStrategy<Csr>({
  ...meta,
  generation: false,
  metadata: "none",
  updateSkipsValidate: true,
  prepareForCreate({ spec }, { user }) {
    const { extra = {}, groups, name, uid } = user;
    spec.username = name;
    if (uid) spec.uid = uid;
    else delete spec.uid;
    spec.groups = [...groups];
    const entries = Object.entries(extra).map(
      ([key, values]) => [key, [...values]] as [string, string[]],
    );
    if (entries.length > 0) spec.extra = Object.fromEntries(entries);
    else delete spec.extra;
  },
  prepareForUpdate: (csr, old) => void (csr.spec = old.spec),
  validate: (problems, csr) => validate(problems, csr, undefined),
  validateUpdate: (problems, csr, old) => validateUpdate(problems, csr, old, {}),
  subresources: { status: endpoint({ issue: true }), approval: endpoint({ decide: true }) },
});
