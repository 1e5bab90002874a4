import { operatorLibrary } from "./arithmetic.ts";
import { authorizerLibrary } from "./authorizer.ts";
import { formatLibrary } from "./formats.ts";
import { jsonPatchLibrary } from "./json-patch.ts";
import type { CelLibrary } from "./library.ts";
import { listLibrary } from "./lists.ts";
import { moreListLibrary } from "./more-lists.ts";
import { networkLibrary } from "./networks.ts";
import { optionalLibrary } from "./optionals.ts";
import { quantityLibrary } from "./quantities.ts";
import { regexLibrary } from "./regex.ts";
import { setLibrary } from "./sets.ts";
import { standardLibrary } from "./standard.ts";
import { stringLibrary } from "./strings.ts";
import { urlLibrary } from "./urls.ts";
import { versionLibrary } from "./versions.ts";

/**
 * What every expression in Kubernetes may use.
 * https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries
 */
export const kubernetesLibraries: readonly CelLibrary[] = [
  operatorLibrary,
  standardLibrary,
  stringLibrary,
  listLibrary,
  moreListLibrary,
  regexLibrary,
  urlLibrary,
  optionalLibrary,
  quantityLibrary,
  setLibrary,
  networkLibrary,
  formatLibrary,
  versionLibrary,
  authorizerLibrary,
];

/** The same, and what mutations use. */
export const mutationLibraries: readonly CelLibrary[] = [...kubernetesLibraries, jsonPatchLibrary];
