import type { Plugin, Rejection } from "../framework.ts";

const rejection: Rejection = {
  plugin: "NodePorts",
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  resolvable: true,
};

/** A host port of a node is one pod's at a time. */
export const nodePorts: Plugin = {
  name: "NodePorts",
  helpedBy: ["NodeAdded", "PodDeleted"],
  preFilter: ({ hostPorts }) => ({ skip: hostPorts.length === 0 }),
  filter: ({ hostPorts }, node) => (node.portsClash(hostPorts) ? rejection : undefined),
};
