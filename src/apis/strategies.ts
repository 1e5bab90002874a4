import type { KubeObject } from "#machinery/meta.ts";
import type { Strategy } from "#machinery/strategy.ts";
import { customResourceDefinitionStrategy } from "./apiextensions/custom-resource-definition-strategy.ts";
import { controllerRevisionStrategy } from "./apps/controller-revision-strategy.ts";
import { daemonSetStrategy } from "./apps/daemon-set-strategy.ts";
import { deploymentStrategy } from "./apps/deployment-strategy.ts";
import { replicaSetStrategy } from "./apps/replica-set-strategy.ts";
import { statefulSetStrategy } from "./apps/stateful-set-strategy.ts";
import { configMapStrategy } from "./core/config-map-strategy.ts";
import { endpointsStrategy } from "./core/endpoints-strategy.ts";
import { eventStrategy } from "./core/event-strategy.ts";
import { namespaceStrategy } from "./core/namespace-strategy.ts";
import { nodeStrategy } from "./core/node-strategy.ts";
import { limitRangeStrategy } from "./core/limit-range-strategy.ts";
import { persistentVolumeClaimStrategy } from "./core/persistent-volume-claim-strategy.ts";
import { persistentVolumeStrategy } from "./core/persistent-volume-strategy.ts";
import { resourceQuotaStrategy } from "./core/resource-quota-strategy.ts";
import { podDisruptionBudgetStrategy } from "./policy/pod-disruption-budget-strategy.ts";
import { podStrategy } from "./core/pod-strategy.ts";
import { podTemplateStrategy } from "./core/pod-template-strategy.ts";
import { replicationControllerStrategy } from "./core/replication-controller-strategy.ts";
import { secretStrategy } from "./core/secret-strategy.ts";
import { serviceAccountStrategy } from "./core/service-account-strategy.ts";
import { eventsStrategy } from "./events/event-strategy.ts";
import { jobStrategy } from "./batch/job-strategy.ts";
import { cronJobStrategy } from "./batch/cron-job-strategy.ts";
import { leaseStrategy } from "./coordination/lease-strategy.ts";
import { serviceStrategy } from "./core/service-strategy.ts";
import { endpointSliceStrategy } from "./discovery/endpoint-slice-strategy.ts";
import {
  mutatingAdmissionPolicyBindingStrategy,
  mutatingAdmissionPolicyStrategy,
  validatingAdmissionPolicyBindingStrategy,
  validatingAdmissionPolicyStrategy,
} from "./admissionregistration/admission-policy-strategy.ts";
import {
  mutatingWebhookConfigurationStrategy,
  validatingWebhookConfigurationStrategy,
} from "./admissionregistration/webhook-configuration-strategy.ts";
import { apiServiceStrategy } from "./apiregistration/api-service-strategy.ts";
import { certificateSigningRequestStrategy } from "./certificates/certificate-signing-request-strategy.ts";
import { flowSchemaStrategy } from "./flowcontrol/flow-schema-strategy.ts";
import { priorityLevelConfigurationStrategy } from "./flowcontrol/priority-level-configuration-strategy.ts";
import {
  deviceClassStrategy,
  resourceClaimStrategy,
  resourceClaimTemplateStrategy,
  resourceSliceStrategy,
} from "./resource/resource-strategy.ts";
import {
  horizontalPodAutoscalerStrategy,
  horizontalPodAutoscalerV1Strategy,
} from "./autoscaling/horizontal-pod-autoscaler-strategy.ts";
import { ipAddressStrategy, serviceCidrStrategy } from "./networking/address-strategy.ts";
import { ingressClassStrategy, ingressStrategy } from "./networking/ingress-strategy.ts";
import { networkPolicyStrategy } from "./networking/network-policy-strategy.ts";
import { runtimeClassStrategy } from "./node/runtime-class-strategy.ts";
import {
  csiDriverStrategy,
  csiNodeStrategy,
  csiStorageCapacityStrategy,
} from "./storage/csi-strategy.ts";
import {
  storageClassStrategy,
  volumeAttributesClassStrategy,
} from "./storage/storage-class-strategy.ts";
import { priorityClassStrategy } from "./scheduling/priority-class-strategy.ts";
import { volumeAttachmentStrategy } from "./storage/volume-attachment-strategy.ts";
import {
  clusterRoleBindingStrategy,
  clusterRoleStrategy,
  roleBindingStrategy,
  roleStrategy,
} from "./rbac/role-strategy.ts";

/** Only the API server asks for strategies; a strategy takes only objects of its own kind. */

// Each strategy is typed by its kind; here they are as one.
const as = <T extends KubeObject>(strategy: Strategy<T>): Strategy =>
  strategy as unknown as Strategy;

const strategies: Readonly<Record<string, Strategy>> = {
  "/configmaps": as(configMapStrategy),
  "/endpoints": as(endpointsStrategy),
  "/events": as(eventStrategy),
  "/limitranges": as(limitRangeStrategy),
  "/persistentvolumeclaims": as(persistentVolumeClaimStrategy),
  "/persistentvolumes": as(persistentVolumeStrategy),
  "/resourcequotas": as(resourceQuotaStrategy),
  "policy/poddisruptionbudgets": as(podDisruptionBudgetStrategy),
  "/namespaces": as(namespaceStrategy),
  "/nodes": as(nodeStrategy),
  "/pods": as(podStrategy),
  "/podtemplates": as(podTemplateStrategy),
  "/replicationcontrollers": as(replicationControllerStrategy),
  "/secrets": as(secretStrategy),
  "/serviceaccounts": as(serviceAccountStrategy),
  "apiextensions.k8s.io/customresourcedefinitions": as(customResourceDefinitionStrategy),
  "apps/controllerrevisions": as(controllerRevisionStrategy),
  "apps/daemonsets": as(daemonSetStrategy),
  "apps/deployments": as(deploymentStrategy),
  "apps/replicasets": as(replicaSetStrategy),
  "apps/statefulsets": as(statefulSetStrategy),
  "events.k8s.io/events": as(eventsStrategy),
  "/services": as(serviceStrategy),
  "batch/cronjobs": as(cronJobStrategy),
  "batch/jobs": as(jobStrategy),
  "coordination.k8s.io/leases": as(leaseStrategy),
  "discovery.k8s.io/endpointslices": as(endpointSliceStrategy),
  "admissionregistration.k8s.io/mutatingadmissionpolicies": as(mutatingAdmissionPolicyStrategy),
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": as(
    mutatingAdmissionPolicyBindingStrategy,
  ),
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": as(
    mutatingWebhookConfigurationStrategy,
  ),
  "admissionregistration.k8s.io/validatingadmissionpolicies": as(validatingAdmissionPolicyStrategy),
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": as(
    validatingAdmissionPolicyBindingStrategy,
  ),
  "admissionregistration.k8s.io/validatingwebhookconfigurations": as(
    validatingWebhookConfigurationStrategy,
  ),
  "apiregistration.k8s.io/apiservices": as(apiServiceStrategy),
  "certificates.k8s.io/certificatesigningrequests": as(certificateSigningRequestStrategy),
  "flowcontrol.apiserver.k8s.io/flowschemas": as(flowSchemaStrategy),
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": as(
    priorityLevelConfigurationStrategy,
  ),
  "autoscaling/v1/horizontalpodautoscalers": as(horizontalPodAutoscalerV1Strategy),
  "autoscaling/horizontalpodautoscalers": as(horizontalPodAutoscalerStrategy),
  "networking.k8s.io/ingressclasses": as(ingressClassStrategy),
  "networking.k8s.io/ingresses": as(ingressStrategy),
  "networking.k8s.io/ipaddresses": as(ipAddressStrategy),
  "networking.k8s.io/networkpolicies": as(networkPolicyStrategy),
  "networking.k8s.io/servicecidrs": as(serviceCidrStrategy),
  "node.k8s.io/runtimeclasses": as(runtimeClassStrategy),
  "resource.k8s.io/deviceclasses": as(deviceClassStrategy),
  "resource.k8s.io/resourceclaims": as(resourceClaimStrategy),
  "resource.k8s.io/resourceclaimtemplates": as(resourceClaimTemplateStrategy),
  "resource.k8s.io/resourceslices": as(resourceSliceStrategy),
  "scheduling.k8s.io/priorityclasses": as(priorityClassStrategy),
  "storage.k8s.io/csidrivers": as(csiDriverStrategy),
  "storage.k8s.io/csinodes": as(csiNodeStrategy),
  "storage.k8s.io/csistoragecapacities": as(csiStorageCapacityStrategy),
  "storage.k8s.io/storageclasses": as(storageClassStrategy),
  "storage.k8s.io/volumeattachments": as(volumeAttachmentStrategy),
  "storage.k8s.io/volumeattributesclasses": as(volumeAttributesClassStrategy),
  "rbac.authorization.k8s.io/clusterrolebindings": as(clusterRoleBindingStrategy),
  "rbac.authorization.k8s.io/clusterroles": as(clusterRoleStrategy),
  "rbac.authorization.k8s.io/rolebindings": as(roleBindingStrategy),
  "rbac.authorization.k8s.io/roles": as(roleStrategy),
};

const plain: Strategy = {};

/** The strategy of a resource; one without rules for those that have none. */
export function strategyFor(resource: {
  readonly group: string;
  readonly version?: string;
  readonly plural: string;
}): Strategy {
  const { group, plural, version } = resource;
  return strategies[`${group}/${version}/${plural}`] ?? strategies[`${group}/${plural}`] ?? plain;
}
