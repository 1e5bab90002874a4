import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { alwaysPullImages } from "./always-pull-images.ts";
import { alwaysAdmit, alwaysDeny } from "./always.ts";
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  clusterTrustBundleAttest,
} from "./certificates.ts";
import { defaultIngressClass, defaultStorageClass } from "./default-classes.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { denyServiceExternalIps } from "./deny-service-external-ips.ts";
import { type EventLimit, eventRateLimit } from "./event-rate-limit.ts";
import { extendedResourceToleration } from "./extended-resource-toleration.ts";
import { type ImagePolicyOptions, imagePolicyWebhook } from "./image-policy-webhook.ts";
import { type Handle, namespaceCreator, quotaStatusWriter } from "./in-process.ts";
import { limitPodHardAntiAffinityTopology } from "./limit-pod-anti-affinity.ts";
import { limitRanger } from "./limit-ranger.ts";
import { namespaceAutoProvision, namespaceExists } from "./namespace-exists.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { ownerReferencesPermissionEnforcement } from "./owner-references-permission.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import { mutatingAdmissionPolicy } from "./policies/mutating-admission-policy.ts";
import { validatingAdmissionPolicy } from "./policies/validating-admission-policy.ts";
import { podNodeSelector } from "./pod-node-selector.ts";
import { podSecurity, type PodSecurityOptions } from "./pod-security/pod-security.ts";
import { type ClusterTolerations, podTolerationRestriction } from "./pod-toleration-restriction.ts";
import { podTopologyLabels } from "./pod-topology-labels.ts";
import { priority } from "./priority.ts";
import { resourceQuota } from "./resource-quota/resource-quota.ts";
import { runtimeClass } from "./runtime-class.ts";
import { type CustomKnowledge, customKnowledge, type ServedView } from "./served-view.ts";
import { serviceAccount } from "./service-account.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition.ts";
import type { WebhookOptions } from "./webhooks/call.ts";
import { mutatingAdmissionWebhook } from "./webhooks/mutating-webhook.ts";
import { endpointResolver, type ServiceResolver } from "./webhooks/service-endpoint.ts";
import { HttpsWebhookTransport, type WebhookTransport } from "./webhooks/transport.ts";
import { validatingAdmissionWebhook } from "./webhooks/validating-webhook.ts";

/** What the plug-ins work with, and what the cluster's operator sets. */
export interface AdmissionOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly authorizer: Authorizer;
  /** The server's own door; called only after the server has started. */
  readonly handle: Handle;
  /** `--enable-admission-plugins`: names beside the ones that are on by default. */
  readonly enable?: readonly string[];
  /** `--disable-admission-plugins`. */
  readonly disable?: readonly string[];
  readonly podSecurity?: PodSecurityOptions;
  readonly eventLimits?: readonly EventLimit[];
  readonly clusterTolerations?: ClusterTolerations;
  readonly clusterNodeSelector?: string;
  /** `--default-not-ready-toleration-seconds` and its sibling. */
  readonly tolerationSeconds?: { notReady: number; unreachable: number };
  /** What the server serves; without it only built-in resources are known. */
  readonly view?: ServedView;
  /** Needed when ImagePolicyWebhook is on. */
  readonly imagePolicy?: ImagePolicyOptions;
  /** How webhooks are reached; default: HTTPS. */
  readonly webhookTransport?: WebhookTransport;
  /** Where Services are; default: at their ready endpoints. */
  readonly resolveService?: ServiceResolver;
  readonly log?: Logger;
}

type Parts = AdmissionOptions & Partial<CustomKnowledge>;

interface Entry {
  readonly name: string;
  readonly isOnByDefault: boolean;
  make(options: Parts): AdmissionPlugin;
}

function on(name: string, make: Entry["make"]): Entry {
  return { name, isOnByDefault: true, make };
}

function off(name: string, make: Entry["make"]): Entry {
  return { name, isOnByDefault: false, make };
}

/**
 * In the order in which they are asked. On by default are upstream's, and NodeRestriction, which
 * every cluster with the Node authorizer has.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
const entries: readonly Entry[] = [
  off("AlwaysAdmit", () => alwaysAdmit),
  off("NamespaceAutoProvision", (o) =>
    namespaceAutoProvision(o.reader, namespaceCreator(o.handle)),
  ),
  on("NamespaceLifecycle", (o) => namespaceLifecycle(o.reader)),
  off("NamespaceExists", (o) => namespaceExists(o.reader)),
  off("LimitPodHardAntiAffinityTopology", () => limitPodHardAntiAffinityTopology),
  on("LimitRanger", (o) => limitRanger(o.reader)),
  on("ServiceAccount", (o) => serviceAccount(o.reader, o.chance)),
  on("NodeRestriction", (o) => nodeRestriction(o.reader)),
  on("TaintNodesByCondition", () => taintNodesByCondition),
  off("AlwaysPullImages", () => alwaysPullImages),
  off("ImagePolicyWebhook", imagePolicy),
  on("PodSecurity", (o) => podSecurity(o.reader, o.podSecurity)),
  off("PodNodeSelector", (o) => podNodeSelector(o.reader, o.clusterNodeSelector)),
  on("Priority", (o) => priority(o.reader)),
  on("DefaultTolerationSeconds", (o) => defaultTolerationSeconds(o.tolerationSeconds)),
  off("PodTolerationRestriction", (o) => podTolerationRestriction(o.reader, o.clusterTolerations)),
  off("EventRateLimit", (o) => eventRateLimit(o.clock, o.eventLimits)),
  off("ExtendedResourceToleration", () => extendedResourceToleration),
  on("DefaultStorageClass", (o) => defaultStorageClass(o.reader)),
  on("StorageObjectInUseProtection", () => storageObjectInUseProtection),
  off("OwnerReferencesPermissionEnforcement", (o) =>
    ownerReferencesPermissionEnforcement(o.authorizer, o.pluralOf),
  ),
  on("PersistentVolumeClaimResize", (o) => persistentVolumeClaimResize(o.reader)),
  on("RuntimeClass", (o) => runtimeClass(o.reader)),
  on("CertificateApproval", (o) => certificateApproval(o.authorizer)),
  on("CertificateSigning", (o) => certificateSigning(o.authorizer)),
  on("ClusterTrustBundleAttest", (o) => clusterTrustBundleAttest(o.authorizer)),
  on("CertificateSubjectRestriction", () => certificateSubjectRestriction),
  on("DefaultIngressClass", (o) => defaultIngressClass(o.reader)),
  off("DenyServiceExternalIPs", () => denyServiceExternalIps),
  on("PodTopologyLabels", (o) => podTopologyLabels(o.reader)),
  on("MutatingAdmissionPolicy", (o) => mutatingAdmissionPolicy(o)),
  on("MutatingAdmissionWebhook", (o) => mutatingAdmissionWebhook(webhookOptions(o))),
  on("ValidatingAdmissionPolicy", (o) => validatingAdmissionPolicy(o)),
  on("ValidatingAdmissionWebhook", (o) => validatingAdmissionWebhook(webhookOptions(o))),
  on("ResourceQuota", ({ reader, clock, handle }) =>
    resourceQuota({ reader, clock, writeStatus: quotaStatusWriter(handle) }),
  ),
  off("AlwaysDeny", () => alwaysDeny),
];

function imagePolicy({ clock, imagePolicy: policy, webhookTransport }: AdmissionOptions) {
  if (!policy) throw new Error("ImagePolicyWebhook needs to be told where images are judged");
  const transport = webhookTransport ?? new HttpsWebhookTransport(clock);
  return imagePolicyWebhook({ clock, transport, policy });
}

function webhookOptions(options: Parts): WebhookOptions {
  const { reader, chance, clock, webhookTransport, resolveService } = options;
  return {
    ...options,
    transport: webhookTransport ?? new HttpsWebhookTransport(clock),
    resolve: resolveService ?? endpointResolver(reader, chance),
  };
}

/** Every plug-in there is, in order. */
export const admissionPluginNames: readonly string[] = entries.map(({ name }) => name);

/** What is wrong with the lists of plug-ins to switch on and off, as messages. */
export function admissionPluginErrors(
  enable: readonly string[] = [],
  disable: readonly string[] = [],
): string[] {
  const unknown = (flag: string, names: readonly string[]) =>
    names
      .filter((name) => !admissionPluginNames.includes(name))
      .map((name) => `${flag} plugin "${name}" is unknown`);
  const both = enable.filter((name) => disable.includes(name));
  return [
    ...unknown("enable-admission-plugins", enable),
    ...unknown("disable-admission-plugins", disable),
    ...both.map(
      (name) => `${name} in enable-admission-plugins and disable-admission-plugins overlapped`,
    ),
  ];
}

/** The plug-ins that are switched on, in order. Throws when the lists make no sense. */
export function admissionPlugins(options: AdmissionOptions): AdmissionPlugin[] {
  const { enable = [], disable = [] } = options;
  const [error] = admissionPluginErrors(enable, disable);
  if (error !== undefined) throw new Error(error);
  const { reader, view } = options;
  const parts: Parts = view ? { ...options, ...customKnowledge(reader, view) } : options;
  return entries
    .filter(({ name, isOnByDefault }) =>
      isOnByDefault ? !disable.includes(name) : enable.includes(name),
    )
    .map((entry) => entry.make(parts));
}
