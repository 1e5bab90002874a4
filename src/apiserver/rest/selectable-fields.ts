import { events as eventsV1 } from "#apis/events/event.ts";
import type { CertificateSigningRequest } from "#apis/certificates/certificate-signing-request.ts";
import type { Job } from "#apis/batch/job.ts";
import type { Event } from "#apis/core/event.ts";
import type { Namespace } from "#apis/core/namespace.ts";
import type { Node } from "#apis/core/node.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { ReplicationController } from "#apis/core/replication-controller.ts";
import type { Secret } from "#apis/core/secret.ts";
import type { Service } from "#apis/core/service.ts";
import type { ResourceSlice } from "#apis/resource/resource-slice.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";

/** Field path to the text that selectors compare, read from the stored object. */
export type SelectableFields = Readonly<Record<string, (object: KubeObject) => string>>;

const name = (object: KubeObject) => object.metadata.name;
const namespace = (object: KubeObject) => object.metadata.namespace ?? "";

/** Gives each getter the type of its kind. */
function fieldsOf(fields: Record<string, (object: never) => string | undefined>): SelectableFields {
  return Object.fromEntries(
    Object.entries(fields).map(([path, get]) => [path, (object) => get(object as never) ?? ""]),
  );
}

const pod = fieldsOf({
  "spec.nodeName": ({ spec }: Pod) => spec.nodeName,
  "spec.restartPolicy": ({ spec }: Pod) => spec.restartPolicy,
  "spec.schedulerName": ({ spec }: Pod) => spec.schedulerName,
  "spec.serviceAccountName": ({ spec }: Pod) => spec.serviceAccountName,
  "spec.hostNetwork": ({ spec }: Pod) => String(spec.hostNetwork ?? false),
  "status.phase": ({ status }: Pod) => status?.phase,
  "status.podIP": ({ status }: Pod) => status?.podIPs?.[0]?.ip,
  // Known to upstream, too, but never filled in.
  "status.podIPs": () => "",
  "status.nominatedNodeName": ({ status }: Pod) => status?.nominatedNodeName,
});

function eventSource({ source, reportingComponent }: Event): string | undefined {
  return source?.component || (reportingComponent ?? undefined);
}

const event = fieldsOf({
  "involvedObject.kind": (o: Event) => o.involvedObject.kind,
  "involvedObject.namespace": (o: Event) => o.involvedObject.namespace,
  "involvedObject.name": (o: Event) => o.involvedObject.name,
  "involvedObject.uid": (o: Event) => o.involvedObject.uid,
  "involvedObject.apiVersion": (o: Event) => o.involvedObject.apiVersion,
  "involvedObject.resourceVersion": (o: Event) => o.involvedObject.resourceVersion,
  "involvedObject.fieldPath": (o: Event) => o.involvedObject.fieldPath,
  reason: (o: Event) => o.reason,
  reportingComponent: (o: Event) => o.reportingComponent ?? "",
  source: eventSource,
  type: (o: Event) => o.type,
});

/** The same under the names that events.k8s.io gives them. */
function renamedEvent(): SelectableFields {
  const renamed = Object.entries(event)
    .filter(([path]) => path !== "source" && path !== "reportingComponent")
    .map(([path, get]) => [path.replace("involvedObject.", "regarding."), get] as const);
  return Object.fromEntries([...renamed, ["reportingController", event["reportingComponent"]!]]);
}

/** Beyond `metadata.name` and `metadata.namespace`, by group/plural. */
const special: Readonly<Record<string, SelectableFields>> = {
  "/pods": pod,
  "/events": event,
  "/namespaces": fieldsOf({ "status.phase": ({ status }: Namespace) => status?.phase }),
  "/nodes": fieldsOf({
    "spec.unschedulable": ({ spec }: Node) => String(spec?.unschedulable ?? false),
  }),
  "/replicationcontrollers": fieldsOf({
    "status.replicas": ({ status }: ReplicationController) => String(status?.replicas ?? 0),
  }),
  "/secrets": fieldsOf({ type: ({ type }: Secret) => type }),
  "/services": fieldsOf({
    "spec.clusterIP": ({ spec }: Service) => spec?.clusterIP,
    "spec.type": ({ spec }: Service) => spec?.type,
  }),
  "batch/jobs": fieldsOf({
    "status.successful": ({ status }: Job) => String(status?.succeeded ?? 0),
  }),
  "certificates.k8s.io/certificatesigningrequests": fieldsOf({
    "spec.signerName": ({ spec }: CertificateSigningRequest) => spec.signerName,
  }),
  "resource.k8s.io/resourceslices": fieldsOf({
    "spec.nodeName": ({ spec }: ResourceSlice) => spec.nodeName,
    "spec.driver": ({ spec }: ResourceSlice) => spec.driver,
  }),
};

/** The fields by which objects of a resource can be selected. */
export function selectableFields(resource: Resource): SelectableFields {
  const { group, plural, namespaced } = resource;
  const more = resource.gvr === eventsV1.gvr ? renamedEvent() : special[`${group}/${plural}`];
  const meta = namespaced
    ? { "metadata.name": name, "metadata.namespace": namespace }
    : { "metadata.name": name };
  return { ...meta, ...more };
}

/** Fields by whose value very many watchers select: kubelets watch the pods of their node. */
export const triggerFields: Readonly<Record<string, string>> = { "/pods": "spec.nodeName" };

/** Upstream's own resources word the refusal of an unknown field in two ways. */
export function unsupportedField(resource: Resource, path: string): string {
  if (special[`${resource.group}/${resource.plural}`] || resource.gvr === eventsV1.gvr) {
    return `field label not supported: ${path}`;
  }
  return `${JSON.stringify(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}
