import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AdmissionServer, podManifest } from "#testkit/admission-server.ts";
import { seededChance, systemChance } from "#base/chance.ts";
import { createAuthority, issueCertificate } from "#machinery/certificates/x509.ts";
import type { ConfigMap } from "#apis/core/config-map.ts";
import type { Pod } from "#apis/core/pod.ts";
import { endpointResolver } from "./service-endpoint.ts";

interface Review {
  request: {
    uid: string;
    kind: { kind: string };
    operation: string;
    name: string;
    namespace: string;
    dryRun: boolean;
    userInfo: { username: string };
    object: { metadata: { name: string }; data?: Record<string, string> } | null;
    oldObject: object | null;
  };
}

/** What the webhook does with a request at some path; undefined: it never answers. */
type Behaviour = (request: Review["request"]) => object | undefined;

const patched = (...operations: object[]) => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});

const behaviours: Record<string, Behaviour> = {
  "/deny": () => ({
    allowed: false,
    status: { message: "not today", code: 403, reason: "Forbidden" },
  }),
  "/silent-deny": () => ({ allowed: false }),
  "/warn": () => ({ allowed: true, warnings: ["look out"] }),
  "/never": () => undefined,
  "/add-a": ({ object }) =>
    object?.data?.["start"] === undefined
      ? { allowed: true }
      : patched({ op: "add", path: "/data/a", value: "1" }),
  "/add-b": ({ object }) =>
    object?.data?.["a"] === undefined
      ? { allowed: true }
      : patched({ op: "add", path: "/data/b", value: "1" }),
  "/init": () =>
    patched({ op: "add", path: "/spec/initContainers", value: [{ name: "i", image: "b" }] }),
  "/wrong-uid": () => ({ uid: "other", allowed: true }),
  "/bad-patch": () => patched({ op: "remove", path: "/nope" }),
  "/unknown-field": () => patched({ op: "add", path: "/surprise", value: 1 }),
};

let https: Server;
let port: number;
let caBundle: string;
let api: AdmissionServer;
const seen: { path: string; request: Review["request"] }[] = [];

beforeAll(async () => {
  const validity = { notBefore: new Date(0), notAfter: new Date("2100-01-01") };
  const authority = await createAuthority("test", validity, systemChance);
  const request = {
    commonName: "hook",
    dnsNames: ["hook.n.svc"],
    addresses: ["127.0.0.1"],
    usages: ["server" as const],
    ...validity,
  };
  const { certificate, key } = await issueCertificate(authority, request, systemChance);
  caBundle = Buffer.from(authority.certificate).toString("base64");
  https = createServer({ cert: certificate, key }, (incoming, outgoing) => {
    let text = "";
    incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
    incoming.on("end", () => {
      const path = (incoming.url ?? "").split("?")[0]!;
      if (path === "/broken") return outgoing.writeHead(500).end("oh");
      const { request } = JSON.parse(text) as Review;
      seen.push({ path, request });
      const response = behaviours[path]!(request);
      if (!response) return undefined;
      const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" };
      return outgoing.end(
        JSON.stringify({ ...review, response: { uid: request.uid, ...response } }),
      );
    });
  });
  await new Promise<void>((resolve) => void https.listen(0, "127.0.0.1", resolve));
  port = (https.address() as AddressInfo).port;
});

beforeEach(async () => {
  seen.length = 0;
  api = await AdmissionServer.start();
  return () => api[Symbol.asyncDispose]();
});

afterAll(() => https.closeAllConnections());
afterAll(() => void https.close());

interface Hook {
  kind?: "Validating" | "Mutating";
  path: string;
  resources?: string[];
  [field: string]: unknown;
}

function webhook({ path, resources = ["configmaps"], kind: _kind, ...more }: Hook, index = 0) {
  return {
    name: `h${index}.example.com`,
    clientConfig: { url: `https://127.0.0.1:${port}${path}`, caBundle },
    rules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources, scope: "*" }],
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    ...more,
  };
}

async function register(...hooks: Hook[]): Promise<void> {
  for (const [index, hook] of hooks.entries()) {
    const kind = (hook.kind ?? "Validating").toLowerCase();
    const path = `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`;
    const body = { metadata: { name: `w${index}` }, webhooks: [webhook(hook, index)] };
    await api.post(path, body);
  }
}

const configMaps = "/api/v1/namespaces/n/configmaps";
const create = (name: string, data: Record<string, string> = {}) =>
  api.post<ConfigMap>(configMaps, { metadata: { name }, data });

describe("validating webhooks", () => {
  test("a denial is told in the webhook's words", async () => {
    await register({ path: "/deny" });
    await expect(create("x")).rejects.toMatchObject({
      code: 403,
      reason: "Forbidden",
      message: 'admission webhook "h0.example.com" denied the request: not today',
    });
  });

  test("a denial without explanation is a 400", async () => {
    await register({ path: "/silent-deny" });
    await expect(create("x")).rejects.toMatchObject({
      code: 400,
      message: 'admission webhook "h0.example.com" denied the request without explanation',
    });
  });

  test("the review says who does what", async () => {
    await register({ path: "/warn" });
    await create("x", { k: "v" });
    expect(api.warnings[0]).toContain("look out");
    expect(seen[0]?.request).toMatchObject({
      kind: { group: "", version: "v1", kind: "ConfigMap" },
      resource: { group: "", version: "v1", resource: "configmaps" },
      operation: "CREATE",
      name: "x",
      namespace: "n",
      dryRun: false,
      userInfo: { username: "tester" },
      object: { kind: "ConfigMap", data: { k: "v" } },
      oldObject: null,
    });
  });

  test.each([
    [
      "a namespace selector that does not match",
      { namespaceSelector: { matchLabels: { a: "b" } } },
    ],
    ["an object selector that does not match", { objectSelector: { matchLabels: { a: "b" } } }],
    [
      "a match condition that is false",
      { matchConditions: [{ name: "c", expression: "object.metadata.name != 'x'" }] },
    ],
    [
      "other operations",
      {
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["DELETE"], resources: ["*"] }],
      },
    ],
  ])("%s: it is not asked", async (_what, more) => {
    await register({ path: "/deny", ...more });
    await create("x");
    expect(seen).toEqual([]);
  });

  test("a deletion shows the old object only", async () => {
    await create("x");
    await register({ path: "/warn" });
    await api.send("DELETE", `${configMaps}/x`);
    expect(seen[0]?.request).toMatchObject({ operation: "DELETE", object: null });
    expect(seen[0]?.request.oldObject).toMatchObject({ metadata: { name: "x" } });
  });

  test("an Equivalent rule for another version sees the object in that version", async () => {
    const rule = { apiGroups: ["autoscaling"], apiVersions: ["v1"], operations: ["*"] };
    const rules = [{ ...rule, resources: ["horizontalpodautoscalers"] }];
    await register({ path: "/warn", rules }, { path: "/warn", rules, matchPolicy: "Exact" });
    await api.post("/apis/autoscaling/v2/namespaces/n/horizontalpodautoscalers", {
      metadata: { name: "h" },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" },
      },
    });
    expect(seen.map(({ request }) => request)).toMatchObject([
      {
        kind: { version: "v1" },
        requestKind: { version: "v2" },
        object: { apiVersion: "autoscaling/v1" },
      },
    ]);
  });
});

describe("when a webhook fails", () => {
  test.each([
    ["/broken", {}, "failed to call webhook: 500: oh"],
    ["/wrong-uid", {}, "expected response.uid="],
    ["/never", { timeoutSeconds: 1 }, "context deadline exceeded"],
  ])("%s: a 500 by default", async (path, more, message) => {
    await register({ path, ...more });
    const failed = create("x");
    await expect(failed).rejects.toMatchObject({ code: 500, reason: "InternalError" });
    await expect(failed).rejects.toThrow('failed calling webhook "h0.example.com"');
    await expect(failed).rejects.toThrow(message);
  });

  test("nobody cares with failurePolicy Ignore", async () => {
    await register({ path: "/broken", failurePolicy: "Ignore" });
    await create("x");
  });

  test("a dry run needs a webhook without side effects", async () => {
    await register({ path: "/warn", sideEffects: "NoneOnDryRun" });
    await api.post(`${configMaps}?dryRun=All`, { metadata: { name: "x" } });
    expect(seen.at(-1)?.request.dryRun).toBe(true);
  });

  test("an unknown Service is named", async () => {
    const service = { namespace: "n", name: "hook", path: "/deny" };
    await register({ path: "", clientConfig: { service, caBundle } });
    await expect(create("x")).rejects.toThrow('service "hook" not found');
  });
});

describe("a webhook behind a Service", () => {
  const service = { namespace: "n", name: "hook", path: "/deny" };

  test("is asked by the Service's own name, wherever that is", async () => {
    const resolveService = () => ({ host: "127.0.0.1", port });
    await using other = await AdmissionServer.start({ resolveService });
    await other.post("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", {
      metadata: { name: "w" },
      webhooks: [webhook({ path: "", clientConfig: { service, caBundle } })],
    });
    const made = other.post(configMaps, { metadata: { name: "x" } });
    await expect(made).rejects.toThrow("not today");
  });

  test("is found at an endpoint that is ready", async () => {
    await api.post("/api/v1/namespaces/n/services", {
      metadata: { name: "hook" },
      spec: { ports: [{ name: "https", port: 443, targetPort: 8443 }], clusterIP: "None" },
    });
    const resolve = endpointResolver(api.reader, seededChance(1));
    expect(() => resolve("n", "hook", 443)).toThrow('no endpoints available for service "hook"');
    await api.post("/apis/discovery.k8s.io/v1/namespaces/n/endpointslices", {
      metadata: { name: "hook-1", labels: { "kubernetes.io/service-name": "hook" } },
      addressType: "IPv4",
      ports: [{ name: "https", port: 8443 }],
      endpoints: [
        { addresses: ["192.0.2.1"], conditions: { ready: false } },
        { addresses: ["192.0.2.2"], conditions: { ready: true } },
      ],
    });
    expect(resolve("n", "hook", 443)).toEqual({ host: "192.0.2.2", port: 8443 });
    expect(() => resolve("n", "hook", 80)).toThrow("no service port 80 found");
  });
});

describe("mutating webhooks", () => {
  test("each sees what the one before has made", async () => {
    await register({ kind: "Mutating", path: "/add-a" }, { kind: "Mutating", path: "/add-b" });
    const made = await create("x", { start: "1" });
    expect(made.data).toEqual({ start: "1", a: "1", b: "1" });
  });

  test("one that wants to is asked again when a later one has changed the object", async () => {
    await register(
      { kind: "Mutating", path: "/add-b", reinvocationPolicy: "IfNeeded" },
      { kind: "Mutating", path: "/add-a" },
    );
    const made = await create("x", { start: "1" });
    expect(made.data).toEqual({ start: "1", a: "1", b: "1" });
    expect(seen.map(({ path }) => path)).toEqual(["/add-b", "/add-a", "/add-b"]);
  });

  test("one that does not is not", async () => {
    await register({ kind: "Mutating", path: "/add-b" }, { kind: "Mutating", path: "/add-a" });
    expect((await create("x", { start: "1" })).data).toEqual({ start: "1", a: "1" });
  });

  test("defaults are applied to what was added, and unknown fields go", async () => {
    await register(
      { kind: "Mutating", path: "/init", resources: ["pods"] },
      { kind: "Mutating", path: "/unknown-field", resources: ["pods"] },
    );
    const pod = await api.post<Pod>("/api/v1/namespaces/n/pods", podManifest("p"));
    expect(pod.spec.initContainers?.[0]).toMatchObject({ terminationMessagePolicy: "File" });
    expect(pod).not.toHaveProperty("surprise");
  });

  test("a generated name survives a change of the object", async () => {
    await register({ kind: "Mutating", path: "/add-a" });
    const body = { metadata: { generateName: "x-" }, data: { start: "1" } };
    const made = await api.post<ConfigMap>(configMaps, body);
    expect(made.metadata.name).toMatch(/^x-.{5}$/);
    expect(made.data).toEqual({ start: "1", a: "1" });
  });

  test("a patch that does not apply is the webhook's fault", async () => {
    await register({ kind: "Mutating", path: "/bad-patch" });
    await expect(create("x")).rejects.toMatchObject({ code: 500 });
  });

  test("webhook configurations themselves are never shown", async () => {
    await register(
      { path: "/deny", resources: ["*"] },
      { kind: "Mutating", path: "/unknown-field", resources: ["*"] },
    );
    const path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/w0";
    await api.send("DELETE", path);
    expect(seen).toEqual([]);
  });
});
