import { type Pod, pods } from "#apis/core/pod.ts";
import { badRequest, notFound } from "#machinery/errors.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import type { ResourceRequestInfo } from "../context.ts";

export type SharedPod = DeepReadonly<Pod>;

/** The pod that a request names. @throws ApiError NotFound. */
export function podOf(reader: ObjectReader, { namespace, name }: ResourceRequestInfo): SharedPod {
  const pod = reader.get(pods, namespace, name);
  if (!pod) throw notFound({ group: "", resource: "pods" }, name);
  return pod;
}

/**
 * The container that is meant: the named one, or the only one.
 * @throws ApiError BadRequest that lists the choice, in upstream's words.
 */
export function containerOf({ metadata, spec }: SharedPod, named: string | null): string {
  const names = (list: readonly { name: string }[] | null | undefined) =>
    (list ?? []).map(({ name }) => name);
  const regular = names(spec.containers);
  const init = names(spec.initContainers);
  const ephemeral = names(spec.ephemeralContainers);
  if (named) {
    if ([...regular, ...init, ...ephemeral].includes(named)) return named;
    throw badRequest(`container ${named} is not valid for pod ${metadata.name}`);
  }
  if (regular.length === 1) return regular[0]!;
  const choices = [
    `a container name must be specified for pod ${metadata.name}, choose one of: [${regular.join(" ")}]`,
    init.length > 0 ? ` or one of the init containers: [${init.join(" ")}]` : "",
    ephemeral.length > 0 ? ` or one of the ephemeral containers: [${ephemeral.join(" ")}]` : "",
  ];
  throw badRequest(choices.join(""));
}
