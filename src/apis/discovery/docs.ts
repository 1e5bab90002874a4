import type { TypeDocs } from "../docs.ts";

/** Where a Service leads. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const discoveryDocs: Readonly<Record<string, TypeDocs>> = {
  EndpointSlice: {
    "": "Some of the addresses behind a Service.",
    endpoints: "The addresses.",
    ports: "Their ports.",
    addressType: "IPv4, IPv6 or FQDN.",
  },
  Endpoint: {
    "": "One thing behind a Service, usually a pod.",
    addresses: "Its addresses; the first is used.",
    conditions: "What state it is in.",
    hostname: "Its host name.",
    targetRef: "The pod.",
    deprecatedTopology: "Where it is, as older versions said it.",
    nodeName: "The node it is on.",
    zone: "The zone it is in.",
    hints: "Who should prefer it.",
  },
  EndpointConditions: {
    "": "What state an endpoint is in.",
    ready: "Whether to send to it.",
    serving: "Whether it can serve, even when it is ending.",
    terminating: "Whether it is ending.",
  },
  EndpointHints: {
    "": "Who should prefer an endpoint.",
    forZones: "These zones.",
    forNodes: "These nodes.",
  },
  ForZone: {
    "": "A zone.",
    name: "Its name.",
  },
  ForNode: {
    "": "A node.",
    name: "Its name.",
  },
  EndpointPort: {
    "": "A port.",
    name: "The name of the Service's port.",
    protocol: "TCP, UDP or SCTP.",
    port: "The number.",
    appProtocol: "What is spoken.",
  },
};
