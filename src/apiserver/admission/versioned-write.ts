import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Resource } from "#machinery/resource.ts";
import type { AdmissionAttributes } from "./admission.ts";
import type { Equivalents } from "./equivalents.ts";
import type { VersionedWrite } from "./request-view.ts";

/** The write as `resource`, one equivalent to the request's own, shows it. */
export async function versionedWrite(
  a: AdmissionAttributes,
  resource: Resource,
  equivalents: Equivalents,
): Promise<VersionedWrite> {
  const show = async (object: DeepReadonly<KubeObject> | undefined) => {
    if (!object) return null;
    if (resource === a.resource || a.subresource !== "") return object;
    return equivalents.convert(object, a.resource, resource);
  };
  return {
    attributes: a,
    resource,
    object: await show(a.object),
    oldObject: await show(a.oldObject),
  };
}
