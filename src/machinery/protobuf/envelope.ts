import type { KubeObject } from "../meta.ts";
import type { ObjectSchema, TypeMeta } from "../schema/schema.ts";
import { encodeProto } from "./encode-object.ts";
import { WireError, WireReader, wireType, WireWriter } from "./wire.ts";

/**
 * The envelope of `application/vnd.kubernetes.protobuf`: four magic bytes and a message
 * (runtime.Unknown) that names the type and holds the object's own message.
 */

const magic = Buffer.from("k8s\0");

/** What an envelope says. The type may be empty: then the request's path says it. */
export interface Envelope extends TypeMeta {
  /** The object's message, or text of `contentType`. */
  readonly raw: Uint8Array;
  readonly contentType: string;
}

/** Whether the bytes begin as an envelope does. */
export function isEnveloped(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte);
}

/** Wraps a message. */
export function wrap({ apiVersion, kind }: TypeMeta, raw: Uint8Array): Uint8Array {
  const writer = new WireWriter(raw.length + 128);
  writer.raw(magic);
  writer.tag(1, wireType.delimited);
  const mark = writer.begin();
  text(writer, 1, apiVersion);
  text(writer, 2, kind);
  writer.end(mark);
  writer.tag(2, wireType.delimited);
  writer.bytes(raw);
  text(writer, 3, "");
  text(writer, 4, "");
  return writer.finish();
}

function text(writer: WireWriter, number: number, value: string): void {
  writer.tag(number, wireType.delimited);
  writer.string(value);
}

/** Opens an envelope. Throws WireError. */
export function unwrap(bytes: Uint8Array): Envelope {
  if (!isEnveloped(bytes)) throw new WireError("not a Kubernetes protobuf message");
  const reader = new WireReader(bytes, magic.length);
  const found = { apiVersion: "", kind: "", raw: new Uint8Array(), contentType: "" };
  while (!reader.done) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) readTypeMeta(reader.nested(), found);
    else if (tag >>> 3 === 2) found.raw = Buffer.from(reader.view());
    else if (tag >>> 3 === 4) found.contentType = reader.string();
    else reader.skip(tag & 7);
  }
  return found;
}

function readTypeMeta(reader: WireReader, into: TypeMeta): void {
  while (!reader.done) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) into.apiVersion = reader.string();
    else if (tag >>> 3 === 2) into.kind = reader.string();
    else reader.skip(tag & 7);
  }
}

/** An object in its envelope. */
export function encodeEnveloped(schema: ObjectSchema, object: TypeMeta | KubeObject): Uint8Array {
  return wrap(object, encodeProto(schema, object));
}

/** A frame of a protobuf watch stream: its length in four bytes, then the event. */
export function watchFrame(type: string, object: Uint8Array): Uint8Array {
  const writer = new WireWriter(object.length + 64);
  text(writer, 1, type);
  writer.tag(2, wireType.delimited);
  const mark = writer.begin();
  writer.tag(1, wireType.delimited);
  writer.bytes(object);
  writer.end(mark);
  const event = writer.finish();
  const frame = Buffer.allocUnsafe(4 + event.length);
  frame.writeUInt32BE(event.length, 0);
  frame.set(event, 4);
  return frame;
}
