import type { Service } from "#apis/core/service.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { forbid } from "./errors.ts";

/** No Service may take on an external IP that it does not have already (CVE-2020-8554). */
export const denyServiceExternalIps: AdmissionPlugin = {
  name: "DenyServiceExternalIPs",
  matches: { operations: ["CREATE", "UPDATE"], resources: ["/services"] },
  validate(a) {
    const old = a.oldObject as DeepReadonly<Service> | undefined;
    const known = new Set(old?.spec.externalIPs ?? []);
    const added = ((a.object as Service).spec.externalIPs ?? []).some((ip) => !known.has(ip));
    if (added) throw forbid(a, "Use of external IPs is denied by admission control.");
  },
};
