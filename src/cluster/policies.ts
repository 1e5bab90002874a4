import { createPrivateKey } from "node:crypto";
import type { Handle } from "#apiserver/admission/in-process.ts";
import { type AdmissionOptions, admissionPlugins } from "#apiserver/admission/plugins.ts";
import type { ServedView } from "#apiserver/admission/served-view.ts";
import type { TokenAuthenticator } from "#apiserver/authentication/authenticator.ts";
import { bearerTokens } from "#apiserver/authentication/bearer-token.ts";
import { bootstrapTokens } from "#apiserver/authentication/bootstrap-token.ts";
import { clientCertificates } from "#apiserver/authentication/client-certificate.ts";
import {
  serviceAccountTokens,
  tokenIssuer,
} from "#apiserver/authentication/service-account-token.ts";
import { legacyTokens } from "#apiserver/authentication/legacy-token.ts";
import { staticTokens } from "#apiserver/authentication/static-tokens.ts";
import type { Authorizer } from "#apiserver/authorization/authorizer.ts";
import {
  alwaysAllow,
  alwaysDeny,
  authorizerChain,
  privilegedGroup,
} from "#apiserver/authorization/chain.ts";
import { NodeAuthorizer } from "#apiserver/authorization/node.ts";
import { BindingIndex } from "#apiserver/authorization/rbac/bindings.ts";
import { escalationCheck } from "#apiserver/authorization/rbac/escalation.ts";
import { RbacAuthorizer } from "#apiserver/authorization/rbac/rbac.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import type { Policies } from "#apiserver/server.ts";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";

export const authorizationModes = ["Node", "RBAC", "AlwaysAllow", "AlwaysDeny"] as const;
export type AuthorizationMode = (typeof authorizationModes)[number];

export interface PolicyOptions {
  clock: Clock;
  chance: Chance;
  /** PEM of the key that signs service account tokens. */
  tokenKey: string;
  /** The issuer of service account tokens, and the audience of the API. */
  issuer: string;
  /** The text of a `--token-auth-file`. */
  staticTokens?: string | undefined;
  /** Default: Node, RBAC. */
  authorizationModes?: readonly AuthorizationMode[];
  /** Which admission plug-ins are on, and how they are set. */
  admission?: Omit<
    AdmissionOptions,
    "reader" | "clock" | "chance" | "authorizer" | "handle" | "view"
  >;
}

/** Who may do what: authentication, authorization and admission as upstream has them by default. */
export function policies(
  options: PolicyOptions,
): (reader: ObjectReader, handle: Handle, view: ServedView) => Policies {
  const { clock, chance, issuer } = options;
  const key = createPrivateKey(options.tokenKey);
  return (reader, handle, view) => {
    const tokens: TokenAuthenticator[] = [
      ...(options.staticTokens === undefined ? [] : [staticTokens(options.staticTokens)]),
      serviceAccountTokens({ issuer, keys: [key], reader, clock }),
      legacyTokens([key], reader),
      bootstrapTokens(reader, clock),
    ];
    const rbac = new RbacAuthorizer(new BindingIndex(reader));
    const modes = options.authorizationModes ?? ["Node", "RBAC"];
    const authorizer = authorizerChain([
      privilegedGroup,
      ...modes.map((mode) => authorizerOf(mode, reader, rbac)),
    ]);
    const checksRoles = modes.includes("RBAC");
    return {
      authenticators: [clientCertificates, bearerTokens(tokens, [issuer])],
      tokenAuthenticators: tokens,
      tokenIssuer: tokenIssuer({ issuer, key, clock, chance }),
      authorizer,
      rbac,
      admission: [
        ...(checksRoles ? [escalationCheck(rbac, authorizer)] : []),
        ...admissionPlugins({
          reader,
          clock,
          chance,
          authorizer,
          handle,
          view,
          ...options.admission,
        }),
      ],
    };
  };
}

function authorizerOf(
  mode: AuthorizationMode,
  reader: ObjectReader,
  rbac: RbacAuthorizer,
): Authorizer {
  switch (mode) {
    case "Node":
      return new NodeAuthorizer(reader);
    case "RBAC":
      return rbac;
    case "AlwaysAllow":
      return alwaysAllow;
    case "AlwaysDeny":
      return alwaysDeny;
  }
}
