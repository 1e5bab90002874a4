import type { EndpointSlice } from "#apis/discovery/endpoint-slice.ts";
import type { IngressClass } from "#apis/networking/ingress-class.ts";
import type { Ingress } from "#apis/networking/ingress.ts";
import type { IPAddress } from "#apis/networking/ip-address.ts";
import type { NetworkPolicy } from "#apis/networking/network-policy.ts";
import type { ServiceCIDR } from "#apis/networking/service-cidr.ts";
import type { CSIDriver } from "#apis/storage/csi-driver.ts";
import type { CSINode } from "#apis/storage/csi-node.ts";
import type { StorageClass } from "#apis/storage/storage-class.ts";
import type { VolumeAttachment } from "#apis/storage/volume-attachment.ts";
import type { VolumeAttributesClass } from "#apis/storage/volume-attributes-class.ts";
import {
  age,
  balancerAddresses,
  classNameText,
  none,
  selectorText,
  some,
  unset,
} from "./format.ts";
import { type Printer, printer } from "./printer.ts";

const endpointSlices = printer<EndpointSlice>(
  "Name, AddressType, Ports, Endpoints, Age",
  (object, now) => {
    const ports = (object.ports ?? []).map(({ port, name }) => String(port ?? (name || "*")));
    const addresses = (object.endpoints ?? []).flatMap(({ addresses }) => addresses ?? []);
    return [
      object.metadata.name,
      object.addressType,
      ports.length > 0 ? some(ports, 3) : unset,
      addresses.length > 0 ? some(addresses, 3) : unset,
      age(object, now),
    ];
  },
);

const ingressClasses = printer<IngressClass>("Name, Controller, Parameters, Age", (object, now) => {
  const parameters = object.spec?.parameters;
  const group = parameters?.apiGroup ? `.${parameters.apiGroup}` : "";
  const text = parameters ? `${parameters.kind}${group}/${parameters.name}` : none;
  return [object.metadata.name, object.spec?.controller, text, age(object, now)];
});

/** Rules without a host are not shown, but they are counted among those left out. */
function hostsText({ spec }: Ingress): string {
  const rules = spec?.rules ?? [];
  const hosts: string[] = [];
  for (const { host } of rules) {
    if (hosts.length === 3) return `${hosts.join(",")} + ${rules.length - 3} more...`;
    if (host) hosts.push(host);
  }
  return hosts.join(",") || "*";
}

const ingresses = printer<Ingress>("Name, Class, Hosts, Address, Ports, Age", (object, now) => {
  const { metadata, spec, status } = object;
  return [
    metadata.name,
    spec?.ingressClassName ?? none,
    hostsText(object),
    balancerAddresses(status?.loadBalancer?.ingress).join(","),
    spec?.tls?.length ? "80, 443" : "80",
    age(object, now),
  ];
});

const ipAddresses: Printer = {
  ...printer<IPAddress>("Name, ParentRef, Age", (object, now) => {
    const parent = object.spec?.parentRef;
    const type = parent?.group ? `${parent.resource}.${parent.group}` : (parent?.resource ?? "");
    const parts = [type.toLowerCase(), parent?.namespace, parent?.name];
    const text = parent ? parts.filter((part) => part).join("/") : none;
    return [object.metadata.name, text, age(object, now)];
  }),
  // Upstream names one column less than it fills.
  columns: printer("Name, ParentRef", () => []).columns,
};

const networkPolicies = printer<NetworkPolicy>("Name, Pod-Selector, Age", (object, now) => [
  object.metadata.name,
  selectorText(object.spec?.podSelector),
  age(object, now),
]);

const serviceCIDRs = printer<ServiceCIDR>("Name, CIDRs, Age", (object, now) => [
  object.metadata.name,
  (object.spec?.cidrs ?? []).join(","),
  age(object, now),
]);

const csiDrivers = printer<CSIDriver>(
  "Name, AttachRequired:boolean, PodInfoOnMount:boolean, StorageCapacity:boolean, TokenRequests, RequiresRepublish:boolean, Modes, Age",
  (object, now) => {
    const { metadata, spec } = object;
    const tokens = (spec.tokenRequests ?? []).map(({ audience }) => audience);
    return [
      metadata.name,
      spec.attachRequired ?? true,
      spec.podInfoOnMount ?? false,
      spec.storageCapacity ?? false,
      tokens.length > 0 ? tokens.join(",") : unset,
      spec.requiresRepublish ?? false,
      (spec.volumeLifecycleModes ?? []).join(",") || none,
      age(object, now),
    ];
  },
);

const csiNodes = printer<CSINode>("Name, Drivers:integer, Age", (object, now) => [
  object.metadata.name,
  (object.spec.drivers ?? []).length,
  age(object, now),
]);

const capacities = printer("Name, Created At:date", ({ metadata }) => [
  metadata.name,
  metadata.creationTimestamp,
]);

const defaultClass = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

const storageClasses = printer<StorageClass>(
  "Name, Provisioner, ReclaimPolicy, VolumeBindingMode, AllowVolumeExpansion, Age",
  (object, now) => {
    return [
      classNameText(object, defaultClass),
      object.provisioner,
      object.reclaimPolicy ?? "Delete",
      object.volumeBindingMode ?? "Immediate",
      object.allowVolumeExpansion ?? false,
      age(object, now),
    ];
  },
);

const volumeAttachments = printer<VolumeAttachment>(
  "Name, Attacher, PV, Node, Attached:boolean, Age",
  (object, now) => {
    const { metadata, spec, status } = object;
    return [
      metadata.name, spec.attacher, spec.source.persistentVolumeName, spec.nodeName,
      status?.attached ?? false, age(object, now),
    ]; // prettier-ignore
  },
);

const attributesClasses = printer<VolumeAttributesClass>("Name, DriverName, Age", (object, now) => [
  classNameText(object, ["storage.alpha.kubernetes.io/is-default-class"]),
  object.driverName,
  age(object, now),
]);

export const networkAndStoragePrinters: Readonly<Record<string, Printer>> = {
  "discovery.k8s.io/v1/endpointslices": endpointSlices,
  "networking.k8s.io/v1/ingressclasses": ingressClasses,
  "networking.k8s.io/v1/ingresses": ingresses,
  "networking.k8s.io/v1/ipaddresses": ipAddresses,
  "networking.k8s.io/v1/networkpolicies": networkPolicies,
  "networking.k8s.io/v1/servicecidrs": serviceCIDRs,
  "storage.k8s.io/v1/csidrivers": csiDrivers,
  "storage.k8s.io/v1/csinodes": csiNodes,
  "storage.k8s.io/v1/csistoragecapacities": capacities,
  "storage.k8s.io/v1/storageclasses": storageClasses,
  "storage.k8s.io/v1/volumeattachments": volumeAttachments,
  "storage.k8s.io/v1/volumeattributesclasses": attributesClasses,
};
