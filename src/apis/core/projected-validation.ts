import type { Path } from "#machinery/field-error.ts";
import { nameIsSubdomain } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { validateLabelSelector } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { validateSignerName } from "../certificates/signer-validation.ts";
import type { DownwardAPIVolumeFile, KeyToPath } from "./basic-volumes.ts";
import { validateFileMode, validateLocalNonReservedPath } from "./path-validation.ts";
import type {
  ClusterTrustBundleProjection,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
} from "./projected-volume.ts";

/** Projected volumes: several sources in one folder, each file once. */

interface Parts {
  keyToPath: (problems: Problems, at: Path, item: DeepReadonly<KeyToPath>) => void;
  downwardFile: (problems: Problems, at: Path, file: DeepReadonly<DownwardAPIVolumeFile>) => void;
}

export function validateProjected(
  problems: Problems,
  at: Path,
  volume: DeepReadonly<ProjectedVolumeSource>,
  parts: Parts,
): void {
  validateFileMode(problems, at.child("defaultMode"), volume.defaultMode);
  const paths = new Set<string>();
  const claim = (path: string, value: unknown) => {
    if (path === "") return;
    if (paths.has(path)) problems.invalid(at, value, "conflicting duplicate paths");
    paths.add(path);
  };
  for (const [i, source] of (volume.sources ?? []).entries()) {
    const sourceAt = at.child("sources").index(i);
    for (const field of ["secret", "configMap"] as const) {
      const keys = source[field];
      if (!keys) continue;
      if (!keys.name) problems.required(sourceAt.child(field, "name"));
      for (const [j, item] of (keys.items ?? []).entries()) {
        parts.keyToPath(problems, sourceAt.child(field, "items").index(j), item);
        claim(item.path, keys.name);
      }
    }
    for (const file of source.downwardAPI?.items ?? []) {
      parts.downwardFile(problems, sourceAt.child("downwardAPI"), file);
      claim(file.path, file.path);
    }
    const { serviceAccountToken: token, clusterTrustBundle: bundle, podCertificate } = source;
    if (token)
      validateToken(problems, { at, tokenAt: sourceAt.child("serviceAccountToken") }, token);
    if (bundle) {
      validateTrustBundle(problems, sourceAt.child("clusterTrustBundle"), bundle);
      claim(bundle.path, bundle.path);
    }
    if (podCertificate) {
      const certificateAt = sourceAt.child("podCertificate");
      validatePodCertificate(problems, certificateAt, podCertificate, claim);
    }
    if (Object.values(source).filter((one) => one !== undefined).length > 1) {
      problems.forbidden(sourceAt, "may not specify more than 1 volume type per source");
    }
  }
}

const tokenSecondsMin = 600;
const tokenSecondsMax = 2 ** 32;

function validateToken(
  problems: Problems,
  { at, tokenAt }: { at: Path; tokenAt: Path },
  { expirationSeconds = 0, path }: DeepReadonly<ServiceAccountTokenProjection>,
): void {
  const secondsAt = tokenAt.child("expirationSeconds");
  if (expirationSeconds < tokenSecondsMin) {
    const detail = "may not specify a duration less than 10 minutes";
    problems.invalid(secondsAt, expirationSeconds, detail);
  }
  if (expirationSeconds > tokenSecondsMax) {
    const detail = "may not specify a duration larger than 2^32 seconds";
    problems.invalid(secondsAt, expirationSeconds, detail);
  }
  if (path === "") problems.required(at.child("path"));
  else validateLocalNonReservedPath(problems, at.child("path"), path);
}

function validateTrustBundle(
  problems: Problems,
  at: Path,
  bundle: DeepReadonly<ClusterTrustBundleProjection>,
): void {
  const { labelSelector, name, path, signerName } = bundle;
  if (name !== undefined && signerName !== undefined) {
    problems.invalid(at, bundle, "only one of name and signerName may be used");
  } else if (name !== undefined) {
    if (name === "") problems.required(at.child("name"), "must be a valid object name");
    for (const message of trustBundleNameErrors(name)) {
      problems.invalid(at.child("name"), name, `not a valid clustertrustbundlename: ${message}`);
    }
    if (labelSelector) {
      const detail = "labelSelector must be unset if name is specified";
      problems.invalid(at.child("labelSelector"), labelSelector, detail);
    }
  } else if (signerName !== undefined) {
    if (signerName === "") problems.required(at.child("signerName"), "must be a valid signer name");
    validateSignerName(problems, at.child("signerName"), signerName);
    validateLabelSelector(problems, at.child("labelSelector"), labelSelector);
  } else {
    problems.required(at, "either name or signerName must be specified");
  }
  if (path === "") problems.required(at.child("path"));
  validateLocalNonReservedPath(problems, at.child("path"), path);
}

function trustBundleNameErrors(name: string): string[] {
  const parts = name.split(":");
  return nameIsSubdomain(parts.length >= 3 ? parts.slice(2).join(":") : name, false);
}

const keyTypes = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];
const certificateSecondsMin = 3600;
const certificateSecondsMax = 91 * 24 * 3600;

function validatePodCertificate(
  problems: Problems,
  at: Path,
  projection: DeepReadonly<PodCertificateProjection>,
  claim: (path: string, value: unknown) => void,
): void {
  const { keyType, maxExpirationSeconds, signerName } = projection;
  validateSignerName(problems, at.child("signerName"), signerName);
  problems.oneOf(at.child("keyType"), keyType, keyTypes);
  const secondsAt = at.child("maxExpirationSeconds");
  if (maxExpirationSeconds !== undefined) {
    if (maxExpirationSeconds < certificateSecondsMin) {
      const detail = `if provided, maxExpirationSeconds must be >= ${certificateSecondsMin}`;
      problems.invalid(secondsAt, maxExpirationSeconds, detail);
    } else if (maxExpirationSeconds > certificateSecondsMax) {
      const detail = `if provided, maxExpirationSeconds must be <= ${certificateSecondsMax}`;
      problems.invalid(secondsAt, maxExpirationSeconds, detail);
    }
  }
  const files = ["credentialBundlePath", "keyPath", "certificateChainPath"] as const;
  for (const field of files) {
    const path = projection[field] ?? "";
    if (path === "") continue;
    validateLocalNonReservedPath(problems, at.child(field), path);
    claim(path, path);
  }
  if (files.every((field) => !projection[field])) {
    problems.required(
      at,
      "specify at least one of credentialBundlePath, keyPath, and certificateChainPath",
    );
  }
}
