import type { Chance } from "#base/chance.ts";
import { nameSuffix } from "#base/chance.ts";
import { allContainers, secretNames } from "#apis/core/pod-references.ts";
import type { Pod } from "#apis/core/pod.ts";
import { type ServiceAccount, serviceAccounts } from "#apis/core/service-account.ts";
import type { Volume } from "#apis/core/volume.ts";
import { forbidden } from "#machinery/errors.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";

/** Where clients in a pod look for their token, CA and namespace. */
const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const volumePrefix = "kube-api-access-";
/** The kubelet refreshes it at 80 %; the odd 7 s tell it from tokens asked for by hand. */
const tokenExpirationSeconds = 3_607;
const enforceMountable = "kubernetes.io/enforce-mountable-secrets";
const podResource = { group: "", resource: "pods" };

/**
 * Every pod runs as a service account: `default` unless it says otherwise. The account must exist,
 * and its token is mounted (as a projected, refreshed volume) unless one of both says no.
 */
export function serviceAccount(reader: ObjectReader, chance: Chance): AdmissionPlugin {
  async function accountOf(a: AdmissionAttributes, name: string) {
    const account =
      reader.get(serviceAccounts, a.namespace, name) ??
      (await reader.getFresh(serviceAccounts, a.namespace, name));
    if (account) return account;
    const why = `error looking up service account ${a.namespace}/${name}: serviceaccount "${name}" not found`;
    throw forbidden(podResource, a.name, why);
  }

  return {
    name: "ServiceAccount",
    matches: {
      operations: ["CREATE", "UPDATE"],
      resources: ["/pods", "/pods/ephemeralcontainers"],
    },
    async admit(a) {
      if (a.operation !== "CREATE" || a.subresource !== "") return;
      const pod = a.object as Pod;
      // Mirror pods speak for the kubelet, not for an account.
      if (pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) return;
      const { spec } = pod;
      const name = spec.serviceAccountName || "default";
      spec.serviceAccountName = name;
      // The field's old name is still shown.
      spec.serviceAccount = name;
      const account = await accountOf(a, name);
      if (mountsToken(account, pod)) mountToken(pod, chance);
      if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
        spec.imagePullSecrets = account.imagePullSecrets.map((reference) => ({ ...reference }));
      }
    },
    async validate(a) {
      const pod = a.object as Pod;
      if (a.operation === "CREATE" && pod.metadata.annotations?.["kubernetes.io/config.mirror"]) {
        refuseMirrorPod(a, pod);
        return;
      }
      const account = reader.get(serviceAccounts, a.namespace, pod.spec.serviceAccountName ?? "");
      if (account?.metadata.annotations?.[enforceMountable] !== "true") return;
      checkMountable(a, pod, account);
    },
  };
}

function mountsToken(account: DeepReadonly<ServiceAccount>, { spec }: Pod): boolean {
  return spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

function mountToken({ spec }: Pod, chance: Chance): void {
  const existing = spec.volumes?.find(({ name }) => name.startsWith(volumePrefix));
  const name = existing?.name ?? `${volumePrefix}${nameSuffix(chance)}`;
  let needed = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === mountPath)) continue;
    const mount = { name, readOnly: true, mountPath };
    container.volumeMounts = [...(container.volumeMounts ?? []), mount];
    needed = true;
  }
  if (needed && !existing) spec.volumes = [...(spec.volumes ?? []), accessVolume(name)];
}

function accessVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenExpirationSeconds, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [
              {
                path: "namespace",
                fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" },
              },
            ],
          },
        },
      ],
    },
  };
}

function refuseMirrorPod(a: AdmissionAttributes, { spec }: Pod): void {
  if (spec.serviceAccountName) {
    throw forbidden(podResource, a.name, "a mirror pod may not reference service accounts");
  }
  if (secretNames(spec).size > 0) {
    throw forbidden(podResource, a.name, "a mirror pod may not reference secrets");
  }
  const projects = spec.volumes?.some(({ projected }) =>
    projected?.sources?.some((source) => source.serviceAccountToken),
  );
  if (projects) {
    throw forbidden(
      podResource,
      a.name,
      "a mirror pod may not use ServiceAccountToken volume projections",
    );
  }
}

function checkMountable(
  a: AdmissionAttributes,
  pod: Pod,
  account: DeepReadonly<ServiceAccount>,
): void {
  const allowed = new Set((account.secrets ?? []).map(({ name }) => name));
  const pulls = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  const owner = account.metadata.name;
  const refuse = (what: string): never => {
    throw forbidden(podResource, a.name, what);
  };
  for (const { name, secret } of pod.spec.volumes ?? []) {
    if (!secret?.secretName || allowed.has(secret.secretName)) continue;
    refuse(
      `volume with secret.secretName="${secret.secretName}" is not allowed because service account ` +
        `${owner} does not reference that secret (volume ${name})`,
    );
  }
  for (const container of allContainers(pod.spec)) {
    const used = [
      ...(container.env ?? []).map((variable) => variable.valueFrom?.secretKeyRef?.name),
      ...(container.envFrom ?? []).map((source) => source.secretRef?.name),
    ];
    const stranger = used.find((name) => name && !allowed.has(name));
    if (!stranger) continue;
    refuse(
      `container ${container.name} with secret "${stranger}" is not allowed because service account ` +
        `${owner} does not reference that secret`,
    );
  }
  const pull = pod.spec.imagePullSecrets?.find(({ name }) => !pulls.has(name));
  if (pull) {
    refuse(
      `imagePullSecrets="${pull.name}" is not allowed because service account ${owner} does not ` +
        "reference that imagePullSecret",
    );
  }
}
