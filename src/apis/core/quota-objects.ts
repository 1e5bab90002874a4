import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ResourceClaim } from "../resource/resource-claim.ts";
import { objectCount, type QuotaEvaluator, type Usage } from "./quota-resource.ts";
import type { Service } from "./service.ts";

/** Resources whose quotas count objects. */

/** These may be counted by their bare name too. */
const bareNames = new Set(["configmaps", "resourcequotas", "replicationcontrollers", "secrets"]);

const plain = {
  inScope: () => false,
  missing: () => undefined,
  chargesUpdates: () => false,
} satisfies Partial<QuotaEvaluator>;

/** Any resource: `count/<plural>.<group>`. */
export function objectCountEvaluator(resource: { group: string; plural: string }): QuotaEvaluator {
  const hasBareName = resource.group === "" && bareNames.has(resource.plural);
  const names = [objectCount(resource), ...(hasBareName ? [resource.plural] : [])];
  const usage: Readonly<Usage> = Object.fromEntries(names.map((name) => [name, "1"]));
  return {
    ...plain,
    matching: (given) => given.filter((name) => names.includes(name)),
    usage: () => usage,
  };
}

const serviceCount = objectCount({ group: "", plural: "services" });
const serviceNames = [serviceCount, "services", "services.nodeports", "services.loadbalancers"];

/** Services, and the node ports and load balancers that they take. */
export const serviceEvaluator: QuotaEvaluator = {
  ...plain,
  matching: (given) => given.filter((name) => serviceNames.includes(name)),
  usage(object) {
    const { spec } = object as DeepReadonly<Service>;
    const ports = spec.ports ?? [];
    const balanced = spec.type === "LoadBalancer";
    let nodePorts = 0;
    if (spec.type === "NodePort" || (balanced && spec.allocateLoadBalancerNodePorts !== false)) {
      nodePorts = ports.length;
    } else if (balanced) {
      nodePorts = ports.filter(({ nodePort }) => nodePort).length;
    }
    return {
      [serviceCount]: "1",
      services: "1",
      "services.nodeports": String(nodePorts),
      "services.loadbalancers": balanced ? "1" : "0",
    };
  },
  chargesUpdates: () => true,
};

const deviceClaimCount = objectCount({ group: "resource.k8s.io", plural: "resourceclaims" });
const deviceSuffix = ".deviceclass.resource.k8s.io/devices";
/** The most devices that one request can be given; what "all" counts for. */
const devicesPerRequestMax = 32;

/** ResourceClaims, and the devices they ask for by class. */
export const deviceClaimEvaluator: QuotaEvaluator = {
  ...plain,
  matching: (given) =>
    given.filter((name) => name === deviceClaimCount || name.endsWith(deviceSuffix)),
  usage(object) {
    const devices = new Map<string, number>();
    for (const request of (object as DeepReadonly<ResourceClaim>).spec.devices?.requests ?? []) {
      const most = new Map<string, number>();
      const choices = request.exactly ? [request.exactly] : (request.firstAvailable ?? []);
      for (const { deviceClassName, allocationMode, count } of choices) {
        const asked = allocationMode === "All" ? devicesPerRequestMax : (count ?? 1);
        most.set(deviceClassName, Math.max(most.get(deviceClassName) ?? 0, asked));
      }
      for (const [name, count] of most) devices.set(name, (devices.get(name) ?? 0) + count);
    }
    const usage: Usage = { [deviceClaimCount]: "1" };
    for (const [name, count] of devices) usage[name + deviceSuffix] = String(count);
    return usage;
  },
  chargesUpdates: (subresource) => subresource === "",
};
