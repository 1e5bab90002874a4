import type { PersistentVolumeClaim } from "#apis/core/persistent-volume-claim.ts";
import { ingressClasses } from "#apis/networking/ingress-class.ts";
import type { Ingress } from "#apis/networking/ingress.ts";
import { storageClasses } from "#apis/storage/storage-class.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionPlugin } from "./admission.ts";

const betaStorageClass = "volume.beta.kubernetes.io/storage-class";

/** Claims that name no class get the default StorageClass; `""` means: none at all. */
export function defaultStorageClass(reader: ObjectReader): AdmissionPlugin {
  const marks = [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
  ];
  return {
    name: "DefaultStorageClass",
    matches: { operations: ["CREATE"], resources: ["/persistentvolumeclaims"] },
    admit(a) {
      const { spec, metadata } = a.object as PersistentVolumeClaim;
      if (spec.storageClassName !== undefined) return;
      if (metadata.annotations?.[betaStorageClass] !== undefined) return;
      const chosen = newestDefault(reader.list(storageClasses, ""), marks);
      if (chosen) spec.storageClassName = chosen.metadata.name;
    },
  };
}

/** Ingresses that name no class get the default IngressClass. */
export function defaultIngressClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    matches: { operations: ["CREATE"], resources: ["networking.k8s.io/ingresses"] },
    admit(a) {
      const { spec, metadata } = a.object as Ingress;
      if (spec?.ingressClassName !== undefined) return;
      if (metadata.annotations?.["kubernetes.io/ingress.class"] !== undefined) return;
      const marks = ["ingressclass.kubernetes.io/is-default-class"];
      const chosen = newestDefault(reader.list(ingressClasses, ""), marks);
      if (chosen) spec.ingressClassName = chosen.metadata.name;
    },
  };
}

/** Of several defaults the newest counts, so that one can be put in place of another. */
function newestDefault<T extends KubeObject>(
  classes: readonly DeepReadonly<T>[],
  marks: readonly string[],
): DeepReadonly<T> | undefined {
  const marked = classes.filter(({ metadata }) =>
    marks.some((mark) => metadata.annotations?.[mark] === "true"),
  );
  const born = ({ metadata }: DeepReadonly<T>) => metadata.creationTimestamp ?? "";
  return marked.toSorted((a, b) => {
    if (born(a) !== born(b)) return born(a) < born(b) ? 1 : -1;
    return a.metadata.name < b.metadata.name ? -1 : 1;
  })[0];
}
