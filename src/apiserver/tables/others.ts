import type { MutatingAdmissionPolicyBinding } from "#apis/admissionregistration/mutating-admission-policy-binding.ts";
import type { MutatingAdmissionPolicy } from "#apis/admissionregistration/mutating-admission-policy.ts";
import type { MutatingWebhookConfiguration } from "#apis/admissionregistration/mutating-webhook-configuration.ts";
import type { APIService } from "#apis/apiregistration/api-service.ts";
import type { CertificateSigningRequest } from "#apis/certificates/certificate-signing-request.ts";
import type { Lease } from "#apis/coordination/lease.ts";
import type { LabelSelector } from "#apis/meta/label-selector.ts";
import type { FlowSchema } from "#apis/flowcontrol/flow-schema.ts";
import type { PriorityLevelConfiguration } from "#apis/flowcontrol/priority-level-configuration.ts";
import type { RuntimeClass } from "#apis/node/runtime-class.ts";
import type { PodDisruptionBudget } from "#apis/policy/pod-disruption-budget.ts";
import type { RoleBinding } from "#apis/rbac/role-binding.ts";
import type { ResourceClaim } from "#apis/resource/resource-claim.ts";
import type { ResourceSlice } from "#apis/resource/resource-slice.ts";
import type { PriorityClass } from "#apis/scheduling/priority-class.ts";
import { age, humanDuration, none, unset } from "./format.ts";
import { type Printer, printer } from "./printer.ts";

const nameAndAge = printer("Name, Age", (object, now) => [object.metadata.name, age(object, now)]);

const created = printer("Name, Created At:date", ({ metadata }) => [
  metadata.name,
  metadata.creationTimestamp,
]);

type Binding = Pick<RoleBinding, "roleRef" | "subjects"> & RoleBinding;

const roleBindings = printer<Binding>(
  "Name, Role, Age, Users!, Groups!, ServiceAccounts!",
  (object, now) => {
    const { metadata, roleRef, subjects } = object;
    const named = (wanted: string) =>
      (subjects ?? [])
        .filter(({ kind }) => kind === wanted)
        .map(({ name, namespace }) => (wanted === "ServiceAccount" ? `${namespace}/${name}` : name))
        .join(", ");
    return [
      metadata.name, `${roleRef.kind}/${roleRef.name}`, age(object, now), named("User"),
      named("Group"), named("ServiceAccount"),
    ]; // prettier-ignore
  },
);

const webhooks = printer<MutatingWebhookConfiguration>(
  "Name, Webhooks:integer, Age",
  (object, now) => [object.metadata.name, (object.webhooks ?? []).length, age(object, now)],
);

type Policy = MutatingAdmissionPolicy & { spec?: { validations?: unknown[] } };

function policies(
  column: string,
  rules: (policy: Policy) => unknown[] | null | undefined,
): Printer {
  return printer<Policy>(`Name, ${column}:integer, ParamKind, Age`, (object, now) => {
    const kind = object.spec?.paramKind;
    const parameters = kind ? `${kind.apiVersion}/${kind.kind}` : unset;
    return [object.metadata.name, (rules(object) ?? []).length, parameters, age(object, now)];
  });
}

/** As upstream writes a selector out here: the way Go shows its struct. */
function selectorDump({ matchLabels, matchExpressions }: LabelSelector): string {
  const labels = Object.entries(matchLabels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const expressions = (matchExpressions ?? []).map(
    ({ key, operator, values }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},` +
      `Values:[${(values ?? []).join(" ")}],},`,
  );
  return (
    `&LabelSelector{MatchLabels:map[string]string{` +
    `${labels.map(([key, value]) => `${key}: ${value},`).join("")}},` +
    `MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`
  );
}

const policyBindings = printer<MutatingAdmissionPolicyBinding>(
  "Name, PolicyName, ParamRef, Age",
  (object, now) => {
    const { spec } = object;
    const ref = spec?.paramRef;
    const where = ref?.name
      ? `${ref.namespace || "*"}/${ref.name}`
      : ref?.selector
        ? selectorDump(ref.selector)
        : unset;
    return [object.metadata.name, spec?.policyName, where, age(object, now)];
  },
);

const apiServices = printer<APIService>("Name, Service, Available, Age", (object, now) => {
  const { metadata, spec, status } = object;
  const { service } = spec ?? {};
  const available = status?.conditions?.find(({ type }) => type === "Available");
  const reason = available && available.status !== "True" ? ` (${available.reason})` : "";
  return [
    metadata.name,
    service ? `${service.namespace}/${service.name}` : "Local",
    `${available?.status ?? "Unknown"}${reason}`,
    age(object, now),
  ];
});

function requestState({ status }: CertificateSigningRequest): string {
  const has = (wanted: string) => status?.conditions?.some(({ type }) => type === wanted);
  const states: string[] = [];
  if (has("Denied")) states.push("Denied");
  else if (has("Approved")) states.push("Approved");
  else states.push("Pending");
  if (has("Failed")) states.push("Failed");
  if (status?.certificate) states.push("Issued");
  return states.join(",");
}

const signingRequests = printer<CertificateSigningRequest>(
  "Name, Age, SignerName, Requestor, RequestedDuration, Condition",
  (object, now) => {
    const { metadata, spec } = object;
    const seconds = spec.expirationSeconds;
    const duration = seconds == null ? none : humanDuration(seconds * 1_000);
    return [
      metadata.name, age(object, now), spec.signerName || none, spec.username, duration,
      requestState(object),
    ]; // prettier-ignore
  },
);

const leases = printer<Lease>("Name, Holder, Age", (object, now) => [
  object.metadata.name,
  object.spec?.holderIdentity,
  age(object, now),
]);

const budgets = printer<PodDisruptionBudget>(
  "Name, Min Available, Max Unavailable, Allowed Disruptions:integer, Age",
  (object, now) => {
    const { metadata, spec, status } = object;
    return [
      metadata.name,
      spec?.minAvailable == null ? "N/A" : String(spec.minAvailable),
      spec?.maxUnavailable == null ? "N/A" : String(spec.maxUnavailable),
      status?.disruptionsAllowed ?? 0,
      age(object, now),
    ];
  },
);

const flowSchemas = printer<FlowSchema>(
  "Name, PriorityLevel, MatchingPrecedence, DistinguisherMethod, Age, MissingPL",
  (object, now) => {
    const { metadata, spec, status } = object;
    const dangling = status?.conditions?.find(({ type }) => type === "Dangling")?.status;
    return [
      metadata.name,
      spec?.priorityLevelConfiguration.name,
      spec?.matchingPrecedence,
      spec?.distinguisherMethod?.type ?? none,
      age(object, now),
      dangling ?? "?",
    ];
  },
  {
    // As requests try them.
    order: (a, b) =>
      (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  },
);

const priorityLevels = printer<PriorityLevelConfiguration>(
  "Name, Type, NominalConcurrencyShares, Queues, HandSize, QueueLengthLimit, Age",
  (object, now) => {
    const { metadata, spec } = object;
    const { limited } = spec ?? {};
    const queuing = limited?.limitResponse?.queuing;
    return [
      metadata.name,
      spec?.type,
      limited ? (limited.nominalConcurrencyShares ?? 0) : none,
      queuing?.queues ?? none,
      queuing?.handSize ?? none,
      queuing?.queueLengthLimit ?? none,
      age(object, now),
    ];
  },
);

const runtimeClasses = printer<RuntimeClass>("Name, Handler, Age", (object, now) => [
  object.metadata.name,
  object.handler,
  age(object, now),
]);

function claimState({ metadata, status }: ResourceClaim): string {
  const states: string[] = [];
  if (metadata.deletionTimestamp !== undefined) states.push("deleted");
  if (!status?.allocation) {
    if (states.length === 0) states.push("pending");
  } else {
    states.push("allocated");
    if (status.reservedFor?.length) states.push("reserved");
  }
  return states.join(",");
}

const claims = printer<ResourceClaim>("Name, State, Age", (object, now) => [
  object.metadata.name,
  claimState(object),
  age(object, now),
]);

const slices = printer<ResourceSlice>("Name, Node, Driver, Pool, Age", (object, now) => {
  const { spec } = object;
  return [object.metadata.name, spec.nodeName, spec.driver, spec.pool.name, age(object, now)];
});

const priorityClasses = printer<PriorityClass>(
  "Name, Value:integer, Global-Default:boolean, Age, PreemptionPolicy",
  (object, now) => [
    object.metadata.name,
    object.value,
    object.globalDefault ?? false,
    age(object, now),
    object.preemptionPolicy,
  ],
);

const admission = "admissionregistration.k8s.io/v1";
const rbac = "rbac.authorization.k8s.io/v1";

export const otherPrinters: Readonly<Record<string, Printer>> = {
  [`${admission}/mutatingadmissionpolicies`]: policies("Mutations", ({ spec }) => spec?.mutations),
  [`${admission}/mutatingadmissionpolicybindings`]: policyBindings,
  [`${admission}/mutatingwebhookconfigurations`]: webhooks,
  [`${admission}/validatingadmissionpolicies`]: policies(
    "Validations",
    ({ spec }) => spec?.validations,
  ),
  [`${admission}/validatingadmissionpolicybindings`]: policyBindings,
  [`${admission}/validatingwebhookconfigurations`]: webhooks,
  "apiextensions.k8s.io/v1/customresourcedefinitions": created,
  "apiregistration.k8s.io/v1/apiservices": apiServices,
  "certificates.k8s.io/v1/certificatesigningrequests": signingRequests,
  "coordination.k8s.io/v1/leases": leases,
  "flowcontrol.apiserver.k8s.io/v1/flowschemas": flowSchemas,
  "flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations": priorityLevels,
  "node.k8s.io/v1/runtimeclasses": runtimeClasses,
  "policy/v1/poddisruptionbudgets": budgets,
  [`${rbac}/clusterrolebindings`]: roleBindings,
  [`${rbac}/clusterroles`]: created,
  [`${rbac}/rolebindings`]: roleBindings,
  [`${rbac}/roles`]: created,
  "resource.k8s.io/v1/deviceclasses": nameAndAge,
  "resource.k8s.io/v1/resourceclaims": claims,
  "resource.k8s.io/v1/resourceclaimtemplates": nameAndAge,
  "resource.k8s.io/v1/resourceslices": slices,
  "scheduling.k8s.io/v1/priorityclasses": priorityClasses,
};
