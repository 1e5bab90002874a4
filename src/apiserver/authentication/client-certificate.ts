import type { Authenticator } from "./authenticator.ts";

/**
 * X.509 client certificates: the common name is the user, the organizations are the groups. TLS has
 * verified the chain against `--client-ca-file` before `request.peer` is set.
 */
export const clientCertificates: Authenticator = {
  name: "x509",
  async authenticate({ peer }) {
    if (!peer || peer.commonName === "") return undefined;
    return { user: { name: peer.commonName, groups: peer.organizations } };
  },
};
