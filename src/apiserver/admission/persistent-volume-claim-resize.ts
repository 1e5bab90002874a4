import type { PersistentVolumeClaim } from "#apis/core/persistent-volume-claim.ts";
import { storageClasses } from "#apis/storage/storage-class.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { forbid } from "./errors.ts";

type Claim = DeepReadonly<PersistentVolumeClaim>;

/** A claim may only grow once bound, and only when its StorageClass says that volumes can. */
export function persistentVolumeClaimResize(reader: ObjectReader): AdmissionPlugin {
  function mayGrow(claim: Claim, old: Claim): boolean {
    const name = classOf(claim);
    if (name === "" || name !== classOf(old)) return false;
    return reader.get(storageClasses, "", name)?.allowVolumeExpansion === true;
  }
  return {
    name: "PersistentVolumeClaimResize",
    matches: { operations: ["UPDATE"], resources: ["/persistentvolumeclaims"] },
    validate(a) {
      const claim = a.object as PersistentVolumeClaim;
      const old = a.oldObject as Claim;
      if (compareQuantity(sizeOf(claim), sizeOf(old)) <= 0) return;
      if (old.status?.phase !== "Bound") {
        throw forbid(a, "only bound persistent volume claims can be expanded");
      }
      if (mayGrow(claim, old)) return;
      throw forbid(
        a,
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
      );
    },
  };
}

function sizeOf({ spec }: Claim): string {
  return spec.resources?.requests?.["storage"] ?? "0";
}

function classOf({ spec, metadata }: Claim): string {
  const beta = metadata.annotations?.["volume.beta.kubernetes.io/storage-class"];
  return beta ?? spec.storageClassName ?? "";
}
