import { exec } from "./exec.ts";

/**
 * Makes the pods' bridge, with the gateway's address, before the first pod does: the cluster's DNS
 * listens there. The CNI plug-in takes over a bridge that is there already. Does nothing twice.
 */
export async function ensureBridge(bridge: string, gatewayCIDR: string): Promise<void> {
  const link = await exec("ip", ["link", "show", "dev", bridge], { mayFail: true });
  if (link.code !== 0) await exec("ip", ["link", "add", "name", bridge, "type", "bridge"]);
  const address = gatewayCIDR.split("/")[0]!;
  const addresses = await exec("ip", ["-o", "address", "show", "dev", bridge]);
  if (!addresses.stdout.includes(` ${address}/`)) {
    await exec("ip", ["address", "add", gatewayCIDR, "dev", bridge]);
  }
  await exec("ip", ["link", "set", bridge, "up"]);
}
