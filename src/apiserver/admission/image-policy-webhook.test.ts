import { expect, test } from "vitest";
import type { Pod } from "#apis/core/pod.ts";
import { AdmissionServer, podManifest } from "#testkit/admission-server.ts";
import type { WebhookAnswer } from "./webhooks/transport.ts";

/** A server whose images are judged by `answer`; what it was asked is written to `asked`. */
async function judgedBy(
  answer: (attempt: number) => WebhookAnswer,
  { defaultAllow = false, asked = [] as unknown[] } = {},
): Promise<AdmissionServer> {
  return AdmissionServer.start({
    enable: ["ImagePolicyWebhook"],
    imagePolicy: {
      endpoint: {
        host: "judge",
        port: 443,
        serverName: "judge",
        path: "/",
        ca: undefined,
        timeoutMs: 1_000,
      },
      allowTtlSeconds: 60,
      denyTtlSeconds: 60,
      retryBackoffMs: 1,
      defaultAllow,
    },
    webhookTransport: {
      post({ body }) {
        asked.push(JSON.parse(body));
        return Promise.resolve(answer(asked.length));
      },
    },
  });
}

const says = (status: object) => () => ({ status: 200, body: JSON.stringify({ status }) });
const pods = "/api/v1/namespaces/n/pods";

test("asks about the images, and about the same ones once", async () => {
  const asked: unknown[] = [];
  await using api = await judgedBy(says({ allowed: true }), { asked });
  const note = { annotations: { "a.image-policy.k8s.io/ticket": "7", other: "x" } };
  await api.post(pods, podManifest("a", {}, note));
  await api.post(pods, podManifest("b", {}, note));
  expect(asked).toEqual([
    {
      apiVersion: "imagepolicy.k8s.io/v1alpha1",
      kind: "ImageReview",
      spec: {
        containers: [{ image: "a" }],
        annotations: { "a.image-policy.k8s.io/ticket": "7" },
        namespace: "n",
      },
    },
  ]);
});

test.each([
  [{ allowed: false }, "one or more images rejected by webhook backend"],
  [
    { allowed: false, reason: "old" },
    "image policy webhook backend denied one or more images: old",
  ],
])("refuses as told: %j", async (status, message) => {
  await using api = await judgedBy(says(status));
  await expect(api.post(pods, podManifest("a"))).rejects.toMatchObject({
    code: 403,
    message: `pods "a" is forbidden: ${message}`,
  });
});

test("tries again after a passing failure", async () => {
  await using api = await judgedBy((attempt) =>
    attempt < 3 ? { status: 500, body: "" } : says({ allowed: true })(),
  );
  await api.post(pods, podManifest("a"));
});

test.each([
  [500, 5],
  [404, 1],
])("a webhook that answers %i is asked %i times, and the pod refused", async (status, times) => {
  const asked: unknown[] = [];
  await using api = await judgedBy(() => ({ status, body: "" }), { asked });
  await expect(api.post(pods, podManifest("a"))).rejects.toThrow(
    `Error contacting webhook: ${status}`,
  );
  expect(asked).toHaveLength(times);
});

test("lets a pod through unjudged where that is asked for, and marks it", async () => {
  await using api = await judgedBy(() => ({ status: 404, body: "" }), { defaultAllow: true });
  const pod = await api.post<Pod>(pods, podManifest("a"));
  expect(pod.metadata.annotations).toEqual({
    "alpha.image-policy.k8s.io/failed-open": "true",
  });
});
