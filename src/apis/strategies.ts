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
