import { path, type Path } from "#machinery/field-error.ts";
import { portName, portNumber } from "#machinery/names.ts";
import { cidrContains, parseCidr } from "#machinery/validation/ip.ts";
import { validateLabelSelector } from "#machinery/validation/labels.ts";
import { Problems } from "#machinery/validation/problems.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import {
  type IPBlock,
  networkPolicies,
  type NetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
} from "./network-policy.ts";

const at = path("spec");
const protocols = ["SCTP", "TCP", "UDP"];
const policyTypes = ["Ingress", "Egress"];

function validatePort(problems: Problems, place: Path, rule: NetworkPolicyPort): void {
  const { endPort, port, protocol } = rule;
  const endAt = place.child("endPort");
  problems.oneOf(place.child("protocol"), protocol, protocols);
  if (port === undefined) {
    if (endPort !== undefined) {
      problems.invalid(endAt, endPort, "may not be specified when `port` is not specified");
    }
  } else if (typeof port === "string") {
    if (endPort !== undefined) {
      problems.invalid(endAt, endPort, "may not be specified when `port` is non-numeric");
    }
    problems.each(place.child("port"), port, portName(port));
  } else {
    problems.each(place.child("port"), port, portNumber(port));
    if (endPort === undefined) return;
    if (endPort < port) {
      problems.invalid(endAt, endPort, "must be greater than or equal to `port`");
    }
    problems.each(endAt, endPort, portNumber(endPort));
  }
}

function validateBlock(problems: Problems, place: Path, { cidr, except = [] }: IPBlock): void {
  if (cidr === "") {
    problems.required(place.child("cidr"));
    return;
  }
  problems.cidr(place.child("cidr"), cidr);
  const outer = parseCidr(cidr);
  if (!outer) return;
  for (const [i, text] of except.entries()) {
    const exceptAt = place.child("except").index(i);
    problems.cidr(exceptAt, text);
    const inner = parseCidr(text);
    if (!inner || (cidrContains(outer, inner.network) && outer.bits < inner.bits)) continue;
    problems.invalid(exceptAt, text, "must be a strict subset of `cidr`");
  }
}

function validatePeer(
  problems: Problems,
  place: Path,
  { ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer,
  lenient: boolean,
): void {
  const count = [ipBlock, namespaceSelector, podSelector].filter(Boolean).length;
  validateLabelSelector(problems, place.child("podSelector"), podSelector, lenient);
  validateLabelSelector(problems, place.child("namespaceSelector"), namespaceSelector, lenient);
  if (ipBlock) validateBlock(problems, place.child("ipBlock"), ipBlock);
  if (count === 0) problems.required(place, "must specify a peer");
  else if (count > 1 && ipBlock) {
    problems.forbidden(place, "may not specify both ipBlock and another peer");
  }
}

interface Rule {
  readonly place: Path;
  readonly ports: readonly NetworkPolicyPort[];
  readonly peersAt: Path;
  readonly peers: readonly NetworkPolicyPeer[];
}

function rulesOf({ spec }: NetworkPolicy): Rule[] {
  const ingress = (spec.ingress ?? []).map(({ from = [], ports = [] }, i): Rule => {
    const place = at.child("ingress").index(i);
    return { place, ports, peersAt: place.child("from"), peers: from };
  });
  const egress = (spec.egress ?? []).map(({ ports = [], to = [] }, i): Rule => {
    const place = at.child("egress").index(i);
    return { place, ports, peersAt: place.child("to"), peers: to };
  });
  return [...ingress, ...egress];
}

function validateSpec(problems: Problems, policy: NetworkPolicy, lenient: boolean): void {
  validateLabelSelector(problems, at.child("podSelector"), policy.spec.podSelector, lenient);
  for (const { peers, peersAt, place, ports } of rulesOf(policy)) {
    for (const [i, port] of ports.entries()) {
      validatePort(problems, place.child("ports").index(i), port);
    }
    for (const [i, peer] of peers.entries()) {
      validatePeer(problems, peersAt.index(i), peer, lenient);
    }
  }
  const types = policy.spec.policyTypes ?? [];
  const typesAt = at.child("policyTypes");
  if (types.length > policyTypes.length) {
    problems.invalid(typesAt, types, "may not specify more than two policyTypes");
    return;
  }
  for (const [i, type] of types.entries()) problems.oneOf(typesAt.index(i), type, policyTypes);
}

function wasWrong({ spec }: NetworkPolicy): boolean {
  const problems = new Problems();
  validateLabelSelector(problems, at, spec.podSelector);
  return problems.any;
}

export const networkPolicyStrategy = kindStrategy<NetworkPolicy>({
  resource: networkPolicies,
  updateSkipsValidate: true,
  validate: (problems, policy) => validateSpec(problems, policy, false),
  validateUpdate: (problems, policy, old) => validateSpec(problems, policy, wasWrong(old)),
});
