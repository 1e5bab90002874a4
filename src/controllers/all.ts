import type { Controller } from "#client/reconciler.ts";
import type { KeyPair } from "#machinery/certificates/x509.ts";
import { bootstrapTokenCleaner } from "./bootstrap-token/index.ts";
import { certificateController } from "./certificates/index.ts";
import { clusterRoleAggregationController } from "./clusterrole-aggregation/index.ts";
import { cronJobController } from "./cronjob/index.ts";
import { daemonSetController } from "./daemonset/index.ts";
import { deploymentController } from "./deployment/index.ts";
import { disruptionController } from "./disruption/index.ts";
import { endpointSliceMirroringController } from "./endpointslice-mirroring/index.ts";
import { endpointSliceController } from "./endpointslice/index.ts";
import { endpointsController } from "./endpoints/index.ts";
import { garbageCollector } from "./garbage-collector/index.ts";
import { horizontalPodAutoscalerController } from "./horizontal-pod-autoscaler/index.ts";
import { jobController } from "./job/index.ts";
import { namespaceController } from "./namespace/index.ts";
import { nodeIpamController } from "./node-ipam/index.ts";
import { nodeLifecycleController } from "./node-lifecycle/index.ts";
import { claimBinder } from "./persistent-volume-binder/claims.ts";
import { volumePhases } from "./persistent-volume-binder/volumes.ts";
import { podGarbageCollector } from "./pod-garbage-collector/index.ts";
import { replicaSetController } from "./replicaset/index.ts";
import { replicationControllerController } from "./replication-controller/index.ts";
import { resourceQuotaController } from "./resource-quota/index.ts";
import { rootCaPublisher } from "./root-ca-publisher/index.ts";
import { serviceAccountController } from "./service-account/index.ts";
import {
  serviceAccountTokenController,
  type TokenSettings,
} from "./service-account-token/index.ts";
import { statefulSetController } from "./statefulset/index.ts";
import { taintEvictionController } from "./taint-eviction/index.ts";
import { ttlAfterFinishedController } from "./ttl-after-finished/index.ts";
import { ttlController } from "./ttl/index.ts";
import { validatingAdmissionPolicyStatusController } from "./validating-admission-policy-status/index.ts";
import {
  claimProtectionController,
  volumeProtectionController,
} from "./volume-protection/index.ts";

/** What differs between clusters. */
export interface ControllerSettings {
  /** The CA certificate of the API server, PEM; published to all namespaces. */
  rootCa?: string;
  /** Signs tokens for Secrets of the elder service account kind; without it there are none. */
  signToken?: TokenSettings["signToken"];
  /** Signs certificate signing requests; without it nobody does. */
  signer?: KeyPair;
  /** Pod addresses that nodes get their ranges from, such as `10.244.0.0/16`. */
  clusterCidr?: string;
  /** The manager does not share memory with the server: hold no more than is needed. */
  remote?: boolean;
}

/** Every controller that the settings allow for. */
export function allControllers(settings: ControllerSettings): Controller[] {
  const { rootCa, signToken, signer, clusterCidr, remote = false } = settings;
  return [
    namespaceController,
    serviceAccountController,
    ...(rootCa === undefined ? [] : [rootCaPublisher(rootCa)]),
    ...(rootCa === undefined || !signToken
      ? []
      : [serviceAccountTokenController({ rootCa, signToken })]),
    garbageCollector({ metadataOnly: remote }),
    replicaSetController,
    replicationControllerController,
    deploymentController,
    statefulSetController,
    daemonSetController,
    jobController,
    cronJobController,
    ttlAfterFinishedController,
    disruptionController,
    endpointsController,
    endpointSliceController,
    endpointSliceMirroringController,
    nodeLifecycleController(),
    taintEvictionController(),
    ...(clusterCidr === undefined ? [] : [nodeIpamController(clusterCidr)]),
    ttlController,
    podGarbageCollector,
    resourceQuotaController,
    validatingAdmissionPolicyStatusController,
    claimBinder,
    volumePhases,
    claimProtectionController,
    volumeProtectionController,
    horizontalPodAutoscalerController(),
    clusterRoleAggregationController,
    bootstrapTokenCleaner,
    ...(signer === undefined ? [] : [certificateController(signer)]),
  ];
}
