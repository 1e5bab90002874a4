import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import { events as eventsV1 } from "#apis/events/event.ts";
import { horizontalPodAutoscalersV1 } from "#apis/autoscaling/horizontal-pod-autoscaler-v1.ts";
import { eventFromCore, eventToCore } from "./event-conversion.ts";
import { hpaFromV2, hpaToV2 } from "./hpa-conversion.ts";

/** How a version of a kind is made of the version that is stored, and back. Both are pure. */
export interface VersionConversion {
  /** Returns `object` itself when there is nothing to change. */
  fromStored(object: KubeObject): KubeObject;
  toStored(object: KubeObject): KubeObject | Promise<KubeObject>;
  /**
   * There when somebody else has to be asked: resolves once `fromStored` can be called for these.
   * `isReady` tells whether it can be already.
   */
  prepare?(objects: readonly KubeObject[]): Promise<void>;
  isReady?(object: KubeObject): boolean;
  /** Field selectors look at objects as they are served instead of as they are stored. */
  readonly selectsServed?: true;
}

const conversions = new Map<Resource, VersionConversion>([
  [eventsV1, { fromStored: eventFromCore, toStored: eventToCore }],
  [horizontalPodAutoscalersV1, { fromStored: hpaFromV2, toStored: hpaToV2 }],
]);

export function conversionFor(resource: Resource): VersionConversion | undefined {
  return conversions.get(resource);
}
