import { expect, test } from "vitest";
import { requestInfo } from "./request-info.ts";

function info(method: string, url: string): string {
  const [path = "", query = ""] = url.split("?");
  const found = requestInfo(method, path, new URLSearchParams(query));
  if (!found.isResource) return `${found.verb} ${found.path}`;
  const { verb, group, version, resource, subresource, namespace, name, rest } = found;
  return [verb, `${group}/${version}`, resource, subresource, namespace, name, rest].join(" ");
}

test.each([
  ["GET", "/version", "get /version"],
  ["GET", "/api/v1", "get /api/v1"],
  ["GET", "/api/v1/pods", "list /v1 pods    "],
  ["GET", "/api/v1/pods?watch=true", "watch /v1 pods    "],
  ["GET", "/api/v1/pods?watch=True", "watch /v1 pods    "],
  ["GET", "/api/v1/pods?watch", "watch /v1 pods    "],
  ["GET", "/api/v1/pods?watch=False", "list /v1 pods    "],
  ["GET", "/api/v1/pods?watch=0", "list /v1 pods    "],
  ["GET", "/api/v1/watch/pods", "watch /v1 pods    "],
  ["GET", "/api/v1/namespaces/n/pods/p", "get /v1 pods  n p "],
  ["GET", "/api/v1/namespaces/n/pods/p?watch=1", "get /v1 pods  n p "],
  ["GET", "/api/v1/namespaces/n", "get /v1 namespaces  n n "],
  ["PUT", "/api/v1/namespaces/n/finalize", "update /v1 namespaces finalize n n "],
  ["GET", "/api/v1/namespaces/n/status", "get /v1 namespaces status n n "],
  ["DELETE", "/apis/apps/v1/namespaces/n/deployments", "deletecollection apps/v1 deployments  n  "],
  ["POST", "/api/v1/namespaces/n/pods/p/exec", "create /v1 pods exec n p "],
  ["GET", "/api/v1/nodes/n/proxy/a/b%2Fc", "get /v1 nodes proxy  n a/b/c"],
  ["GET", "/api/v1/nodes?fieldSelector=metadata.name%3Dn1", "list /v1 nodes   n1 "],
  [
    "PATCH",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Ab",
    "patch rbac.authorization.k8s.io/v1 clusterroles   a:b ",
  ],
])("%s %s", (method, url, expected) => {
  expect(info(method, url)).toBe(expected);
});

test("broken percent-encoding is a bad request", () => {
  expect(() => info("GET", "/api/v1/pods/%zz")).toThrowError("invalid URL escape");
});
