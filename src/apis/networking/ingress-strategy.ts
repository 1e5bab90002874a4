import { path, type Path } from "#machinery/field-error.ts";
import { dns1123Subdomain, nameIsLabel, regexMessage } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import {
  type IngressClass,
  ingressClasses,
  type IngressClassParametersReference,
} from "./ingress-class.ts";
import {
  validateIngressPoints,
  validateIngressSpec,
  validateParameters,
} from "./ingress-validation.ts";
import { type Ingress, ingresses } from "./ingress.ts";

const classAnnotation = "kubernetes.io/ingress.class";

export const ingressStrategy = kindStrategy<Ingress>({
  resource: ingresses,
  updateMetadata: "both",
  updateSkipsValidate: true,
  validate(problems, { metadata, spec }) {
    validateIngressSpec(problems, spec, undefined);
    const annotation = metadata.annotations?.[classAnnotation];
    const { ingressClassName } = spec;
    if (annotation === undefined || ingressClassName === undefined) return;
    if (annotation === ingressClassName) return;
    const detail = "must match `ingressClassName` when both are specified";
    problems.invalid(path("annotations").child(classAnnotation), annotation, detail);
  },
  validateUpdate: (problems, { spec }, old) => validateIngressSpec(problems, spec, old.spec),
  status: {
    validateUpdate: (problems, { status }) =>
      validateIngressPoints(problems, status?.loadBalancer?.ingress ?? []),
  },
  warnings({ metadata }, old) {
    if (old || metadata.annotations?.[classAnnotation] === undefined) return [];
    return [
      `annotation ${JSON.stringify(classAnnotation)} is deprecated, please use 'spec.ingressClassName' instead`,
    ];
  },
});

const at = path("spec");
const controllerBytesMax = 250;
const pathPattern = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const pathFormat = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** A domain and a path, such as `example.com/controller`. */
function validateController(problems: Problems, place: Path, controller: string): void {
  if (controller === "") {
    problems.required(place);
    return;
  }
  if (Buffer.byteLength(controller) > controllerBytesMax) {
    problems.tooLong(place, controllerBytesMax);
  }
  const slash = controller.indexOf("/");
  const domain = controller.slice(0, Math.max(slash, 0));
  const rest = controller.slice(slash + 1);
  if (domain === "" || rest === "") {
    const detail = 'must be a domain-prefixed path (such as "acme.io/foo")';
    problems.invalid(place, controller, detail);
    return;
  }
  problems.each(place, domain, dns1123Subdomain(domain));
  if (pathFormat.test(rest)) return;
  problems.invalid(place, rest, regexMessage("Invalid path", pathPattern));
}

const scopes = ["Cluster", "Namespace"];

function validateClassParameters(
  problems: Problems,
  place: Path,
  parameters: DeepReadonly<IngressClassParametersReference>,
): void {
  validateParameters(problems, place, parameters);
  const { namespace, scope } = parameters;
  if (scope === undefined || scope === null) {
    problems.required(place.child("scope"));
    return;
  }
  if (!scopes.includes(scope)) {
    problems.notSupported(place.child("scope"), scope, scopes);
    return;
  }
  const namespaceAt = place.child("namespace");
  if (scope === "Cluster") {
    if (namespace !== undefined) {
      problems.forbidden(namespaceAt, "`parameters.scope` is set to 'Cluster'");
    }
  } else if (namespace === undefined) {
    problems.required(namespaceAt, "`parameters.scope` is set to 'Namespace'");
  } else {
    problems.each(namespaceAt, namespace, nameIsLabel(namespace, false));
  }
}

export const ingressClassStrategy = kindStrategy<IngressClass>({
  resource: ingressClasses,
  updateMetadata: "both",
  validate(problems, { spec }) {
    validateController(problems, at.child("controller"), spec.controller ?? "");
    const { parameters } = spec;
    if (parameters) validateClassParameters(problems, at.child("parameters"), parameters);
  },
  validateUpdate: (problems, { spec }, old) =>
    problems.immutable(at.child("controller"), spec.controller, old.spec.controller),
});
