import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * The pods' network on this node, by the reference CNI plug-ins: a bridge that is the pods'
 * gateway, addresses handed out from the node's range, host ports by portmap. Traffic that leaves
 * the machine is masqueraded by `egress.ts` with one rule for all pods, not by a rule per pod.
 */
export interface CniOptions {
  /** Name of the Linux bridge and of the CNI network. */
  readonly bridge: string;
  /** The node's range of pod addresses, such as `10.244.0.0/24`. */
  readonly podCIDR: string;
  /** Folder in which host-local notes who has which address. */
  readonly dataDir: string;
  /** Largest packet in bytes; that of the interface with the default route. */
  readonly mtu: number;
}

/** The network configuration list that containerd's CRI plug-in reads. Pure. */
export function cniConfList({ bridge, podCIDR, dataDir, mtu }: CniOptions): object {
  return {
    cniVersion: "0.4.0",
    name: bridge,
    plugins: [
      {
        type: "bridge",
        bridge,
        isGateway: true,
        ipMasq: false,
        // a pod may reach itself through its own Service
        hairpinMode: true,
        mtu,
        ipam: {
          type: "host-local",
          dataDir,
          ranges: [[{ subnet: podCIDR }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
}

/** Writes the configuration list into `confDir`; containerd notices the change by itself. */
export async function writeCniConfig(confDir: string, options: CniOptions): Promise<void> {
  await mkdir(confDir, { recursive: true, mode: 0o700 });
  const text = `${JSON.stringify(cniConfList(options), null, 2)}\n`;
  await writeFile(join(confDir, "10-coxswain.conflist"), text, { mode: 0o600 });
}

const pluginFolders = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];

/** Where this machine has its CNI plug-ins: Debian's folder or upstream's. */
export function findCniPlugins(has: (path: string) => boolean = existsSync): string {
  const found = pluginFolders.find((folder) => has(join(folder, "bridge")));
  if (found === undefined) {
    throw new Error(`no CNI plug-ins in ${pluginFolders.join(", ")}: install them`);
  }
  return found;
}
