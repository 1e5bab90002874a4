import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FlagError, type FlagTable } from "#base/flags.ts";
import { aborted } from "#base/signal.ts";
import { openSqliteStore } from "#store/sqlite/sqlite-store.ts";
import { assembleApiServer, defaultIssuer } from "./api-server.ts";
import type { Component } from "./component.ts";
import { openPki } from "./pki.ts";
import { type AuthorizationMode, authorizationModes } from "./policies.ts";

const flags = {
  "data-dir": {
    type: "string",
    value: "DIR",
    doc: "Folder of the embedded store and the certificates.",
  },
  "bind-address": {
    type: "string",
    default: "0.0.0.0",
    value: "ADDRESS",
    doc: "Address to listen on.",
  },
  "advertise-address": {
    type: "string",
    value: "ADDRESS",
    doc: "Address at which others reach this server.",
  },
  "secure-port": {
    type: "integer",
    default: 6443,
    value: "PORT",
    doc: "Port to listen on; 0 takes a free one.",
  },
  "token-auth-file": {
    type: "string",
    value: "FILE",
    doc: 'Static tokens: token,user,uid[,"group1,group2"].',
  },
  "authorization-mode": {
    type: "list",
    default: ["Node", "RBAC"],
    value: "MODES",
    doc: "Authorization modes, in order.",
  },
  "anonymous-auth": {
    type: "boolean",
    default: true,
    doc: "Let requests without credentials in as system:anonymous.",
  },
  "allow-privileged": { type: "boolean", default: true, doc: "Allow privileged containers." },
  "service-account-issuer": {
    type: "string",
    default: defaultIssuer,
    value: "URL",
    doc: "Issuer of service account tokens.",
  },
  "service-cluster-ip-range": {
    type: "string",
    default: "10.96.0.0/16",
    value: "CIDR",
    doc: "Addresses of Services.",
  },
} as const satisfies FlagTable;

/** `cox kube-apiserver`: the API server alone, on the embedded store. */
export const kubeApiserver: Component<typeof flags> = {
  name: "kube-apiserver",
  summary: "serves the Kubernetes API from an embedded store",
  flags,
  async run(given, { clock, chance, log, signal }) {
    const folder = given["data-dir"];
    if (folder === undefined)
      throw new FlagError("--data-dir=DIR is needed: the store lives there");
    const modes = given["authorization-mode"];
    const unknown = modes.find((mode) => !(authorizationModes as readonly string[]).includes(mode));
    if (unknown !== undefined) {
      const known = authorizationModes.join(", ");
      throw new FlagError(`--authorization-mode: there is no mode ${unknown}; there are ${known}`);
    }
    const tokenFile = given["token-auth-file"];
    const staticTokens = tokenFile === undefined ? undefined : await readFile(tokenFile, "utf8");
    await using store = await openSqliteStore({ folder, clock, log });
    const advertised = given["advertise-address"];
    await using server = await assembleApiServer({
      store,
      clock,
      chance,
      log,
      signal,
      pki: openPki({ directory: join(folder, "pki"), clock, chance }),
      issuer: given["service-account-issuer"],
      staticTokens,
      authorizationModes: modes as AuthorizationMode[],
      anonymous: given["anonymous-auth"],
      allowPrivileged: given["allow-privileged"],
      ...(advertised === undefined ? {} : { advertiseAddress: advertised }),
      serviceCIDR: given["service-cluster-ip-range"],
      listen: {
        addresses: [given["bind-address"]],
        port: given["secure-port"],
        alternativeNames: advertised === undefined ? [] : [advertised],
      },
    });
    log.info("serving", { ...server.address });
    await aborted(signal);
  },
};
