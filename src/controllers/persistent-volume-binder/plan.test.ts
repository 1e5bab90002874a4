import { expect, test } from "vitest";
import type { PersistentVolumeClaim } from "#apis/core/persistent-volume-claim.ts";
import type { PersistentVolume } from "#apis/core/persistent-volume.ts";
import type { StorageClass } from "#apis/storage/storage-class.ts";
import { planClaimBinding, volumeFate } from "./plan.ts";

function claimOf(spec: object = {}, annotations: Record<string, string> = {}) {
  return {
    metadata: { name: "c", namespace: "n", uid: "uid-c", annotations },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      resources: { requests: { storage: "1Gi" } },
      ...spec,
    },
  } as unknown as PersistentVolumeClaim;
}

function volumeOf(name: string, spec: object = {}, labels = {}): PersistentVolume {
  return {
    metadata: { name, labels },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      persistentVolumeReclaimPolicy: "Retain",
      ...spec,
    },
    status: { phase: "Available" },
  } as unknown as PersistentVolume;
}

const reference = { namespace: "n", name: "c", uid: "uid-c" };
const classes = new Map<string, StorageClass>();
classes.set("late", { volumeBindingMode: "WaitForFirstConsumer" } as StorageClass);
classes.set("made", { provisioner: "example.com/p" } as StorageClass);

function plan(claim: PersistentVolumeClaim, ...volumes: PersistentVolume[]): string {
  const step = planClaimBinding(claim, volumes, (name) => classes.get(name));
  if (step.do === "bind") return `bind ${step.volume.metadata.name}`;
  if (step.do === "lost") return `lost ${step.reason}`;
  return step.do === "wait" ? `wait ${step.event?.reason ?? ""}`.trim() : step.do;
}

test.each([
  ["the smallest that is big enough", {}, ["2Gi", "1Gi", "500Mi"], "bind v1"],
  ["none is big enough", {}, ["500Mi"], "wait ProvisioningFailed"],
  ["no class at all", { storageClassName: "" }, [], "wait FailedBinding"],
  ["another access mode", { accessModes: ["ReadWriteMany"] }, ["1Gi"], "wait ProvisioningFailed"],
])("%s", (_what, spec, sizes, step) => {
  const volumes = sizes.map((storage, i) => volumeOf(`v${i}`, { capacity: { storage } }));
  expect(plan(claimOf(spec), ...volumes)).toBe(step);
});

test("one that is set aside for the claim comes first; those of others are left alone", () => {
  const reserved = volumeOf("big", {
    capacity: { storage: "9Gi" },
    claimRef: { ...reference, uid: "" },
  });
  const taken = volumeOf("taken", { claimRef: { namespace: "n", name: "other", uid: "x" } });
  expect(plan(claimOf(), volumeOf("small"), taken, reserved)).toBe("bind big");
  expect(plan(claimOf(), taken)).toBe("wait ProvisioningFailed");
});

test("a selector picks by label", () => {
  const selector = { matchLabels: { disk: "ssd" } };
  const volumes = [volumeOf("a"), volumeOf("b", {}, { disk: "ssd" })];
  expect(plan(claimOf({ selector }), ...volumes)).toBe("bind b");
});

test("classes may wait for a consumer, or have volumes made", () => {
  const late = claimOf({ storageClassName: "late" });
  expect(plan(late, volumeOf("v", { storageClassName: "late" }))).toBe("wait WaitForFirstConsumer");
  expect(plan(claimOf({ storageClassName: "made" }))).toBe("provision");
});

test("a bound claim without its volume is lost", () => {
  const bound = claimOf({ volumeName: "v" }, { "pv.kubernetes.io/bind-completed": "yes" });
  expect(plan(bound)).toBe("lost ClaimLost");
  expect(plan(bound, volumeOf("v", { claimRef: reference }))).toBe("bind v");
  const others = { namespace: "n", name: "other", uid: "x" };
  expect(plan(bound, volumeOf("v", { claimRef: others }))).toBe("lost ClaimMisbound");
});

test.each([
  ["Retain", "Released"],
  ["Delete", "Failed"],
])(
  "a volume whose claim is gone, with policy %s, is %s",
  (persistentVolumeReclaimPolicy, phase) => {
    const volume = volumeOf("v", { claimRef: reference, persistentVolumeReclaimPolicy });
    expect(volumeFate(volume, undefined).phase).toBe(phase);
    expect(volumeFate(volume, claimOf({ volumeName: "v" })).phase).toBe("Bound");
  },
);
