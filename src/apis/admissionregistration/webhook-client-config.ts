import { bytes, type Infer, int32, object, string, struct } from "#machinery/schema/schema.ts";

export const serviceReference = object("admissionregistration.v1.ServiceReference", {
  namespace: string({ tag: 1, always: true, required: true }),
  name: string({ tag: 2, always: true, required: true }),
  path: string({ tag: 3, pointer: true }),
  port: int32({ tag: 4, pointer: true }),
});
export interface ServiceReference extends Infer<typeof serviceReference> {}

export const webhookClientConfig = object("admissionregistration.v1.WebhookClientConfig", {
  service: struct<ServiceReference>(serviceReference, { tag: 1, pointer: true }),
  caBundle: bytes({ tag: 2 }),
  url: string({ tag: 3, pointer: true }),
});
export interface WebhookClientConfig extends Infer<typeof webhookClientConfig> {}
