import { type Infer, int32, list, object, string, struct } from "#machinery/schema/schema.ts";

export const podFailurePolicyOnExitCodesRequirement = object(
  "batch.v1.PodFailurePolicyOnExitCodesRequirement",
  {
    containerName: string({ tag: 1, pointer: true }),
    operator: string({ tag: 2, always: true, required: true, enum: ["In", "NotIn"] }),
    values: list(int32(), { tag: 3, always: true, required: true, listType: "set" }),
  },
);
export interface PodFailurePolicyOnExitCodesRequirement extends Infer<
  typeof podFailurePolicyOnExitCodesRequirement
> {}

export const podFailurePolicyOnPodConditionsPattern = object(
  "batch.v1.PodFailurePolicyOnPodConditionsPattern",
  {
    type: string({ tag: 1, always: true, required: true }),
    status: string({ tag: 2, always: true }),
  },
);
export interface PodFailurePolicyOnPodConditionsPattern extends Infer<
  typeof podFailurePolicyOnPodConditionsPattern
> {}

export const podFailurePolicyRule = object("batch.v1.PodFailurePolicyRule", {
  action: string({
    tag: 1,
    always: true,
    required: true,
    enum: ["Count", "FailIndex", "FailJob", "Ignore"],
  }),
  onExitCodes: struct<PodFailurePolicyOnExitCodesRequirement>(
    podFailurePolicyOnExitCodesRequirement,
    { tag: 2, pointer: true },
  ),
  onPodConditions: list(
    struct<PodFailurePolicyOnPodConditionsPattern>(podFailurePolicyOnPodConditionsPattern),
    { tag: 3, listType: "atomic" },
  ),
});
export interface PodFailurePolicyRule extends Infer<typeof podFailurePolicyRule> {}

export const podFailurePolicy = object("batch.v1.PodFailurePolicy", {
  rules: list(struct<PodFailurePolicyRule>(podFailurePolicyRule), {
    tag: 1,
    always: true,
    required: true,
    nullable: true,
    listType: "atomic",
  }),
});
export interface PodFailurePolicy extends Infer<typeof podFailurePolicy> {}

export const successPolicyRule = object("batch.v1.SuccessPolicyRule", {
  succeededIndexes: string({ tag: 1, pointer: true }),
  succeededCount: int32({ tag: 2, pointer: true }),
});
export interface SuccessPolicyRule extends Infer<typeof successPolicyRule> {}

export const successPolicy = object("batch.v1.SuccessPolicy", {
  rules: list(struct<SuccessPolicyRule>(successPolicyRule), {
    tag: 1,
    always: true,
    required: true,
    listType: "atomic",
  }),
});
export interface SuccessPolicy extends Infer<typeof successPolicy> {}
