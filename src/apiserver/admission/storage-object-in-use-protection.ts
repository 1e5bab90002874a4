import type { AdmissionPlugin } from "./admission.ts";

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: "kubernetes.io/pvc-protection",
  persistentvolumes: "kubernetes.io/pv-protection",
  volumeattributesclasses: "kubernetes.io/vac-protection",
};

/** Storage that is in use is not deleted before it is not: a finalizer from the start sees to that. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  matches: {
    operations: ["CREATE"],
    resources: [
      "/persistentvolumeclaims",
      "/persistentvolumes",
      "storage.k8s.io/volumeattributesclasses",
    ],
  },
  admit({ object, resource }) {
    const finalizer = finalizers[resource.plural];
    if (!object || finalizer === undefined) return;
    const existing = object.metadata.finalizers ?? [];
    if (!existing.includes(finalizer)) object.metadata.finalizers = [...existing, finalizer];
  },
};
