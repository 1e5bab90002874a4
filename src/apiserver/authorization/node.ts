import { persistentVolumes } from "#apis/core/persistent-volume.ts";
import { claimNames, configMapNames, secretNames } from "#apis/core/pod-references.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AuthorizationAttributes, Authorizer, Decision } from "./authorizer.ts";
import { type Rule, ruleAllows } from "./rbac/rules.ts";

/**
 * The Node authorizer: a kubelet may read what the pods bound to its node refer to, and write its
 * own objects; nothing of other nodes.
 * https://kubernetes.io/docs/reference/access-authn-authz/node/
 */

const nodeUserPrefix = "system:node:";

/** The node behind a user, or undefined for users that are no nodes. */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(nodeUserPrefix) || !user.groups.includes("system:nodes"))
    return undefined;
  return user.name.slice(nodeUserPrefix.length);
}

/** What nodes may do without a look at which node asks; from the role `system:node`. */
const rulesOfAllNodes: readonly Rule[] = [
  rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
  rule(["authorization.k8s.io"], ["localsubjectaccessreviews", "subjectaccessreviews"], ["create"]),
  rule([""], ["services"], ["get", "list", "watch"]),
  rule([""], ["nodes"], ["create"]),
  rule([""], ["nodes", "nodes/status"], ["patch", "update"]),
  rule(["", "events.k8s.io"], ["events"], ["create", "patch", "update"]),
  rule([""], ["pods"], ["create", "delete"]),
  rule([""], ["pods/status"], ["patch", "update"]),
  rule([""], ["pods/eviction"], ["create"]),
  rule([""], ["endpoints"], ["get"]),
  rule(["certificates.k8s.io"], ["certificatesigningrequests"], ["create", "get", "list", "watch"]),
  rule(["storage.k8s.io"], ["csidrivers"], ["get", "list", "watch"]),
  rule(["node.k8s.io"], ["runtimeclasses"], ["get", "list", "watch"]),
  rule(["certificates.k8s.io"], ["clustertrustbundles"], ["get", "list", "watch"]),
];

function rule(apiGroups: string[], resources: string[], verbs: string[]): Rule {
  return { apiGroups, resources, verbs };
}

const noOpinion = (reason: string): Decision => ({ decision: "noOpinion", reason });
const allow: Decision = { decision: "allow", reason: "" };

export class NodeAuthorizer implements Authorizer, Disposable {
  readonly name = "Node";
  readonly #reader: ObjectReader;
  readonly #references = new NodeReferences();
  readonly #watch: Disposable;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
    this.#watch = reader.onChange(pods, (next, old) => this.#references.change(next, old));
  }

  authorize(asked: AuthorizationAttributes): Decision {
    const node = nodeNameOf(asked.user);
    if (node === undefined) return noOpinion("");
    if (!asked.isResource) return noOpinion("");
    switch (`${asked.group}/${asked.resource}`) {
      case "/secrets":
      case "/configmaps":
        return this.#readReferenced(node, asked);
      case "/persistentvolumeclaims":
        if (asked.subresource === "status") return this.#ifReferenced(node, asked);
        return asked.verb === "get"
          ? this.#ifReferenced(node, asked)
          : noOpinion("only get is allowed");
      case "/persistentvolumes":
        return this.#persistentVolume(node, asked);
      case "/serviceaccounts":
        return this.#serviceAccount(node, asked);
      case "/pods":
        return readsOwnPods(node, asked) ?? this.#byRule(asked);
      case "/nodes":
        return readsOwnNode(node, asked) ?? this.#byRule(asked);
      case "coordination.k8s.io/leases":
        return ownLease(node, asked);
      case "storage.k8s.io/csinodes":
        return asked.name === node || asked.verb === "create"
          ? allow
          : noOpinion("can only access its own CSINode");
      case "resource.k8s.io/resourceslices":
        return allow;
      case "storage.k8s.io/volumeattachments":
      case "resource.k8s.io/resourceclaims":
        return asked.verb === "get" ? allow : noOpinion("only get is allowed");
      default:
        return this.#byRule(asked);
    }
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #byRule(asked: AuthorizationAttributes): Decision {
    return rulesOfAllNodes.some((one) => ruleAllows(one, asked)) ? allow : noOpinion("");
  }

  #readReferenced(node: string, asked: AuthorizationAttributes): Decision {
    if (!["get", "list", "watch"].includes(asked.verb) || asked.subresource !== "") {
      return noOpinion("only get, list and watch are allowed");
    }
    const name = asked.name || selected(asked.fieldSelector, "metadata.name");
    return this.#ifReferenced(node, { ...asked, name });
  }

  #ifReferenced(node: string, { resource, namespace, name }: AuthorizationAttributes): Decision {
    if (this.#references.has(node, referenceKey(resource, namespace, name))) return allow;
    return noOpinion(`no relationship found between node '${node}' and this object`);
  }

  #persistentVolume(node: string, asked: AuthorizationAttributes): Decision {
    if (asked.verb !== "get") return noOpinion("only get is allowed");
    const claim = this.#reader.get(persistentVolumes, "", asked.name)?.spec.claimRef;
    if (!claim) return noOpinion(`no relationship found between node '${node}' and this object`);
    const { namespace = "", name = "" } = claim;
    return this.#ifReferenced(node, {
      ...asked,
      resource: "persistentvolumeclaims",
      namespace,
      name,
    });
  }

  #serviceAccount(node: string, asked: AuthorizationAttributes): Decision {
    const creates = asked.verb === "create" && asked.subresource === "token";
    const reads = asked.verb === "get" && asked.subresource === "";
    return creates || reads
      ? this.#ifReferenced(node, asked)
      : noOpinion("only tokens can be created");
  }
}

/** Pods may be listed and watched by the node they are bound to (KEP-4601). */
function readsOwnPods(node: string, asked: AuthorizationAttributes): Decision | undefined {
  if (asked.subresource !== "" || !["get", "list", "watch"].includes(asked.verb)) return undefined;
  if (asked.verb === "get") return allow;
  if (selected(asked.fieldSelector, "spec.nodeName") === node) return allow;
  return noOpinion("can only list/watch pods with spec.nodeName field selector");
}

function readsOwnNode(node: string, asked: AuthorizationAttributes): Decision | undefined {
  if (asked.subresource !== "" || !["get", "list", "watch"].includes(asked.verb)) return undefined;
  const name = asked.name || selected(asked.fieldSelector, "metadata.name");
  return name === node
    ? allow
    : noOpinion(`node '${node}' cannot read '${name}', only its own Node object`);
}

function ownLease(node: string, asked: AuthorizationAttributes): Decision {
  if (asked.namespace !== "kube-node-lease")
    return noOpinion("can only access leases in kube-node-lease");
  if (!["get", "create", "update", "patch", "delete"].includes(asked.verb)) {
    return noOpinion("can only get, create, update, patch, or delete a node lease");
  }
  if (asked.verb !== "create" && asked.name !== node)
    return noOpinion("can only access its own lease");
  return allow;
}

/** The one value of `field` that a field selector lets through; "" when it lets through more. */
function selected(fieldSelector: string | undefined, field: string): string {
  for (const term of (fieldSelector ?? "").split(",")) {
    const [, name, value] = /^([^=!]+)==?([^=]*)$/.exec(term) ?? [];
    if (name === field) return value!;
  }
  return "";
}

function referenceKey(resource: string, namespace: string, name: string): string {
  return `${resource}/${namespace}/${name}`;
}

/** Which objects the pods of each node refer to, counted, as the pods come and go. */
class NodeReferences {
  readonly #byNode = new Map<string, Map<string, number>>();

  has(node: string, key: string): boolean {
    return this.#byNode.get(node)?.has(key) ?? false;
  }

  change(next: DeepReadonly<Pod> | undefined, old: DeepReadonly<Pod> | undefined): void {
    // References are fixed once a pod is bound, but for ephemeral containers.
    const same = next?.spec.nodeName === old?.spec.nodeName;
    if (next && same && next.spec.ephemeralContainers === old?.spec.ephemeralContainers) return;
    if (next) this.#count(next, 1);
    if (old) this.#count(old, -1);
  }

  #count(pod: DeepReadonly<Pod>, by: 1 | -1): void {
    const node = pod.spec.nodeName;
    if (!node) return;
    const counts = this.#byNode.get(node) ?? new Map<string, number>();
    this.#byNode.set(node, counts);
    for (const key of referencesOf(pod)) {
      const left = (counts.get(key) ?? 0) + by;
      if (left > 0) counts.set(key, left);
      else counts.delete(key);
    }
    if (counts.size === 0) this.#byNode.delete(node);
  }
}

function referencesOf({ metadata, spec }: DeepReadonly<Pod>): string[] {
  const { namespace = "", name } = metadata;
  const keys = (resource: string, names: Iterable<string>) =>
    [...names].map((referred) => referenceKey(resource, namespace, referred));
  return [
    ...keys("secrets", secretNames(spec)),
    ...keys("configmaps", configMapNames(spec)),
    ...keys("persistentvolumeclaims", claimNames(spec, name)),
    ...keys("serviceaccounts", spec.serviceAccountName ? [spec.serviceAccountName] : []),
  ];
}
