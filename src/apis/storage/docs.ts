import type { TypeDocs } from "../docs.ts";

/** How storage is provided. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const storageDocs: Readonly<Record<string, TypeDocs>> = {
  StorageClass: {
    "": "A kind of storage and who provides it.",
    provisioner: "Who provides it.",
    parameters: "What else the provisioner has to know.",
    reclaimPolicy: "What becomes of volumes when the claim goes: Delete or Retain.",
    mountOptions: "Options for mounting.",
    allowVolumeExpansion: "Whether claims may grow.",
    volumeBindingMode: "Immediate, or WaitForFirstConsumer: when a pod needs it.",
    allowedTopologies: "Where volumes may be.",
  },
  VolumeAttributesClass: {
    "": "Attributes of volumes that can change later.",
    driverName: "The CSI driver.",
    parameters: "The attributes.",
  },
  CSIDriver: {
    "": "What is known of a CSI driver.",
  },
  CSIDriverSpec: {
    "": "How to deal with the driver.",
    attachRequired: "Whether volumes have to be attached to nodes.",
    podInfoOnMount: "Whether the driver wants to know about the pod.",
    volumeLifecycleModes: "Persistent, Ephemeral or both.",
    storageCapacity: "Whether the scheduler minds how much there is.",
    fsGroupPolicy: "Whether fsGroup applies: ReadWriteOnceWithFSType, File or None.",
    tokenRequests: "Tokens of the pod's service account that the driver wants.",
    requiresRepublish: "Whether the driver is called again and again.",
    seLinuxMount: "Whether volumes can be mounted with a label.",
    nodeAllocatableUpdatePeriodSeconds: "How often to ask how many volumes a node can have.",
    serviceAccountTokenInSecrets: "Whether tokens come as secrets.",
    preventPodSchedulingIfMissing: "Whether nodes without the driver get no such pods.",
  },
  TokenRequest: {
    "": "A token that a driver wants.",
    audience: "Whom it is for.",
    expirationSeconds: "How long it should last.",
  },
  CSINode: {
    "": "The CSI drivers of a node.",
  },
  CSINodeSpec: {
    "": "The drivers.",
    drivers: "The drivers.",
  },
  CSINodeDriver: {
    "": "A driver on a node.",
    name: "The driver.",
    nodeID: "What the driver calls the node.",
    topologyKeys: "Labels that say where the node is.",
    allocatable: "How many volumes the node can have.",
  },
  VolumeNodeResources: {
    "": "How many volumes a node can have.",
    count: "The number.",
  },
  CSIStorageCapacity: {
    "": "How much storage of a class there is in a place.",
    nodeTopology: "The nodes it is for.",
    storageClassName: "The class.",
    capacity: "How much.",
    maximumVolumeSize: "How big one volume may be.",
  },
  VolumeAttachment: {
    "": "A volume that is to be attached to a node.",
  },
  VolumeAttachmentSpec: {
    "": "What, where and by whom.",
    attacher: "Who attaches it.",
    source: "What.",
    nodeName: "Where.",
  },
  VolumeAttachmentSource: {
    "": "The volume; one of these.",
    persistentVolumeName: "By name.",
    inlineVolumeSpec: "Said in full.",
  },
  VolumeAttachmentStatus: {
    "": "How it is going.",
    attached: "Whether it is attached.",
    attachmentMetadata: "What the driver said about it.",
    attachError: "What went wrong when attaching.",
    detachError: "What went wrong when detaching.",
  },
  VolumeError: {
    "": "Something that went wrong.",
    time: "When.",
    message: "What.",
    errorCode: "The code of the gRPC error.",
  },
};
