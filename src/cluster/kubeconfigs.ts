import { kubeconfigOf, renderKubeconfig } from "#client/kubeconfig.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { Pki } from "./pki.ts";

/** A kubeconfig (YAML) with a client certificate for `user`, kept in the pki under `name`. */
export async function kubeconfigFor(
  pki: Pki,
  user: UserInfo,
  options: { name: string; server: string; context?: string },
): Promise<string> {
  const { name, server, context = "coxswain" } = options;
  const organizations = user.groups.filter((group) => group !== "system:authenticated");
  const [ca, pair] = await Promise.all([
    pki.authority("ca"),
    pki.certificate(name, "ca", { commonName: user.name, organizations, usages: ["client"] }),
  ]);
  const { certificate: cert, key } = pair;
  return renderKubeconfig(kubeconfigOf(context, { server, ca: ca.certificate, cert, key }));
}
