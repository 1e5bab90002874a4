import type { Plugin, Rejection } from "../framework.ts";

const rejection: Rejection = {
  plugin: "NodeName",
  reasons: ["node(s) didn't match the requested node name"],
  resolvable: false,
};

/** A pod that names its node fits no other. */
export const nodeName: Plugin = {
  name: "NodeName",
  helpedBy: ["NodeAdded"],
  preFilter: ({ pod }) => ({ skip: !pod.spec.nodeName }),
  filter: ({ pod }, node) => (pod.spec.nodeName === node.name ? undefined : rejection),
};
