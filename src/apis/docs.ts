import { admissionregistrationDocs } from "./admissionregistration/docs.ts";
import { apiextensionsDocs } from "./apiextensions/docs.ts";
import { apiregistrationDocs } from "./apiregistration/docs.ts";
import { appsDocs } from "./apps/docs.ts";
import { authenticationDocs } from "./authentication/docs.ts";
import { authorizationDocs } from "./authorization/docs.ts";
import { autoscalingV2Docs, autoscalingV1Docs } from "./autoscaling/docs.ts";
import { batchDocs } from "./batch/docs.ts";
import { certificatesDocs } from "./certificates/docs.ts";
import { coordinationDocs } from "./coordination/docs.ts";
import { clusterDocs } from "./core/docs-cluster.ts";
import { containerDocs } from "./core/docs-container.ts";
import { podDocs } from "./core/docs-pod.ts";
import { volumeDocs } from "./core/docs-volume.ts";
import { volumeVendorsDocs } from "./core/docs-volume-vendors.ts";
import { discoveryDocs } from "./discovery/docs.ts";
import { eventsDocs } from "./events/docs.ts";
import { flowcontrolDocs } from "./flowcontrol/docs.ts";
import { metaDocs } from "./meta/docs.ts";
import { networkingDocs } from "./networking/docs.ts";
import { nodeDocs } from "./node/docs.ts";
import { policyDocs } from "./policy/docs.ts";
import { rbacDocs } from "./rbac/docs.ts";
import { resourceDocs } from "./resource/docs.ts";
import { schedulingDocs } from "./scheduling/docs.ts";
import { storageDocs } from "./storage/docs.ts";

/** The texts of a type's fields by name; "" is that of the type itself. */
export type TypeDocs = Readonly<Record<string, string>>;

/** By package, then by type. */
const docs: Readonly<Record<string, Readonly<Record<string, TypeDocs>>>> = {
  "admissionregistration.v1": admissionregistrationDocs,
  "apiextensions.v1": apiextensionsDocs,
  "apiregistration.v1": apiregistrationDocs,
  "apps.v1": appsDocs,
  "authentication.v1": authenticationDocs,
  "authorization.v1": authorizationDocs,
  "autoscaling.v2": autoscalingV2Docs,
  "autoscaling.v1": autoscalingV1Docs,
  "batch.v1": batchDocs,
  "certificates.v1": certificatesDocs,
  "coordination.v1": coordinationDocs,
  "core.v1": { ...clusterDocs, ...containerDocs, ...podDocs, ...volumeDocs, ...volumeVendorsDocs },
  "discovery.v1": discoveryDocs,
  "events.v1": eventsDocs,
  "flowcontrol.v1": flowcontrolDocs,
  "meta.v1": metaDocs,
  "networking.v1": networkingDocs,
  "node.v1": nodeDocs,
  "policy.v1": policyDocs,
  "rbac.v1": rbacDocs,
  "resource.v1": resourceDocs,
  "scheduling.v1": schedulingDocs,
  "storage.v1": storageDocs,
};

/** What fields mean in whatever kind they are. */
const common: TypeDocs = {
  apiVersion: "Group and version of this object's schema, such as apps/v1.",
  kind: "Which kind of object this is.",
  metadata: "Name, namespace, labels and whatever else every object has.",
  spec: "What is wanted.",
  status: "What was last seen; written by the system.",
  items: "The objects.",
  conditions: "What holds and what does not, by type.",
  observedGeneration: "The generation that the status was made from.",
};

/** What fields mean in whatever condition they are. */
const ofConditions: TypeDocs = {
  type: "What it is about.",
  status: "True, False or Unknown.",
  reason: "Why, in one word.",
  message: "Why, for people.",
  lastTransitionTime: "When it last changed between True and False.",
  lastUpdateTime: "When it was last looked at.",
  lastProbeTime: "When it was last looked at.",
  lastHeartbeatTime: "When it was last told.",
};

/** The texts of a type, by its qualified name such as `core.v1.Pod`. */
export function docsOf(typeName: string): TypeDocs {
  const dot = typeName.lastIndexOf(".");
  const name = typeName.slice(dot + 1);
  const own = docs[typeName.slice(0, dot)]?.[name];
  if (!own && name.endsWith("List")) return { ...common, "": `A list of ${name.slice(0, -4)}s.` };
  return { ...common, ...(name.endsWith("Condition") ? ofConditions : {}), ...own };
}
