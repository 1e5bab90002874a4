import { isIP } from "node:net";
import { type ApiServer, startApiServer } from "#apiserver/server.ts";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { loop } from "#base/loop.ts";
import type { Store } from "#store/store.ts";
import type { Pki, Wanted } from "./pki.ts";
import { type AuthorizationMode, policies } from "./policies.ts";

/** The issuer of service account tokens and the API's audience, as upstream's tools set it. */
export const defaultIssuer = "https://kubernetes.default.svc.cluster.local";

export interface ApiServerSettings {
  store: Store;
  clock: Clock;
  chance: Chance;
  log: Logger;
  signal: AbortSignal;
  pki: Pki;
  issuer?: string;
  staticTokens?: string | undefined;
  authorizationModes?: readonly AuthorizationMode[];
  anonymous?: boolean;
  allowPrivileged?: boolean;
  serviceCIDR?: string;
  /** Where pods and others reach this server; the endpoint of the Service `kubernetes`. */
  advertiseAddress?: string;
  /** None: reached in-process only. */
  listen?: ListenSettings;
}

export interface ListenSettings {
  /** Addresses to listen on, all at the same port. */
  addresses: readonly string[];
  port: number;
  /** Names and addresses that the certificate is for, beside the usual ones. */
  alternativeNames?: readonly string[];
}

const renewalCheckMs = 12 * 3_600_000;

/** An API server with upstream's policies and certificates that it makes and renews itself. */
export async function assembleApiServer(settings: ApiServerSettings): Promise<ApiServer> {
  const { pki, listen, clock, chance, log, signal } = settings;
  const wanted = servingCertificate(settings);
  const [tokenKey, serving, clientCa] = await Promise.all([
    pki.tokenKey(),
    listen && pki.certificate("apiserver", "ca", wanted),
    listen && pki.authority("ca"),
  ]);
  const issuer = settings.issuer ?? defaultIssuer;
  const { staticTokens, authorizationModes } = settings;
  const server = await startApiServer({
    store: settings.store,
    clock,
    chance,
    log,
    policies: policies({
      clock,
      chance,
      tokenKey,
      issuer,
      staticTokens,
      ...(authorizationModes ? { authorizationModes } : {}),
    }),
    ...(listen ? { kubelet: await kubeletCredentials(pki) } : {}),
    ...(settings.serviceCIDR ? { serviceCIDR: settings.serviceCIDR } : {}),
    ...(settings.advertiseAddress ? { advertiseAddress: settings.advertiseAddress } : {}),
    anonymous: settings.anonymous ?? true,
    allowPrivileged: settings.allowPrivileged ?? true,
    ...(listen && serving
      ? {
          listen: {
            host: listen.addresses[0] ?? "127.0.0.1",
            moreHosts: listen.addresses.slice(1),
            port: listen.port,
            certificate: { cert: serving.certificate, key: serving.key },
            clientCa: clientCa!.certificate,
          },
        }
      : {}),
  });
  if (listen) {
    void loop({
      name: "certificate-renewal",
      clock,
      log,
      signal,
      everyMs: renewalCheckMs,
      async body() {
        const { certificate, key } = await pki.certificate("apiserver", "ca", wanted);
        server.useCertificate({ cert: certificate, key });
      },
    });
  }
  return server;
}

/** What the server shows kubelets when it asks them for logs and streams. */
async function kubeletCredentials(pki: Pki) {
  const { certificate, key } = await pki.certificate("apiserver-kubelet-client", "ca", {
    commonName: "kube-apiserver-kubelet-client",
    organizations: ["system:masters"],
    usages: ["client"],
  });
  return { cert: certificate, key, ca: (await pki.authority("ca")).certificate };
}

/** The names by which clients and pods reach the server. */
function servingCertificate({ listen, serviceCIDR = "10.96.0.0/16" }: ApiServerSettings): Wanted {
  const named = [...(listen?.addresses ?? []), ...(listen?.alternativeNames ?? [])];
  const addresses = named.filter((one) => isIP(one) !== 0 && one !== "0.0.0.0" && one !== "::");
  const dnsNames = named.filter((one) => isIP(one) === 0);
  return {
    commonName: "kube-apiserver",
    usages: ["server"],
    dnsNames: [
      "localhost",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster.local",
      ...dnsNames,
    ],
    addresses: [...new Set(["127.0.0.1", firstAddress(serviceCIDR), ...addresses])],
  };
}

/** The first address of a range, which the Service `kubernetes` has. */
export function firstAddress(cidr: string): string {
  const [base = ""] = cidr.split("/");
  const parts = base.split(".").map(Number);
  return [...parts.slice(0, 3), (parts[3] ?? 0) + 1].join(".");
}
