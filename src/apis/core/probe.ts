import {
  type Infer,
  int32,
  int64,
  intOrString,
  list,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";

export const execAction = object("core.v1.ExecAction", {
  command: list(string(), { tag: 1, listType: "atomic" }),
});
export interface ExecAction extends Infer<typeof execAction> {}

export const grpcAction = object("core.v1.GRPCAction", {
  port: int32({ tag: 1, always: true, required: true }),
  service: string({ tag: 2, always: true, pointer: true }),
});
export interface GRPCAction extends Infer<typeof grpcAction> {}

export const httpHeader = object("core.v1.HTTPHeader", {
  name: string({ tag: 1, always: true, required: true }),
  value: string({ tag: 2, always: true, required: true }),
});
export interface HTTPHeader extends Infer<typeof httpHeader> {}

export const httpGetAction = object("core.v1.HTTPGetAction", {
  path: string({ tag: 1 }),
  port: intOrString({ tag: 2, always: true, required: true }),
  host: string({ tag: 3 }),
  scheme: string({ tag: 4, enum: ["HTTP", "HTTPS"] }),
  httpHeaders: list(struct<HTTPHeader>(httpHeader), { tag: 5, listType: "atomic" }),
});
export interface HTTPGetAction extends Infer<typeof httpGetAction> {}

export const tcpSocketAction = object("core.v1.TCPSocketAction", {
  port: intOrString({ tag: 1, always: true, required: true }),
  host: string({ tag: 2 }),
});
export interface TCPSocketAction extends Infer<typeof tcpSocketAction> {}

export const probe = object("core.v1.Probe", {
  exec: struct<ExecAction>(execAction, { tag: [1, 1], pointer: true }),
  httpGet: struct<HTTPGetAction>(httpGetAction, { tag: [1, 2], pointer: true }),
  tcpSocket: struct<TCPSocketAction>(tcpSocketAction, { tag: [1, 3], pointer: true }),
  grpc: struct<GRPCAction>(grpcAction, { tag: [1, 4], pointer: true }),
  initialDelaySeconds: int32({ tag: 2 }),
  timeoutSeconds: int32({ tag: 3 }),
  periodSeconds: int32({ tag: 4 }),
  successThreshold: int32({ tag: 5 }),
  failureThreshold: int32({ tag: 6 }),
  terminationGracePeriodSeconds: int64({ tag: 7, pointer: true }),
});
export interface Probe extends Infer<typeof probe> {}
