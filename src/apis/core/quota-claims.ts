import { compareQuantity, formatQuantity, parseQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts";
import {
  objectCount,
  type QuotaEvaluator,
  type Scope,
  scopeSelects,
  type Usage,
} from "./quota-resource.ts";

type Claim = DeepReadonly<PersistentVolumeClaim>;

const countName = objectCount({ group: "", plural: "persistentvolumeclaims" });
const names = ["persistentvolumeclaims", "requests.storage"];
const classSuffix = ".storageclass.storage.k8s.io/";
const unit = 1_000_000_000n;

/** PersistentVolumeClaims: how many and how large, in all and by storage class. */
export const claimEvaluator: QuotaEvaluator = {
  matching: (given) =>
    given.filter(
      (name) =>
        name === countName ||
        names.includes(name) ||
        names.some((one) => name.endsWith(classSuffix + one)),
    ),
  usage(object) {
    const claim = object as Claim;
    const usage: Usage = { [countName]: "1", persistentvolumeclaims: "1" };
    const storage = sizeOf(claim);
    if (storage !== undefined) usage["requests.storage"] = storage;
    const storageClass = classOf(claim);
    if (storageClass === "") return usage;
    usage[`${storageClass}${classSuffix}persistentvolumeclaims`] = "1";
    if (storage !== undefined) usage[`${storageClass}${classSuffix}requests.storage`] = storage;
    return usage;
  },
  inScope: (scope, object) => inScope(scope, object as Claim),
  missing: () => undefined,
  chargesUpdates(subresource, object, old) {
    if (subresource === "") return true;
    if (subresource !== "status") return false;
    const sizes = ({ status }: Claim) => JSON.stringify(status?.allocatedResources ?? {});
    const [next, before] = [object as Claim, old as Claim];
    return (
      sizes(next) !== sizes(before) ||
      JSON.stringify(attributesClasses(next)) !== JSON.stringify(attributesClasses(before))
    );
  },
};

function sizeOf({ spec, status }: Claim): string | undefined {
  const asked = spec.resources?.requests?.["storage"];
  if (asked === undefined) return undefined;
  const allocated = status?.allocatedResources?.["storage"];
  const larger = allocated !== undefined && compareQuantity(allocated, asked) > 0;
  return wholeBytes(larger ? allocated : asked);
}

function wholeBytes(quantity: string): string {
  const { nano, format } = parseQuantity(quantity);
  const rest = nano % unit;
  return rest === 0n ? quantity : formatQuantity({ nano: nano - rest + unit, format });
}

function classOf({ spec, metadata }: Claim): string {
  const beta = metadata.annotations?.["volume.beta.kubernetes.io/storage-class"];
  return beta ?? spec.storageClassName ?? "";
}

function attributesClasses({ spec, status }: Claim): string[] {
  const found = [
    spec.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => name !== undefined && name !== "");
  return [...new Set(found as string[])].toSorted();
}

function inScope(scope: Scope, claim: Claim): boolean {
  if (scope.scopeName !== "VolumeAttributesClass") return false;
  const classes = attributesClasses(claim);
  return (classes.length === 0 ? [""] : classes).some((name) => scopeSelects(scope, name));
}
