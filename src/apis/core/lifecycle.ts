import { type Infer, int64, object, string, struct } from "#machinery/schema/schema.ts";
import {
  type ExecAction,
  execAction,
  type HTTPGetAction,
  httpGetAction,
  type TCPSocketAction,
  tcpSocketAction,
} from "./probe.ts";
import { signals } from "./signals.ts";

export const sleepAction = object("core.v1.SleepAction", {
  seconds: int64({ tag: 1, always: true, required: true }),
});
export interface SleepAction extends Infer<typeof sleepAction> {}

export const lifecycleHandler = object("core.v1.LifecycleHandler", {
  exec: struct<ExecAction>(execAction, { tag: 1, pointer: true }),
  httpGet: struct<HTTPGetAction>(httpGetAction, { tag: 2, pointer: true }),
  tcpSocket: struct<TCPSocketAction>(tcpSocketAction, { tag: 3, pointer: true }),
  sleep: struct<SleepAction>(sleepAction, { tag: 4, pointer: true }),
});
export interface LifecycleHandler extends Infer<typeof lifecycleHandler> {}

export const lifecycle = object("core.v1.Lifecycle", {
  postStart: struct<LifecycleHandler>(lifecycleHandler, { tag: 1, pointer: true }),
  preStop: struct<LifecycleHandler>(lifecycleHandler, { tag: 2, pointer: true }),
  stopSignal: string({ tag: 3, pointer: true, enum: signals }),
});
export interface Lifecycle extends Infer<typeof lifecycle> {}
