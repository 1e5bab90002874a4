import "reflect-metadata";
import { webcrypto, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { expect, test } from "vitest";
import { certificateSigningRequests } from "#apis/certificates/certificate-signing-request.ts";
import { clusterRoleBindings } from "#apis/rbac/cluster-role-binding.ts";
import { systemChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";
import { silentLogger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { startCluster } from "#cluster/index.ts";
import { controllerManagerUser, controllerUser } from "#cluster/users.ts";
import { runControllers } from "#controllers/manager.ts";
import { createAuthority } from "#machinery/certificates/x509.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

async function newRequest(name: string): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const signingAlgorithm = algorithm;
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm,
  });
  return Buffer.from(made.toString("pem")).toString("base64");
}

test("what an administrator approves is signed; a kubelet's renewal needs no administrator", async () => {
  await using cluster = await startCluster({ nodes: 0, controllers: [] });
  const validity = {
    notBefore: new Date(systemClock.now() - 60_000),
    notAfter: new Date(systemClock.now() + 1e9),
  };
  const signer = await createAuthority("test", validity, systemChance);
  using stop = childSignal();
  void runControllers({
    client: cluster.clientFor(controllerManagerUser),
    clientFor: (account) => cluster.clientFor(controllerUser(account)),
    clock: cluster.clock,
    chance: systemChance,
    log: silentLogger,
    signal: stop.signal,
    signer,
    controllers: ["certificatesigningrequest-signing-controller"],
  });
  const { client } = cluster;
  const usages = ["client auth"];
  const jane = { metadata: { name: "jane" } };
  const made = await client.create(certificateSigningRequests, {
    ...jane,
    spec: {
      request: await newRequest("CN=jane,O=dev"),
      signerName: "kubernetes.io/kube-apiserver-client",
      usages,
      expirationSeconds: 3_600,
    },
  });
  const approved = { type: "Approved", status: "True", reason: "Fine", message: "fine" };
  const status = { conditions: [approved] };
  await client.update(certificateSigningRequests, { ...made, status }, { subresource: "approval" });
  const certificate = await cluster.eventually(async () => {
    const { status: now } = await client.get(certificateSigningRequests, { name: "jane" });
    return now?.certificate && new X509Certificate(Buffer.from(now.certificate, "base64"));
  });
  expect(certificate).toMatchObject({ subject: "O=dev\nCN=jane", issuer: "CN=test" });

  // Whether kubelets may is the cluster's choice; set-up tools bind this role.
  const role = "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient";
  const apiGroup = "rbac.authorization.k8s.io";
  await client.create(clusterRoleBindings, {
    metadata: { name: "renewal" },
    roleRef: { apiGroup, kind: "ClusterRole", name: role },
    subjects: [{ apiGroup, kind: "Group", name: "system:nodes" }],
  });
  const name = "system:node:n1";
  const node = cluster.clientFor({ name, groups: ["system:nodes", "system:authenticated"] });
  await node.create(certificateSigningRequests, {
    metadata: { name: "kubelet" },
    spec: {
      request: await newRequest(`O=system:nodes,CN=${name}`),
      signerName: "kubernetes.io/kube-apiserver-client-kubelet",
      usages: [...usages, "digital signature"],
    },
  });
  await cluster.eventually(async () => {
    const { status: now } = await client.get(certificateSigningRequests, { name: "kubelet" });
    expect(now?.conditions).toMatchObject([{ type: "Approved", reason: "AutoApproved" }]);
    return now?.certificate;
  });
});
