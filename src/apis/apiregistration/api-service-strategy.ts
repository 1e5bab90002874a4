import { rfc3339 } from "#base/clock.ts";
import { path } from "#machinery/field-error.ts";
import { dns1035Label, dns1123Subdomain, pathSegmentName, portNumber } from "#machinery/names.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { checkMeta, checkMetaUpdate, kindStrategy } from "../meta/basic-strategy.ts";
import { type APIService, apiServices, type APIServiceSpec } from "./api-service.ts";

const at = path("spec");
const groupPriorityMax = 20_000;
const versionPriorityMax = 1_000;
const defaultPort = 443;

function validateSource(problems: Problems, spec: APIServiceSpec): void {
  const { caBundle = "", insecureSkipTLSVerify: insecure = false, service } = spec;
  const insecureAt = at.child("insecureSkipTLSVerify");
  if (!service) {
    if (caBundle) {
      const size = `${Buffer.from(caBundle, "base64").length} bytes`;
      problems.invalid(at.child("caBundle"), size, "local APIServices may not have a caBundle");
    }
    if (insecure) {
      const detail = "local APIServices may not have insecureSkipTLSVerify";
      problems.invalid(insecureAt, insecure, detail);
    }
    return;
  }
  const serviceAt = at.child("service");
  const { name, namespace, port = defaultPort } = service;
  if (!namespace) problems.required(serviceAt.child("namespace"));
  if (!name) problems.required(serviceAt.child("name"));
  const portErrors = portNumber(port);
  if (portErrors.length > 0) {
    const detail = `port is not valid: ${portErrors.join(", ")}`;
    problems.invalid(serviceAt.child("port"), port, detail);
  }
  if (insecure && caBundle) {
    problems.invalid(insecureAt, insecure, "may not be true if caBundle is present");
  }
}

function validate(problems: Problems, apiService: APIService): void {
  const { spec } = apiService;
  const { group = "", groupPriorityMinimum, version = "", versionPriority } = spec;
  const expected = `${version}.${group}`;
  checkMeta(problems, apiService, {
    resource: apiServices,
    metadata: "plain",
    validateName(name) {
      const errors = pathSegmentName(name);
      if (errors.length > 0 || name === expected) return errors;
      return [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`];
    },
  });
  if (group === "" && version !== "v1") {
    const detail = "only v1 may have an empty group and it better be legacy kube";
    problems.required(at.child("group"), detail);
  }
  if (group !== "") problems.each(at.child("group"), group, dns1123Subdomain(group));
  problems.each(at.child("version"), version, dns1035Label(version));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > groupPriorityMax) {
    const detail = `must be positive and less than ${groupPriorityMax}`;
    problems.invalid(at.child("groupPriorityMinimum"), groupPriorityMinimum, detail);
  }
  if (versionPriority <= 0 || versionPriority > versionPriorityMax) {
    const detail = `must be positive and less than ${versionPriorityMax}`;
    problems.invalid(at.child("versionPriority"), versionPriority, detail);
  }
  validateSource(problems, spec);
}

/** The name must be the version and group, so metadata is checked together with the spec. */
export const apiServiceStrategy = kindStrategy<APIService>({
  resource: apiServices,
  generation: false,
  metadata: "none",
  allowUnconditionalUpdate: false,
  prepareForCreate(apiService, { clock }) {
    if (apiService.spec.service) return;
    apiService.status = {
      conditions: [
        {
          type: "Available",
          status: "True",
          lastTransitionTime: rfc3339(clock.now()),
          reason: "Local",
          message: "Local APIServices are always available",
        },
      ],
    };
  },
  validate,
  validateUpdate: (problems, apiService, old) =>
    checkMetaUpdate(problems, apiService, old, "plain"),
  status: {
    keepsMetadata: "all",
    validateUpdate(problems, apiService, old) {
      const { status } = apiService;
      checkMetaUpdate(problems, apiService, old, "plain");
      const conditionsAt = path("status", "conditions");
      for (const [i, condition] of (status?.conditions ?? []).entries()) {
        const place = conditionsAt.index(i).child("status");
        const supported = ["False", "True", "Unknown"];
        if (!supported.includes(condition.status)) {
          problems.notSupported(place, condition.status, supported);
        }
      }
    },
  },
});
