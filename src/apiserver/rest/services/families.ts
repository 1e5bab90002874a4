import type { Service } from "#apis/core/service.ts";
import { type FieldError, invalid } from "#machinery/field-error.ts";

type Spec = Service["spec"];

/**
 * Fills in the IP families of a Service in a cluster that has IPv4 alone. A headless Service
 * without a selector names both: whoever writes its endpoints may use both.
 */
export function defaultFamilies(spec: Spec, isUpdate: boolean): FieldError[] {
  if (!["ClusterIP", "NodePort", "LoadBalancer"].includes(spec.type ?? "")) return [];
  const isHeadless = spec.clusterIPs?.[0] === "None" || spec.clusterIP === "None";
  const hasSelector = Object.keys(spec.selector ?? {}).length > 0;
  if (isHeadless && !hasSelector) {
    spec.ipFamilyPolicy ??=
      (spec.ipFamilies ?? []).length === 1 ? "SingleStack" : "RequireDualStack";
    spec.ipFamilies ??= ["IPv4", ...(spec.ipFamilyPolicy === "SingleStack" ? [] : ["IPv6"])];
    return [];
  }
  const errors: FieldError[] = [];
  if (spec.ipFamilyPolicy === "RequireDualStack" && !isUpdate) {
    const why = "this cluster is not configured for dual-stack services";
    errors.push(invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, why));
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (family === "IPv6" && !(spec.ipFamilyPolicy === "PreferDualStack" && index > 0)) {
      errors.push(invalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster"));
    }
  }
  if (errors.length > 0) return errors;
  spec.ipFamilyPolicy ??= "SingleStack";
  spec.ipFamilies = ["IPv4"];
  return [];
}
