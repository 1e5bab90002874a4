import type { Router } from "#apiserver/router.ts";
import type { ConnectParts } from "./connect-parts.ts";
import { podLog } from "./log.ts";
import { proxy } from "./proxy.ts";
import { execOrAttach, portForward } from "./streams.ts";

/** Registers what connects through the API server to nodes, pods and Services. */
export function installConnect(router: Router, parts: ConnectParts): void {
  router.subresource("/pods/log", (context) => podLog(context, parts));
  router.subresource("/pods/exec", (context) => execOrAttach(context, parts));
  router.subresource("/pods/attach", (context) => execOrAttach(context, parts));
  router.subresource("/pods/portforward", (context) => portForward(context, parts));
  for (const resource of ["pods", "services", "nodes"]) {
    router.subresource(`/${resource}/proxy`, (context) => proxy(context, parts));
  }
}
