/**
 * Packs endpoints into slices with as few and as small writes as possible: what is in a slice stays
 * there, new endpoints fill slices that change anyway, then slices with room, then new ones. Pure.
 */
import type { Endpoint, EndpointPort, EndpointSlice } from "#apis/discovery/endpoint-slice.ts";
import type { Draft, OwnerReference } from "#machinery/meta.ts";
import { sameMeaning } from "../shared/equal.ts";

/** Endpoints per slice, as upstream's --max-endpoints-per-slice. */
export const endpointsPerSliceMax = 100;

/** Endpoints that share an address type and ports. */
export interface EndpointGroup {
  addressType: string;
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

/** What all slices of one Service have in common. */
export interface SliceIdentity {
  namespace: string;
  generateName: string;
  labels: Record<string, string>;
  annotations?: Record<string, string>;
  owner: OwnerReference;
}

export interface SlicePlan {
  create: Draft<EndpointSlice>[];
  update: EndpointSlice[];
  delete: EndpointSlice[];
}

/** Turns the slices that exist into ones that hold the groups. */
export function planSlices(
  identity: SliceIdentity,
  groups: readonly EndpointGroup[],
  existing: readonly EndpointSlice[],
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], delete: [] };
  const unused = new Set(existing);
  for (const group of groups) {
    const own = existing.filter(
      (slice) => slice.addressType === group.addressType && samePorts(slice.ports, group.ports),
    );
    for (const slice of own) unused.delete(slice);
    planGroup(identity, group, own, plan);
  }
  plan.delete.push(...unused);
  reuseDeleted(plan);
  return plan;
}

function planGroup(
  identity: SliceIdentity,
  group: EndpointGroup,
  own: readonly EndpointSlice[],
  plan: SlicePlan,
): void {
  const wanted = new Map(group.endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const kept = own.map((slice) => keepWanted(slice, wanted));
  // Slices that change anyway take the new endpoints first, then the fullest with room.
  const order = [...kept].sort(
    (a, b) => Number(b.changed) - Number(a.changed) || b.endpoints.length - a.endpoints.length,
  );
  let left = [...wanted.values()];
  for (const slice of order) {
    const room = endpointsPerSliceMax - slice.endpoints.length;
    if (left.length === 0 || room <= 0) continue;
    slice.endpoints.push(...left.slice(0, room));
    left = left.slice(room);
    slice.changed = true;
  }
  const placeholder = group.endpoints.length === 0 && kept.length > 0 ? kept[0] : undefined;
  for (const { slice, endpoints, changed } of kept) {
    if (endpoints.length === 0 && slice !== placeholder?.slice) plan.delete.push(slice);
    else if (changed || !sameIdentity(slice, identity)) {
      plan.update.push({ ...withIdentity(slice, identity), endpoints });
    }
  }
  const needed = group.endpoints.length === 0 && kept.length === 0 ? 1 : 0;
  const chunks = Math.max(needed, Math.ceil(left.length / endpointsPerSliceMax));
  for (let i = 0; i < chunks; i++) {
    const endpoints = left.slice(i * endpointsPerSliceMax, (i + 1) * endpointsPerSliceMax);
    plan.create.push(newSlice(identity, { ...group, endpoints }));
  }
}

/** The endpoints of a slice that are still wanted, as they are wanted now; takes them off the map. */
function keepWanted(slice: EndpointSlice, wanted: Map<string, Endpoint>) {
  const endpoints: Endpoint[] = [];
  let changed = false;
  for (const endpoint of slice.endpoints ?? []) {
    const key = identityOf(endpoint);
    const next = wanted.get(key);
    wanted.delete(key);
    if (next) endpoints.push(next);
    if (!next || !sameEndpoint(endpoint, next)) changed = true;
  }
  return { slice, endpoints, changed };
}

/** Booleans of conditions are pointers: false and absent differ. */
function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  const [x, y] = [a.conditions, b.conditions];
  const conditions =
    x.ready === y.ready && x.serving === y.serving && x.terminating === y.terminating;
  return conditions && sameMeaning(a, b);
}

function identityOf({ addresses, targetRef }: Endpoint): string {
  return `${targetRef?.uid ?? ""} ${addresses.join()}`;
}

function newSlice(identity: SliceIdentity, group: EndpointGroup): Draft<EndpointSlice> {
  const { namespace, generateName, labels, annotations, owner } = identity;
  return {
    metadata: {
      namespace,
      generateName,
      labels,
      ...(annotations ? { annotations } : {}),
      ownerReferences: [owner],
    },
    addressType: group.addressType,
    ports: group.ports,
    endpoints: group.endpoints,
  };
}

function sameIdentity({ metadata }: EndpointSlice, { labels, annotations }: SliceIdentity) {
  const same = sameLabels(metadata.labels ?? {}, labels);
  return same && (!annotations || sameMeaning(metadata.annotations, annotations));
}

function sameLabels(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function withIdentity(slice: EndpointSlice, { labels, annotations }: SliceIdentity): EndpointSlice {
  const metadata = { ...slice.metadata, labels, ...(annotations ? { annotations } : {}) };
  return { ...slice, metadata };
}

/** A slice that would go and one that would come are one update. */
function reuseDeleted(plan: SlicePlan): void {
  plan.create = plan.create.filter((draft) => {
    const index = plan.delete.findIndex(({ addressType }) => addressType === draft.addressType);
    if (index < 0) return true;
    const [slice] = plan.delete.splice(index, 1);
    const { ports, endpoints, metadata } = draft;
    const { labels, annotations } = metadata;
    plan.update.push({
      ...slice!,
      ports,
      endpoints,
      metadata: {
        ...slice!.metadata,
        ...(labels ? { labels } : {}),
        ...(annotations ? { annotations } : {}),
      },
    });
    return false;
  });
}

/** Whether two lists of ports are the same, whatever their order. */
export function samePorts(
  a: readonly EndpointPort[] | null | undefined,
  b: readonly EndpointPort[] | null | undefined,
): boolean {
  return portsKey(a) === portsKey(b);
}

/** A text that is the same for the same ports. */
export function portsKey(ports: readonly EndpointPort[] | null | undefined): string {
  return (ports ?? [])
    .map(({ name, protocol, port, appProtocol }) =>
      [name ?? "", protocol ?? "TCP", port ?? "", appProtocol ?? ""].join("/"),
    )
    .sort()
    .join();
}
