import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { bool, type Infer, kind, list, struct } from "#machinery/schema/schema.ts";
import {
  localObjectReference,
  type LocalObjectReference,
  objectReference,
  type ObjectReference,
} from "./references.ts";

export const serviceAccount = kind("core.v1.ServiceAccount", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  secrets: list(struct<ObjectReference>(objectReference), {
    tag: 2,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
  imagePullSecrets: list(struct<LocalObjectReference>(localObjectReference), {
    tag: 3,
    listType: "atomic",
  }),
  automountServiceAccountToken: bool({ tag: 4, pointer: true }),
});
export interface ServiceAccount extends Infer<typeof serviceAccount> {}

export const serviceAccounts = defineResource<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  singular: "serviceaccount",
  shortNames: ["sa"],
  namespaced: true,
  schema: serviceAccount,
  subresources: {
    token: {
      group: "authentication.k8s.io",
      version: "v1",
      kind: "TokenRequest",
      verbs: ["create"],
    },
  },
});
