import type { TypeDocs } from "../docs.ts";

/** Volumes of particular storage systems; most of them history. For `kubectl explain`; loaded when OpenAPI documents are made. */
const iSCSIVolumeSourceFields: TypeDocs = {
  targetPortal: "The portal, address and port.",
  iqn: "The name of the target.",
  lun: "The number of the disk.",
  iscsiInterface: "The interface; default is TCP.",
  fsType: "The file system.",
  readOnly: "Whether it can only be read.",
  portals: "Further portals.",
  chapAuthDiscovery: "Whether discovery needs CHAP.",
  chapAuthSession: "Whether sessions need CHAP.",
  secretRef: "The Secret for CHAP.",
  initiatorName: "The name of this side.",
};

const glusterfsVolumeSourceFields: TypeDocs = {
  endpoints: "The Endpoints that lead to the servers.",
  endpointsNamespace: "The namespace of the Endpoints.",
  path: "The volume.",
  readOnly: "Whether it can only be read.",
};

const rBDVolumeSourceFields: TypeDocs = {
  monitors: "The monitors.",
  image: "The image.",
  fsType: "The file system.",
  pool: "The pool.",
  user: "The user.",
  keyring: "The file with the user's key.",
  secretRef: "The Secret with the user's key.",
  readOnly: "Whether it can only be read.",
};

const flexVolumeSourceFields: TypeDocs = {
  driver: "The plug-in.",
  fsType: "The file system.",
  secretRef: "The Secret that the plug-in needs.",
  readOnly: "Whether it can only be read.",
  options: "What else the plug-in has to know.",
};

const cinderVolumeSourceFields: TypeDocs = {
  volumeID: "The disk.",
  fsType: "The file system.",
  readOnly: "Whether it can only be read.",
  secretRef: "The Secret that OpenStack needs.",
};

const cephFSVolumeSourceFields: TypeDocs = {
  monitors: "The monitors.",
  path: "The directory.",
  user: "The user.",
  secretFile: "The file with the user's key.",
  secretRef: "The Secret with the user's key.",
  readOnly: "Whether it can only be read.",
};

const azureFileVolumeSourceFields: TypeDocs = {
  secretName: "The Secret with account and key.",
  secretNamespace: "The namespace of the Secret.",
  shareName: "The share.",
  readOnly: "Whether it can only be read.",
};

const scaleIOVolumeSourceFields: TypeDocs = {
  gateway: "The address of the gateway.",
  system: "The storage system.",
  secretRef: "The Secret with user and password.",
  sslEnabled: "Whether the gateway is reached by TLS.",
  protectionDomain: "The protection domain.",
  storagePool: "The pool.",
  storageMode: "ThickProvisioned or ThinProvisioned.",
  volumeName: "The volume.",
  fsType: "The file system.",
  readOnly: "Whether it can only be read.",
};

const storageOSVolumeSourceFields: TypeDocs = {
  volumeName: "The volume.",
  volumeNamespace: "The volume's namespace in StorageOS.",
  fsType: "The file system.",
  readOnly: "Whether it can only be read.",
  secretRef: "The Secret that StorageOS needs.",
};

export const volumeVendorsDocs: Readonly<Record<string, TypeDocs>> = {
  NFSVolumeSource: {
    "": "A directory of an NFS server.",
    server: "The server.",
    path: "The directory it exports.",
    readOnly: "Whether it can only be read.",
  },
  ISCSIVolumeSource: {
    "": "A disk by iSCSI.",
    ...iSCSIVolumeSourceFields,
  },
  ISCSIPersistentVolumeSource: {
    "": "A disk by iSCSI.",
    ...iSCSIVolumeSourceFields,
  },
  FCVolumeSource: {
    "": "A disk by Fibre Channel.",
    targetWWNs: "World wide names of the target.",
    lun: "The number of the disk.",
    fsType: "The file system.",
    readOnly: "Whether it can only be read.",
    wwids: "World wide ids; instead of names and number.",
  },
  GlusterfsVolumeSource: {
    "": "A Glusterfs volume.",
    ...glusterfsVolumeSourceFields,
  },
  GlusterfsPersistentVolumeSource: {
    "": "A Glusterfs volume.",
    ...glusterfsVolumeSourceFields,
  },
  RBDVolumeSource: {
    "": "A Ceph block device.",
    ...rBDVolumeSourceFields,
  },
  RBDPersistentVolumeSource: {
    "": "A Ceph block device.",
    ...rBDVolumeSourceFields,
  },
  FlexVolumeSource: {
    "": "A volume by a FlexVolume plug-in.",
    ...flexVolumeSourceFields,
  },
  FlexPersistentVolumeSource: {
    "": "A volume by a FlexVolume plug-in.",
    ...flexVolumeSourceFields,
  },
  CinderVolumeSource: {
    "": "A disk of OpenStack.",
    ...cinderVolumeSourceFields,
  },
  CinderPersistentVolumeSource: {
    "": "A disk of OpenStack.",
    ...cinderVolumeSourceFields,
  },
  CephFSVolumeSource: {
    "": "A directory of CephFS.",
    ...cephFSVolumeSourceFields,
  },
  CephFSPersistentVolumeSource: {
    "": "A directory of CephFS.",
    ...cephFSVolumeSourceFields,
  },
  AzureFileVolumeSource: {
    "": "A file share of Azure.",
    ...azureFileVolumeSourceFields,
  },
  AzureFilePersistentVolumeSource: {
    "": "A file share of Azure.",
    ...azureFileVolumeSourceFields,
  },
  ScaleIOVolumeSource: {
    "": "A ScaleIO volume.",
    ...scaleIOVolumeSourceFields,
  },
  ScaleIOPersistentVolumeSource: {
    "": "A ScaleIO volume.",
    ...scaleIOVolumeSourceFields,
  },
  StorageOSVolumeSource: {
    "": "A StorageOS volume.",
    ...storageOSVolumeSourceFields,
  },
  StorageOSPersistentVolumeSource: {
    "": "A StorageOS volume.",
    ...storageOSVolumeSourceFields,
  },
  GCEPersistentDiskVolumeSource: {
    "": "A disk of Google Compute Engine.",
    pdName: "The disk.",
    fsType: "The file system.",
    partition: "The partition; 0: the whole disk.",
    readOnly: "Whether it can only be read.",
  },
  AWSElasticBlockStoreVolumeSource: {
    "": "A disk of AWS.",
    volumeID: "The disk.",
    fsType: "The file system.",
    partition: "The partition; 0: the whole disk.",
    readOnly: "Whether it can only be read.",
  },
  FlockerVolumeSource: {
    "": "A Flocker volume.",
    datasetName: "The data set, by name.",
    datasetUUID: "The data set, by id.",
  },
  VsphereVirtualDiskVolumeSource: {
    "": "A disk of vSphere.",
    volumePath: "The disk.",
    fsType: "The file system.",
    storagePolicyName: "The storage policy, by name.",
    storagePolicyID: "The storage policy, by id.",
  },
  QuobyteVolumeSource: {
    "": "A Quobyte volume.",
    registry: "The registries.",
    volume: "The volume.",
    readOnly: "Whether it can only be read.",
    user: "The user it is mounted as.",
    group: "The group it is mounted as.",
    tenant: "The tenant it belongs to.",
  },
  AzureDiskVolumeSource: {
    "": "A disk of Azure.",
    diskName: "The disk, by name.",
    diskURI: "The disk, by address.",
    cachingMode: "None, ReadOnly or ReadWrite.",
    fsType: "The file system.",
    readOnly: "Whether it can only be read.",
    kind: "Shared, Dedicated or Managed.",
  },
  PhotonPersistentDiskVolumeSource: {
    "": "A disk of Photon.",
    pdID: "The disk.",
    fsType: "The file system.",
  },
  PortworxVolumeSource: {
    "": "A Portworx volume.",
    volumeID: "The volume.",
    fsType: "The file system.",
    readOnly: "Whether it can only be read.",
  },
  GitRepoVolumeSource: {
    "": "A clone of a git repository.",
    repository: "The repository.",
    revision: "The commit.",
    directory: "The directory in the volume.",
  },
};
