import { allContainers } from "#apis/core/pod-references.ts";
import { eachContainer } from "#apis/core/container-visit.ts";
import type { Pod } from "#apis/core/pod.ts";
import { describe, notSupported, path } from "#machinery/field-error.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { forbid, joined } from "./errors.ts";

/**
 * Every pod pulls its images anew, so that nobody runs a private image from a node's cache without
 * the right to pull it.
 */
export const alwaysPullImages: AdmissionPlugin = {
  name: "AlwaysPullImages",
  matches: { operations: ["CREATE", "UPDATE"], resources: ["/pods"] },
  admit(a) {
    if (bringsNoImages(a)) return;
    const { spec } = a.object as Pod;
    for (const container of [
      ...(spec.initContainers ?? []),
      ...(spec.containers ?? []),
      ...(spec.ephemeralContainers ?? []),
    ]) {
      container.imagePullPolicy = "Always";
    }
    for (const { image } of spec.volumes ?? []) if (image) image.pullPolicy = "Always";
  },
  validate(a) {
    if (bringsNoImages(a)) return;
    const { spec } = a.object as Pod;
    const complaints: string[] = [];
    const check = (at: string, policy: string | undefined): void => {
      if (policy === "Always") return;
      const error = notSupported(at, policy ?? "", ["Always"]);
      complaints.push(`${at}: ${describe(error)}`);
    };
    eachContainer(spec, path("spec"), ({ imagePullPolicy }, at) =>
      check(String(at.child("imagePullPolicy")), imagePullPolicy),
    );
    for (const [i, { image }] of (spec.volumes ?? []).entries()) {
      if (image) check(`spec.volumes[${i}].image.pullPolicy`, image.pullPolicy);
    }
    if (complaints.length > 0) throw forbid(a, joined(complaints));
  },
};

/** An update that runs no image the pod has not run before. */
function bringsNoImages(a: AdmissionAttributes): boolean {
  if (a.operation !== "UPDATE") return false;
  const old = imagesOf(a.oldObject as DeepReadonly<Pod>);
  return [...imagesOf(a.object as Pod)].every((image) => old.has(image));
}

function imagesOf({ spec }: DeepReadonly<Pod>): Set<string> {
  const images = [
    ...allContainers(spec).map(({ image }) => image),
    ...(spec.volumes ?? []).map(({ image }) => image?.reference),
  ];
  return new Set(images.filter((image) => image !== undefined));
}
