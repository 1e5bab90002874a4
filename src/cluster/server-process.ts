import { isIP } from "node:net";
import { join } from "node:path";
import { FlagError, type FlagTable } from "#base/flags.ts";
import { aborted } from "#base/signal.ts";
import { readClusterFile } from "#node/cluster-file.ts";
import { nodePaths } from "#node/paths.ts";
import { hollowNodes } from "#sim/hollow-nodes.ts";
import { openSqliteStore } from "#store/sqlite/sqlite-store.ts";
import { installAddons } from "./addons.ts";
import type { Component } from "./component.ts";
import { startControlPlane } from "./control-plane.ts";
import { kubeconfigFor } from "./kubeconfigs.ts";
import { prepareKubeletServer } from "./kubelet-server.ts";
import { openPki, writePrivateFile } from "./pki.ts";
import { adminUser, dnsUser, nodeUser, proxyUser } from "./users.ts";

const flags = {
  "data-dir": { type: "string", value: "DIR", doc: "The cluster's folder, with its cluster.json." },
} as const satisfies FlagTable;

/** What `cox up` starts first: API server, controllers and scheduler in one process. */
export const serverProcess: Component<typeof flags> = {
  name: "server",
  summary: "the control plane of `cox up`",
  flags,
  async run(given, { clock, chance, log, signal }) {
    const folder = given["data-dir"];
    if (folder === undefined) throw new FlagError("--data-dir=DIR is needed");
    const paths = nodePaths(folder);
    const cluster = readClusterFile(paths.clusterFile);
    const { apiServer: api } = cluster;
    const pki = openPki({ directory: join(folder, "pki"), clock, chance });
    const opening = openSqliteStore({ folder: join(folder, "store"), clock, log });
    await using store = await opening;
    await using plane = await startControlPlane({
      store,
      clock,
      chance,
      log,
      pki,
      podCIDR: cluster.podCIDR,
      apiServer: {
        serviceCIDR: cluster.serviceCIDR,
        ...(isIP(api.host) ? { advertiseAddress: api.host } : {}),
        listen: {
          addresses: api.bindAddresses,
          port: api.port,
          alternativeNames: [api.host, cluster.nodeName],
        },
      },
    });
    await installAddons(plane.admin, { clusterDNS: cluster.clusterDNS });
    await using hollow = hollowNodes({
      reader: plane.admin,
      clientFor: (name) => plane.clientFor(nodeUser(name)),
      clock,
      chance,
      log,
    });
    for (let i = 1; i <= cluster.hollowNodes; i++) await hollow.add(`hollow-${i}`);
    const local = `https://127.0.0.1:${api.port}`;
    if (cluster.node) await prepareKubeletServer(pki, cluster);
    const users = [
      { name: "agent", user: nodeUser(cluster.nodeName) },
      { name: "kube-proxy", user: proxyUser },
      { name: "dns", user: dnsUser },
    ];
    for (const { name, user } of users) {
      const text = await kubeconfigFor(pki, user, { name, server: local });
      await writePrivateFile(join(folder, `${name}.kubeconfig`), text);
    }
    const server = `https://${api.host}:${api.port}`;
    const admin = await kubeconfigFor(pki, adminUser, { name: "admin", server });
    // Last: its presence says that all is ready.
    await writePrivateFile(paths.kubeconfig, admin);
    log.info("ready", { server: local });
    await aborted(signal);
  },
};
