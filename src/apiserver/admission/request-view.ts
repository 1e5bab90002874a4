import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { GroupVersionKind, GroupVersionResource, Resource } from "#machinery/resource.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { AdmissionAttributes } from "./admission.ts";

/** A write as webhooks and policies see it: in the version that their rules asked for. */
export interface VersionedWrite {
  readonly attributes: AdmissionAttributes;
  /** The version matched by a rule; that of the request unless it was converted. */
  readonly resource: Resource;
  readonly object: DeepReadonly<KubeObject> | null;
  readonly oldObject: DeepReadonly<KubeObject> | null;
}

/** The fields of an `AdmissionRequest` beside its objects. */
export interface RequestView {
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  readonly subResource?: string;
  readonly requestKind: GroupVersionKind;
  readonly requestResource: GroupVersionResource;
  readonly requestSubResource?: string;
  readonly name: string;
  readonly namespace: string;
  readonly operation: string;
  readonly userInfo: UserInfoView;
  readonly dryRun: boolean;
  readonly options: Readonly<Record<string, unknown>> | null;
}

/** authentication.k8s.io/v1 UserInfo. */
export interface UserInfoView {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export function requestView({ attributes: a, resource }: VersionedWrite): RequestView {
  const { subresource } = a;
  return {
    kind: kindOf(resource, subresource),
    resource: resource.gvr,
    ...(subresource === "" ? {} : { subResource: subresource }),
    requestKind: kindOf(a.resource, subresource),
    requestResource: a.resource.gvr,
    ...(subresource === "" ? {} : { requestSubResource: subresource }),
    name: a.name,
    namespace: a.namespace,
    operation: a.operation,
    userInfo: userView(a.user),
    dryRun: a.dryRun,
    options: a.options,
  };
}

/** The kind of the body: of the resource, or of a subresource that has one of its own. */
function kindOf(resource: Resource, subresource: string): GroupVersionKind {
  const below = subresource === "" ? undefined : resource.subresources[subresource];
  const { group, version, kind } = below ?? resource.gvk;
  return { group, version, kind };
}

export function userView({ name, uid, groups, extra }: UserInfo): UserInfoView {
  return {
    username: name,
    ...(uid ? { uid } : {}),
    ...(groups.length > 0 ? { groups } : {}),
    ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
  };
}
