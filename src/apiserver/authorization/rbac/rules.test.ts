import { expect, test } from "vitest";
import type { AuthorizationAttributes } from "../authorizer.ts";
import { type Rule, ruleAllows, uncovered } from "./rules.ts";

const core = (resources: string[], verbs: string[], resourceNames?: string[]): Rule => ({
  apiGroups: [""],
  resources,
  verbs,
  ...(resourceNames ? { resourceNames } : {}),
});
const paths = (nonResourceURLs: string[], verbs: string[]): Rule => ({ nonResourceURLs, verbs });

/** `get pods/log web`, or `get /healthz`. */
function asked(text: string): AuthorizationAttributes {
  const [verb = "", what = "", name = ""] = text.split(" ");
  const isResource = !what.startsWith("/");
  const [resource = "", subresource = ""] = isResource ? what.split("/") : [];
  const [plural = "", ...group] = resource.split(".");
  return {
    user: { name: "ann", groups: [] },
    verb,
    isResource,
    group: group.join("."),
    version: "v1",
    resource: plural,
    subresource,
    namespace: "",
    name,
    path: isResource ? "" : what,
  };
}

const allows: [Rule, string, boolean][] = [
  [core(["pods"], ["get"]), "get pods web", true],
  [core(["pods"], ["get"]), "list pods", false],
  [core(["pods"], ["*"]), "list pods", true],
  [core(["pods"], ["get"]), "get pods/log web", false],
  [core(["pods/log"], ["get"]), "get pods/log web", true],
  [core(["pods/log"], ["get"]), "get pods web", false],
  [core(["pods/*"], ["get"]), "get pods/log web", false],
  [core(["*/scale"], ["get"]), "get deployments/scale web", true],
  [core(["*/scale"], ["get"]), "get scale web", false],
  [core(["*"], ["get"]), "get pods/log web", true],
  [core(["*"], ["get"]), "get deployments.apps web", false],
  [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }, "get deployments.apps web", true],
  [{ apiGroups: ["apps"], resources: ["*"], verbs: ["*"] }, "get deployments.apps web", true],
  [core(["pods"], ["get"], ["web"]), "get pods web", true],
  [core(["pods"], ["get"], ["web"]), "get pods db", false],
  [core(["pods"], ["list"], ["web"]), "list pods", false],
  [core(["pods"], ["get"], []), "get pods db", true],
  [core(["*"], ["*"]), "get /healthz", false],
  [paths(["/healthz"], ["get"]), "get /healthz", true],
  [paths(["/healthz"], ["get"]), "get /healthz/etcd", false],
  [paths(["/healthz/*"], ["get"]), "get /healthz/etcd", true],
  [paths(["/healthz*"], ["get"]), "get /healthz", true],
  [paths(["*"], ["get"]), "get /anything", true],
  [paths(["*"], ["get"]), "post /anything", false],
  [paths(["*"], ["*"]), "get pods", false],
  [{ verbs: ["get"] }, "get pods", false],
];

test.each(allows)("%j: %s: %s", (rule, what, allowed) => {
  expect(ruleAllows(rule, asked(what))).toBe(allowed);
});

const all: Rule = { apiGroups: ["*"], resources: ["*"], verbs: ["*"] };
const owned: [string, Rule[], Rule[], Rule[]][] = [
  ["the same", [core(["pods"], ["get"])], [core(["pods"], ["get"])], []],
  ["everything", [all], [core(["pods", "nodes/proxy"], ["get", "list"], ["a"])], []],
  [
    "a part",
    [core(["pods"], ["get"])],
    [core(["pods"], ["get", "list"])],
    [core(["pods"], ["list"])],
  ],
  [
    "several rules that cover it together",
    [core(["pods"], ["get"]), core(["pods", "nodes"], ["list"])],
    [core(["pods"], ["get", "list"])],
    [],
  ],
  ["all names for one", [core(["pods"], ["get"])], [core(["pods"], ["get"], ["a"])], []],
  [
    "one name for all",
    [core(["pods"], ["get"], ["a"])],
    [core(["pods"], ["get"])],
    [core(["pods"], ["get"])],
  ],
  ["a wildcard with a list", [core(["pods"], ["get"])], [all], [all]],
  [
    "a resource for its subresource",
    [core(["pods"], ["get"])],
    [core(["pods/log"], ["get"])],
    [core(["pods/log"], ["get"])],
  ],
  ["a path's prefix", [paths(["/logs/*"], ["get"])], [paths(["/logs/a"], ["get"])], []],
  [
    "a path for its prefix",
    [paths(["/logs/a"], ["get"])],
    [paths(["/logs/*"], ["get"])],
    [paths(["/logs/*"], ["get"])],
  ],
  ["nothing", [], [], []],
];

test.each(owned)("who owns %s", (_what, has, wanted, missing) => {
  expect(uncovered(has, wanted)).toEqual(missing);
});
