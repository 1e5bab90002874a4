import type { GroupVersionKind } from "#machinery/resource.ts";
import { apiVersionOf, type Resource } from "#machinery/resource.ts";
import { applySchemaDefaults } from "#machinery/schema/schema-defaults.ts";
import type { ObjectSchema } from "#machinery/schema/schema.ts";
import * as admission from "./admissionregistration/admissionregistration-defaults.ts";
import { allResources } from "./all.ts";
import { applyDefaultsToCustomResourceDefinition } from "./apiextensions/custom-resource-definition-defaults.ts";
import * as apps from "./apps/workload-defaults.ts";
import { tokenRequest } from "./authentication/token-request.ts";
import * as autoscaling from "./autoscaling/horizontal-pod-autoscaler-defaults.ts";
import * as batch from "./batch/batch-defaults.ts";
import { applyDefaultsToPod } from "./core/pod-defaults.ts";
import { applyDefaultsToService } from "./core/service-defaults.ts";
import * as core from "./core/small-defaults.ts";
import * as claims from "./core/storage-defaults.ts";
import * as flowcontrol from "./flowcontrol/flowcontrol-defaults.ts";
import * as networking from "./networking/networking-defaults.ts";
import { applyDefaultsToBinding } from "./rbac/binding-defaults.ts";
import * as resource from "./resource/resource-defaults.ts";
import * as small from "./small-defaults.ts";
import * as storage from "./storage/storage-defaults.ts";

/**
 * Server-side defaulting: what absent fields become when the API server reads an object, from a
 * client or from the store. Only the API server imports this.
 */

/** Fills in absent fields of a decoded object of one kind, in place. */
export type Defaulter = (object: object) => void;

type Special = { bivarianceHack(object: unknown): void }["bivarianceHack"];

const rbac = "rbac.authorization.k8s.io/v1";
const registration = "admissionregistration.k8s.io/v1";
const special: Readonly<Record<string, Special>> = {
  "v1/Endpoints": core.applyDefaultsToEndpoints,
  "v1/LimitRange": core.applyDefaultsToLimitRange,
  "v1/Namespace": core.applyDefaultsToNamespace,
  "v1/Node": core.applyDefaultsToNode,
  "v1/PersistentVolume": claims.applyDefaultsToPersistentVolume,
  "v1/PersistentVolumeClaim": claims.applyDefaultsToPersistentVolumeClaim,
  "v1/Pod": applyDefaultsToPod,
  "v1/PodTemplate": core.applyDefaultsToPodTemplateObject,
  "v1/ReplicationController": core.applyDefaultsToReplicationController,
  "v1/Secret": core.applyDefaultsToSecret,
  "v1/Service": applyDefaultsToService,
  "apps/v1/DaemonSet": apps.applyDefaultsToDaemonSet,
  "apps/v1/Deployment": apps.applyDefaultsToDeployment,
  "apps/v1/ReplicaSet": apps.applyDefaultsToReplicaSet,
  "apps/v1/StatefulSet": apps.applyDefaultsToStatefulSet,
  "batch/v1/CronJob": batch.applyDefaultsToCronJob,
  "batch/v1/Job": batch.applyDefaultsToJob,
  "autoscaling/v1/HorizontalPodAutoscaler": autoscaling.applyDefaultsToHorizontalPodAutoscalerV1,
  "autoscaling/v2/HorizontalPodAutoscaler": autoscaling.applyDefaultsToHorizontalPodAutoscaler,
  "networking.k8s.io/v1/IngressClass": networking.applyDefaultsToIngressClass,
  "networking.k8s.io/v1/NetworkPolicy": networking.applyDefaultsToNetworkPolicy,
  [`${rbac}/ClusterRoleBinding`]: applyDefaultsToBinding,
  [`${rbac}/RoleBinding`]: applyDefaultsToBinding,
  "storage.k8s.io/v1/CSIDriver": storage.applyDefaultsToCsiDriver,
  "storage.k8s.io/v1/StorageClass": storage.applyDefaultsToStorageClass,
  [`${registration}/MutatingAdmissionPolicy`]: admission.applyDefaultsToAdmissionPolicy,
  [`${registration}/MutatingAdmissionPolicyBinding`]:
    admission.applyDefaultsToAdmissionPolicyBinding,
  [`${registration}/MutatingWebhookConfiguration`]: admission.applyDefaultsToMutatingWebhooks,
  [`${registration}/ValidatingAdmissionPolicy`]: admission.applyDefaultsToAdmissionPolicy,
  [`${registration}/ValidatingAdmissionPolicyBinding`]:
    admission.applyDefaultsToAdmissionPolicyBinding,
  [`${registration}/ValidatingWebhookConfiguration`]: admission.applyDefaultsToValidatingWebhooks,
  "apiextensions.k8s.io/v1/CustomResourceDefinition": applyDefaultsToCustomResourceDefinition,
  "apiregistration.k8s.io/v1/APIService": small.applyDefaultsToApiService,
  "authentication.k8s.io/v1/TokenRequest": small.applyDefaultsToTokenRequest,
  "discovery.k8s.io/v1/EndpointSlice": small.applyDefaultsToEndpointSlice,
  "flowcontrol.apiserver.k8s.io/v1/FlowSchema": flowcontrol.applyDefaultsToFlowSchema,
  "flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration":
    flowcontrol.applyDefaultsToPriorityLevelConfiguration,
  "resource.k8s.io/v1/ResourceClaim": resource.applyDefaultsToResourceClaim,
  "resource.k8s.io/v1/ResourceClaimTemplate": resource.applyDefaultsToResourceClaimTemplate,
  "scheduling.k8s.io/v1/PriorityClass": small.applyDefaultsToPriorityClass,
};

function keyOfKind(gvk: Pick<GroupVersionKind, "group" | "version" | "kind">): string {
  return `${apiVersionOf(gvk)}/${gvk.kind}`;
}

const schemas = new Map<string, ObjectSchema>([
  ...allResources.map((each: Resource) => [keyOfKind(each.gvk), each.schema] as const),
  ["authentication.k8s.io/v1/TokenRequest", tokenRequest],
]);

const defaulters = new Map<string, Defaulter | undefined>();

/** The defaulting of a kind; undefined for kinds unknown here, such as custom resources. */
export function defaulterFor(gvk: GroupVersionKind): Defaulter | undefined {
  const key = keyOfKind(gvk);
  if (!defaulters.has(key)) defaulters.set(key, makeDefaulter(key));
  return defaulters.get(key);
}

function makeDefaulter(key: string): Defaulter | undefined {
  const schema = schemas.get(key);
  if (!schema) return undefined;
  const own = special[key];
  return (object) => {
    applySchemaDefaults(schema, object);
    own?.(object);
  };
}
