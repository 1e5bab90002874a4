import type { TypeDocs } from "../docs.ts";

/** Ways into the cluster, rules between pods, and addresses. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const networkingDocs: Readonly<Record<string, TypeDocs>> = {
  Ingress: {
    "": "Leads HTTP requests from outside to Services.",
  },
  IngressSpec: {
    "": "Which requests go where.",
    defaultBackend: "Where requests go that no rule matches.",
    tls: "Certificates, by host.",
    rules: "What goes where, by host.",
    ingressClassName: "The class: who carries it out.",
  },
  IngressBackend: {
    "": "Where requests go; one of these.",
    service: "A Service.",
    resource: "Another object in the namespace.",
  },
  IngressServiceBackend: {
    "": "A Service and one of its ports.",
    name: "The Service.",
    port: "The port.",
  },
  ServiceBackendPort: {
    "": "A port, by name or number.",
    name: "The name.",
    number: "The number.",
  },
  IngressTLS: {
    "": "A certificate and its hosts.",
    hosts: "The hosts.",
    secretName: "The Secret with certificate and key.",
  },
  IngressRule: {
    "": "What goes where for a host.",
    host: "The host; *.name for one label before it; none: every host.",
    http: "What goes where, by path.",
  },
  HTTPIngressRuleValue: {
    "": "What goes where, by path.",
    paths: "The paths.",
  },
  HTTPIngressPath: {
    "": "A path and where it leads.",
    path: "The path.",
    pathType: "Exact, Prefix or ImplementationSpecific.",
    backend: "Where it leads.",
  },
  IngressStatus: {
    "": "What an Ingress has got.",
    loadBalancer: "What it is reached by.",
  },
  IngressLoadBalancerStatus: {
    "": "What an Ingress is reached by.",
    ingress: "Its addresses.",
  },
  IngressLoadBalancerIngress: {
    "": "An address of an Ingress.",
    ip: "The IP address.",
    hostname: "The host name.",
    ports: "Ports and their trouble.",
  },
  IngressPortStatus: {
    "": "How a port is doing.",
    port: "The port.",
    protocol: "TCP, UDP or SCTP.",
    error: "What is wrong, in one word.",
  },
  IngressClass: {
    "": "Who carries out the Ingresses of a class.",
  },
  IngressClassSpec: {
    "": "Who, and with which settings.",
    controller: "The name of who carries them out.",
    parameters: "An object with settings.",
  },
  IngressClassParametersReference: {
    "": "An object with settings.",
    apiGroup: "Its group; none: core.",
    kind: "Its kind.",
    name: "Its name.",
    scope: "Cluster or Namespace.",
    namespace: "Its namespace, for that scope.",
  },
  NetworkPolicy: {
    "": "Says who may talk with some pods.",
  },
  NetworkPolicySpec: {
    "": "Which pods, and with whom.",
    podSelector: "The pods, by label; {}: all of the namespace.",
    ingress: "Who may talk to them; nobody else may.",
    egress: "Whom they may talk to; nobody else.",
    policyTypes: "Ingress, Egress or both: which directions are restricted.",
  },
  NetworkPolicyIngressRule: {
    "": "Who may talk to the pods, and on which ports.",
    ports: "The ports; none: all.",
    from: "Who; none: everybody.",
  },
  NetworkPolicyEgressRule: {
    "": "Whom the pods may talk to, and on which ports.",
    ports: "The ports; none: all.",
    to: "Whom; none: everybody.",
  },
  NetworkPolicyPort: {
    "": "A port or a range of them.",
    protocol: "TCP, UDP or SCTP.",
    port: "The port, or the name of one; none: all.",
    endPort: "The last port of a range.",
  },
  NetworkPolicyPeer: {
    "": "Somebody to talk with.",
    podSelector: "Pods, by label.",
    namespaceSelector: "Their namespaces, by label; none: the same one.",
    ipBlock: "A range of addresses.",
  },
  IPBlock: {
    "": "A range of addresses.",
    cidr: "The range.",
    except: "Parts of it that do not count.",
  },
  IPAddress: {
    "": "An address that is taken.",
  },
  IPAddressSpec: {
    "": "Who has taken it.",
    parentRef: "The object that uses it.",
  },
  ParentReference: {
    "": "The object that uses an address.",
    group: "Its group.",
    resource: "Its resource.",
    namespace: "Its namespace.",
    name: "Its name.",
  },
  ServiceCIDR: {
    "": "A range that Services get their addresses from.",
  },
  ServiceCIDRSpec: {
    "": "The range.",
    cidrs: "At most one per family.",
  },
  ServiceCIDRStatus: {
    "": "How the range is doing.",
  },
};
