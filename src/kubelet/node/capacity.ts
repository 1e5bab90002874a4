/** What the node has, and what of it pods may use. Pure. */
import { quantityOf, quantityOfMilli } from "#machinery/quantity.ts";
import type { Space } from "../host/files.ts";
import type { MachineFacts } from "../host/machine.ts";

export type Resources = Record<string, string>;

export interface CapacityInput {
  readonly facts: MachineFacts;
  /** The file system of the kubelet's folder. */
  readonly space: Space;
  readonly podsMax: number;
  /** What is kept from pods: kube and system reservations together. */
  readonly reserved: { readonly cpuMilli: number; readonly memoryBytes: number };
  /** Memory that the eviction manager wants to stay free. */
  readonly evictionMemoryBytes: number;
}

const kibibyte = 1_024;
/** Of ephemeral storage this part stays free for the eviction manager. */
const evictionStorageShare = 0.1;

export function capacityOf({ facts, space, podsMax }: CapacityInput): Resources {
  return {
    cpu: String(facts.cores),
    "ephemeral-storage": kibibytes(space.totalBytes),
    ...hugepages(facts),
    memory: kibibytes(facts.memoryBytes),
    pods: String(podsMax),
  };
}

export function allocatableOf(input: CapacityInput): Resources {
  const { facts, space, reserved, evictionMemoryBytes } = input;
  const capacity = capacityOf(input);
  const pages = Object.entries(facts.hugepages).reduce(
    (sum, [size, count]) => sum + Number(size) * count,
    0,
  );
  const memory = facts.memoryBytes - reserved.memoryBytes - evictionMemoryBytes - pages;
  return {
    ...capacity,
    cpu: quantityOfMilli(Math.max(0, facts.cores * 1_000 - reserved.cpuMilli)),
    "ephemeral-storage": String(Math.floor(space.totalBytes * (1 - evictionStorageShare))),
    memory: kibibytes(Math.max(0, memory)),
  };
}

function kibibytes(bytes: number): string {
  return `${Math.floor(bytes / kibibyte)}Ki`;
}

function hugepages({ hugepages: pages }: MachineFacts): Resources {
  return Object.fromEntries(
    Object.entries(pages).map(([size, count]) => [
      `hugepages-${quantityOf(Number(size), "BinarySI")}`,
      quantityOf(Number(size) * count, "BinarySI"),
    ]),
  );
}
