import type { TypeDocs } from "../docs.ts";

/** What keeps pods running. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const appsDocs: Readonly<Record<string, TypeDocs>> = {
  Deployment: {
    "": "Keeps copies of a pod running and replaces them step by step.",
  },
  DeploymentSpec: {
    "": "What copies, how many and how to replace them.",
    replicas: "How many copies; default 1.",
    selector: "Labels by which its pods are known; fixed.",
    template: "What new pods are like.",
    strategy: "How old pods give way to new ones.",
    minReadySeconds: "How long a pod must be ready to count as available.",
    revisionHistoryLimit: "How many old ReplicaSets to keep for going back.",
    paused: "Whether changes of the template wait.",
    progressDeadlineSeconds: "After how long without progress a rollout has failed.",
  },
  DeploymentStrategy: {
    "": "How old pods give way to new ones.",
    type: "RollingUpdate or Recreate.",
    rollingUpdate: "Settings of RollingUpdate.",
  },
  RollingUpdateDeployment: {
    "": "How many pods may be replaced at once.",
    maxUnavailable: "How many may be missing, as a number or percentage.",
    maxSurge: "How many more there may be, as a number or percentage.",
  },
  DeploymentStatus: {
    "": "What copies there are.",
    replicas: "All of them.",
    updatedReplicas: "Those of the latest template.",
    readyReplicas: "Those that are ready.",
    availableReplicas: "Those that are ready for long enough.",
    unavailableReplicas: "How many are still missing.",
    terminatingReplicas: "Those that are ending.",
    collisionCount: "How often names of ReplicaSets collided.",
  },
  DeploymentCondition: {
    "": "One thing that holds for a Deployment, or does not.",
  },
  ReplicaSet: {
    "": "Keeps so many copies of a pod; usually a Deployment's.",
  },
  ReplicaSetSpec: {
    "": "What copies, and how many.",
    replicas: "How many; default 1.",
    selector: "Labels by which its pods are known; fixed.",
    template: "What new pods are like.",
    minReadySeconds: "How long a pod must be ready to count as available.",
  },
  ReplicaSetStatus: {
    "": "What copies there are.",
    replicas: "All of them.",
    fullyLabeledReplicas: "Those with all labels of the template.",
    readyReplicas: "Those that are ready.",
    availableReplicas: "Those that are ready for long enough.",
    terminatingReplicas: "Those that are ending.",
  },
  ReplicaSetCondition: {
    "": "One thing that holds for a ReplicaSet, or does not.",
  },
  StatefulSet: {
    "": "Keeps pods with steady names and storage, in order.",
  },
  StatefulSetSpec: {
    "": "What pods, how many and in which order.",
    replicas: "How many; default 1.",
    selector: "Labels by which its pods are known; fixed.",
    template: "What new pods are like.",
    volumeClaimTemplates: "Claims that every pod gets for itself.",
    serviceName: "The headless Service under which the pods have names.",
    podManagementPolicy: "OrderedReady, or Parallel.",
    updateStrategy: "How old pods give way to new ones.",
    revisionHistoryLimit: "How many old revisions to keep for going back.",
    minReadySeconds: "How long a pod must be ready to count as available.",
    persistentVolumeClaimRetentionPolicy: "What becomes of the claims.",
    ordinals: "How the pods are numbered.",
  },
  StatefulSetUpdateStrategy: {
    "": "How old pods give way to new ones.",
    type: "RollingUpdate, or OnDelete: when somebody deletes them.",
    rollingUpdate: "Settings of RollingUpdate.",
  },
  RollingUpdateStatefulSetStrategy: {
    "": "Which pods are replaced, and how many at once.",
    partition: "Only pods from this number on are replaced.",
    maxUnavailable: "How many may be missing, as a number or percentage.",
  },
  StatefulSetPersistentVolumeClaimRetentionPolicy: {
    "": "What becomes of the claims.",
    whenDeleted: "When the StatefulSet goes: Retain or Delete.",
    whenScaled: "When their pod goes: Retain or Delete.",
  },
  StatefulSetOrdinals: {
    "": "How the pods are numbered.",
    start: "The first number; default 0.",
  },
  StatefulSetStatus: {
    "": "What pods there are.",
    replicas: "All of them.",
    readyReplicas: "Those that are ready.",
    currentReplicas: "Those of the current revision.",
    updatedReplicas: "Those of the revision that is being rolled out.",
    currentRevision: "The revision that pods had before.",
    updateRevision: "The revision that is being rolled out.",
    collisionCount: "How often names of revisions collided.",
    availableReplicas: "Those that are ready for long enough.",
  },
  StatefulSetCondition: {
    "": "One thing that holds for a StatefulSet, or does not.",
  },
  DaemonSet: {
    "": "Keeps one pod on every node, or on every node of some kind.",
  },
  DaemonSetSpec: {
    "": "What pods, and how to replace them.",
    selector: "Labels by which its pods are known; fixed.",
    template: "What new pods are like.",
    updateStrategy: "How old pods give way to new ones.",
    minReadySeconds: "How long a pod must be ready to count as available.",
    revisionHistoryLimit: "How many old revisions to keep for going back.",
  },
  DaemonSetUpdateStrategy: {
    "": "How old pods give way to new ones.",
    type: "RollingUpdate, or OnDelete: when somebody deletes them.",
    rollingUpdate: "Settings of RollingUpdate.",
  },
  RollingUpdateDaemonSet: {
    "": "How many pods may be replaced at once.",
    maxUnavailable: "On how many nodes a pod may be missing, as a number or percentage.",
    maxSurge: "On how many nodes there may be two, as a number or percentage.",
  },
  DaemonSetStatus: {
    "": "On how many nodes there are pods.",
    currentNumberScheduled: "Nodes that have a pod and should.",
    numberMisscheduled: "Nodes that have a pod and should not.",
    desiredNumberScheduled: "Nodes that should have a pod.",
    numberReady: "Nodes whose pod is ready.",
    updatedNumberScheduled: "Nodes whose pod is of the latest template.",
    numberAvailable: "Nodes whose pod is ready for long enough.",
    numberUnavailable: "Nodes that should have such a pod and do not.",
    collisionCount: "How often names of revisions collided.",
  },
  DaemonSetCondition: {
    "": "One thing that holds for a DaemonSet, or does not.",
  },
  ControllerRevision: {
    "": "A template as it was, kept for going back.",
    data: "What was kept.",
    revision: "Its number; it only grows.",
  },
};
