import { ipAddresses } from "#apis/networking/ip-address.ts";
import { type ServiceCIDR, serviceCIDRs } from "#apis/networking/service-cidr.ts";
import { needsClusterIp, needsNodePort } from "#apis/core/service-strategy.ts";
import { serviceIpErrors } from "#apis/core/service-validation.ts";
import { type Service, services } from "#apis/core/service.ts";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { ApiError } from "#machinery/errors.ts";
import { type FieldError, invalid, invalidObject } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Resource } from "#machinery/resource.ts";
import { OwnWriter } from "../own-writer.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import type { ObjectStorage } from "../storage.ts";
import type { Reservation, WriteHook } from "../write-hook.ts";
import { defaultFamilies } from "./families.ts";
import { IpRange } from "./ip-range.ts";
import { NodePorts, nodePortsOf, type PortRange } from "./node-ports.ts";

export interface AllocatorOptions {
  readonly storage: ObjectStorage;
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Logger;
  readonly nodePorts: PortRange;
}

const managedBy = "ipaddress.kubernetes.io/managed-by";
const allocatorName = "ipallocator.k8s.io";

/**
 * Gives Services their cluster IPs and node ports. An IP is taken by creating an IPAddress object of
 * its name (KEP-1880), so that nobody gets one twice; what Services let go is freed when the cache
 * sees it, whoever changed them.
 */
export class ServiceAllocator implements WriteHook, Disposable {
  readonly #options: AllocatorOptions;
  readonly #writer: OwnWriter;
  readonly #ports: NodePorts;
  readonly #watch: Disposable;

  constructor(options: AllocatorOptions) {
    const { storage, clock, chance, reader } = options;
    this.#options = options;
    this.#writer = new OwnWriter(storage, clock, chance);
    this.#ports = new NodePorts(options.nodePorts, chance);
    for (const service of reader.list(services, "")) this.#count(service, undefined);
    this.#watch = reader.onChange(services, (next, old) => {
      this.#count(next, old);
      this.#freeAddresses(next, old);
    });
  }

  /** IPAddresses that a crash left behind without their Service are removed. */
  async repair(): Promise<void> {
    const { reader } = this.#options;
    for (const { metadata, spec } of reader.list(ipAddresses, "")) {
      if (metadata.labels?.[managedBy] !== allocatorName) continue;
      const { name, namespace = "" } = spec.parentRef ?? { name: "" };
      const service = reader.get(services, namespace, name);
      if (!service?.spec.clusterIPs?.includes(metadata.name))
        await this.#freeAddress(metadata.name);
    }
  }

  async begin(
    object: KubeObject,
    old: KubeObject | undefined,
    dryRun: boolean,
  ): Promise<Reservation | undefined> {
    const service = object as Service;
    const { spec, metadata } = service;
    const errors = serviceIpErrors(spec);
    if (errors.length > 0) throw refuse(service, errors);
    errors.push(...defaultFamilies(spec, old !== undefined));
    if (errors.length > 0) throw refuse(service, errors);
    const taken: Taken = { addresses: [], ports: [] };
    const reservation = { release: () => this.#release(taken) };
    try {
      if (needsClusterIp(spec))
        await this.#takeAddress(service, old as Service | undefined, dryRun, taken);
      this.#takePorts(service, old as Service | undefined, dryRun, taken);
    } catch (error) {
      await reservation.release();
      throw error;
    }
    if (metadata.name === "" || dryRun) return undefined;
    return reservation;
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  async #takeAddress(
    service: Service,
    old: Service | undefined,
    dryRun: boolean,
    taken: Taken,
  ): Promise<void> {
    const { spec, metadata } = service;
    if (spec.clusterIP === "None" || spec.clusterIPs?.[0] === "None") return;
    const held = new Set(old?.spec.clusterIPs ?? []);
    const wanted = spec.clusterIPs?.[0];
    if (wanted !== undefined && held.has(wanted)) return;
    const ranges = this.#ranges();
    if (!metadata.name || metadata.name.includes("/")) {
      // The IPAddress could not refer to such a Service: that fails first.
      throw refuse(service, [
        invalid("spec.clusterIPs", spec.clusterIPs ?? null, "invalid parent"),
      ]);
    }
    if (wanted !== undefined) {
      await this.#takeWanted(service, wanted, ranges, dryRun, taken);
      return;
    }
    for (const range of ranges) {
      for (const address of range.candidates(this.#options.chance)) {
        if (this.#isTaken(address)) continue;
        if (!dryRun && !(await this.#claim(address, service))) continue;
        if (!dryRun) taken.addresses.push(address);
        spec.clusterIP = address;
        spec.clusterIPs = [address];
        return;
      }
    }
    throw new ApiError("InternalError", "failed to allocate a serviceIP: range is full");
  }

  async #takeWanted(
    service: Service,
    wanted: string,
    ranges: readonly IpRange[],
    dryRun: boolean,
    taken: Taken,
  ): Promise<void> {
    const fail = (why: string) =>
      refuse(service, [
        invalid(
          "spec.clusterIPs",
          service.spec.clusterIPs,
          `failed to allocate IP ${wanted}: ${why}`,
        ),
      ]);
    if (!ranges.some((range) => range.contains(wanted))) {
      const valid = ranges.map(({ text }) => text).join(", ");
      throw fail(
        `the provided IP (${wanted}) is not in the valid range. The range of valid IPs is ${valid}`,
      );
    }
    const isFree = !this.#isTaken(wanted) && (dryRun || (await this.#claim(wanted, service)));
    if (!isFree) throw fail("provided IP is already allocated");
    if (!dryRun) taken.addresses.push(wanted);
  }

  /** The ranges of all ServiceCIDRs that are ready and stay. */
  #ranges(): IpRange[] {
    return this.#options.reader.list(serviceCIDRs, "").flatMap((cidr) => rangesOf(cidr));
  }

  #isTaken(address: string): boolean {
    return this.#options.reader.get(ipAddresses, "", address) !== undefined;
  }

  /** False when somebody else was faster. */
  #claim(address: string, { metadata }: Service): Promise<boolean> {
    return this.#writer.create(ipAddresses as Resource<never>, {
      metadata: {
        name: address,
        labels: { "ipaddress.kubernetes.io/ip-family": "IPv4", [managedBy]: allocatorName },
      },
      spec: {
        parentRef: {
          group: "",
          resource: "services",
          namespace: metadata.namespace,
          name: metadata.name,
        },
      },
    });
  }

  #takePorts(service: Service, old: Service | undefined, dryRun: boolean, taken: Taken): void {
    const { spec } = service;
    const held = nodePortsOf(old);
    const own = new Set<number>();
    const take = (port: number): void => {
      if (!held.has(port) && !own.has(port) && !dryRun) {
        this.#ports.take(port);
        taken.ports.push(port);
      }
      own.add(port);
    };
    const errors: FieldError[] = [];
    const check = (field: string, port: number): void => {
      if (held.has(port) || own.has(port)) return take(port);
      if (!this.#ports.inRange(port)) {
        const why = `provided port is not in the valid range. The range of valid ports is ${this.#ports.text}`;
        errors.push(invalid(field, port, why));
      } else if (this.#ports.isUsed(port)) {
        errors.push(invalid(field, port, "provided port is already allocated"));
      } else take(port);
    };
    if (needsNodePort(spec)) {
      for (const [index, { nodePort }] of (spec.ports ?? []).entries()) {
        if (nodePort) check(`spec.ports[${index}].nodePort`, nodePort);
      }
      for (const port of spec.ports ?? []) {
        if (port.nodePort) continue;
        port.nodePort = this.#twin(spec, port) ?? this.#pick();
        take(port.nodePort);
      }
    } else if (spec.type === "LoadBalancer") {
      for (const { nodePort } of spec.ports ?? []) if (nodePort) take(nodePort);
    }
    if (needsHealthCheck(spec)) {
      if (spec.healthCheckNodePort) check("spec.healthCheckNodePort", spec.healthCheckNodePort);
      else take((spec.healthCheckNodePort = this.#pick()));
    }
    if (errors.length > 0) throw refuse(service, errors);
  }

  /** The same port over TCP and UDP shares its node port where that can be. */
  #twin({ ports }: Service["spec"], { port, protocol, name }: Port): number | undefined {
    return (ports ?? []).find(
      (other) =>
        other.nodePort && other.port === port && other.protocol !== protocol && other.name !== name,
    )?.nodePort;
  }

  #pick(): number {
    const port = this.#ports.pick();
    if (port === undefined) {
      throw new ApiError("InternalError", "failed to allocate a nodePort: range is full");
    }
    return port;
  }

  async #release(taken: Taken): Promise<void> {
    for (const port of taken.ports) this.#ports.give(port);
    await Promise.all(taken.addresses.map((address) => this.#freeAddress(address)));
    taken.ports = [];
    taken.addresses = [];
  }

  /** Ports count from when they are reserved: what a write brings is in already. */
  #count(next: DeepReadonly<Service> | undefined, old: DeepReadonly<Service> | undefined): void {
    const now = nodePortsOf(next);
    const before = nodePortsOf(old);
    for (const port of before) if (!now.has(port)) this.#ports.give(port);
    for (const port of now)
      if (!before.has(port) && !this.#ports.isUsed(port)) this.#ports.take(port);
  }

  #freeAddresses(
    next: DeepReadonly<Service> | undefined,
    old: DeepReadonly<Service> | undefined,
  ): void {
    const now = next?.spec.clusterIPs ?? [];
    for (const address of old?.spec.clusterIPs ?? []) {
      if (address !== "None" && !now.includes(address)) void this.#freeAddress(address);
    }
  }

  async #freeAddress(address: string): Promise<void> {
    try {
      await this.#writer.delete(ipAddresses as Resource<never>, { metadata: { name: address } });
    } catch (error) {
      this.#options.log.warn("cluster IP not freed, will be at the next start", { address, error });
    }
  }
}

type Port = NonNullable<Service["spec"]["ports"]>[number];

interface Taken {
  addresses: string[];
  ports: number[];
}

function needsHealthCheck({ type, externalTrafficPolicy }: Service["spec"]): boolean {
  return type === "LoadBalancer" && externalTrafficPolicy === "Local";
}

function rangesOf({ metadata, spec, status }: DeepReadonly<ServiceCIDR>): IpRange[] {
  const ready = status?.conditions?.some(
    ({ type, status }) => type === "Ready" && status === "True",
  );
  if (!ready || metadata.deletionTimestamp !== undefined) return [];
  return (spec?.cidrs ?? []).filter((cidr) => !cidr.includes(":")).map((cidr) => new IpRange(cidr));
}

function refuse({ metadata }: Service, errors: readonly FieldError[]): ApiError {
  return invalidObject({ group: "", kind: "Service" }, metadata.name ?? "", errors);
}
