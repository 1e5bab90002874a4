import { beforeEach, expect, test } from "vitest";
import { persistentVolumes } from "#apis/core/persistent-volume.ts";
import { pods } from "#apis/core/pod.ts";
import { MemoryReader } from "../testkit.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";
import { NodeAuthorizer, nodeNameOf } from "./node.ts";

const n1 = { name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] };
let reader: MemoryReader;
let node: NodeAuthorizer;

/** A pod that refers to objects that are named after it. */
function pod(name: string, nodeName?: string) {
  return {
    metadata: { name, namespace: "shop" },
    spec: {
      ...(nodeName ? { nodeName } : {}),
      serviceAccountName: `${name}-account`,
      imagePullSecrets: [{ name: `${name}-pull` }],
      containers: [{ name: "c", envFrom: [{ configMapRef: { name: `${name}-env` } }] }],
      volumes: [
        { name: "s", secret: { secretName: `${name}-secret` } },
        { name: "d", persistentVolumeClaim: { claimName: `${name}-data` } },
      ],
    },
  };
}

beforeEach(() => {
  reader = new MemoryReader();
  node = new NodeAuthorizer(reader);
  reader.put(pods, pod("mine", "n1"));
  reader.put(pods, pod("theirs", "n2"));
  for (const owner of ["mine", "theirs"]) {
    const claimRef = { namespace: "shop", name: `${owner}-data` };
    reader.put(persistentVolumes, { metadata: { name: `${owner}-pv` }, spec: { claimRef } });
  }
  reader.put(persistentVolumes, { metadata: { name: "free-pv" }, spec: {} });
});

/** `verb resource[.group][/subresource] [namespace/name] [fieldSelector]`. */
function asked(text: string, user = n1): AuthorizationAttributes {
  const [verb = "", what = "", place = "", fieldSelector = ""] = text.split(" ");
  const [resource = "", subresource = ""] = what.split("/");
  const [plural = "", ...group] = resource.split(".");
  const [namespace = "", name = ""] = place.split("/");
  return {
    user,
    verb,
    isResource: true,
    group: group.join("."),
    version: "v1",
    resource: plural,
    subresource,
    namespace,
    name,
    path: "",
    fieldSelector,
  };
}

const allowed = [
  "get secrets shop/mine-secret",
  "watch secrets shop/mine-pull",
  "list secrets shop/ metadata.name=mine-secret",
  "get configmaps shop/mine-env",
  "get persistentvolumeclaims shop/mine-data",
  "get persistentvolumes /mine-pv",
  "get serviceaccounts shop/mine-account",
  "create serviceaccounts/token shop/mine-account",
  "get pods shop/mine",
  "list pods / spec.nodeName=n1",
  "watch pods / spec.nodeName=n1",
  "delete pods shop/mine",
  "patch pods/status shop/mine",
  "create pods/eviction shop/mine",
  "get nodes /n1",
  "watch nodes / metadata.name=n1",
  "patch nodes/status /n1",
  "create nodes /",
  "list services /",
  "create events shop/",
  "patch events.events.k8s.io shop/e",
  "get leases.coordination.k8s.io kube-node-lease/n1",
  "update leases.coordination.k8s.io kube-node-lease/n1",
  "create leases.coordination.k8s.io kube-node-lease/",
  "get csinodes.storage.k8s.io /n1",
  "list runtimeclasses.node.k8s.io /",
  "create tokenreviews.authentication.k8s.io /",
  "create subjectaccessreviews.authorization.k8s.io /",
  "create certificatesigningrequests.certificates.k8s.io /",
];
const refused = [
  "get secrets shop/theirs-secret",
  "get secrets other/mine-secret",
  "list secrets shop/",
  "list secrets /",
  "list secrets shop/ metadata.name!=mine-secret",
  "update secrets shop/mine-secret",
  "delete secrets shop/mine-secret",
  "get configmaps shop/theirs-env",
  "list persistentvolumeclaims shop/",
  "get persistentvolumeclaims shop/theirs-data",
  "update persistentvolumeclaims shop/mine-data",
  "get persistentvolumes /theirs-pv",
  "get persistentvolumes /free-pv",
  "get persistentvolumes /none",
  "list persistentvolumes /",
  "create serviceaccounts/token shop/theirs-account",
  "list serviceaccounts shop/",
  "list pods /",
  "list pods / spec.nodeName=n2",
  "update pods shop/mine",
  "get nodes /n2",
  "list nodes /",
  "delete nodes /n1",
  "get leases.coordination.k8s.io kube-node-lease/n2",
  "list leases.coordination.k8s.io kube-node-lease/",
  "get leases.coordination.k8s.io shop/n1",
  "get csinodes.storage.k8s.io /n2",
  "list volumeattachments.storage.k8s.io /",
  "get deployments.apps shop/web",
  "create clusterrolebindings.rbac.authorization.k8s.io /",
];

test.each(allowed)("node n1 may %s", (what) => {
  expect(node.authorize(asked(what)).decision).toBe("allow");
});

test.each(refused)("node n1 may not %s", (what) => {
  expect(node.authorize(asked(what)).decision).toBe("noOpinion");
});

test("what a pod refers to is read only as long as the pod is there", () => {
  const read = asked("get secrets shop/late-secret");
  reader.put(pods, pod("late"));
  expect(node.authorize(read).decision).toBe("noOpinion");
  reader.put(pods, pod("late", "n1"));
  expect(node.authorize(read).decision).toBe("allow");
  reader.remove(pods, "shop", "late");
  expect(node.authorize(read).decision).toBe("noOpinion");
});

test("what two pods refer to is read until both are gone", () => {
  const shared = (name: string) => ({
    ...pod("mine", "n1"),
    metadata: { name, namespace: "shop" },
  });
  reader.put(pods, shared("twin"));
  reader.remove(pods, "shop", "mine");
  expect(node.authorize(asked("get secrets shop/mine-secret")).decision).toBe("allow");
  reader.remove(pods, "shop", "twin");
  expect(node.authorize(asked("get secrets shop/mine-secret")).decision).toBe("noOpinion");
});

test.each([
  [{ name: "system:node:n1", groups: ["system:nodes"] }, "n1"],
  [{ name: "system:node:n1", groups: [] }, undefined],
  [{ name: "ann", groups: ["system:nodes"] }, undefined],
])("%j is the node %s", (user, name) => {
  expect(nodeNameOf(user)).toBe(name);
  const { decision } = node.authorize(asked("get secrets shop/mine-secret", user));
  expect(decision).toBe(name ? "allow" : "noOpinion");
});
