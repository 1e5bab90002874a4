/**
 * The protobuf wire format: a reader and a writer of tags, varints, fixed numbers and length-delimited
 * fields. Knows no message; `messages.ts` builds codecs from tables on it.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */

/** How the bytes after a tag are laid out. Groups (3, 4) are obsolete and only skipped. */
export const wireType = {
  varint: 0,
  fixed64: 1,
  delimited: 2,
  groupStart: 3,
  groupEnd: 4,
  fixed32: 5,
} as const;

/** Thrown for bytes that are no protobuf, and for values that cannot be written as the field's type. */
export class WireError extends Error {
  override name = "WireError";
}

/** What to do with 64-bit integers beyond ±2^53: refuse, or round to the nearest double. */
export type UnsafeIntegers = "throw" | "round";

const two32 = 0x1_0000_0000;
const utf8 = new TextDecoder("utf-8", { fatal: false });
/** Groups nest without a length, so that skipping one needs its own bound. */
const groupDepthMax = 32;

/** Reads one message's bytes from front to back. Every read checks that the bytes are there. */
export class WireReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  /** A reader over the next length-delimited field, which is thereby consumed. */
  nested(): WireReader {
    const [start, end] = this.#span();
    return new WireReader(this.bytes, start, end);
  }

  /** The next tag: field number × 8 + wire type. */
  tag(): number {
    const tag = this.uint32();
    if (tag >>> 3 === 0) throw new WireError("field number 0");
    return tag;
  }

  uint32(): number {
    this.#varint();
    return this.#low >>> 0;
  }

  int32(): number {
    this.#varint();
    return this.#low | 0;
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  bool(): boolean {
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }

  int64(unsafe: UnsafeIntegers = "throw"): number {
    this.#varint();
    return safe((this.#high | 0) * two32 + (this.#low >>> 0), unsafe);
  }

  uint64(unsafe: UnsafeIntegers = "throw"): number {
    this.#varint();
    return safe((this.#high >>> 0) * two32 + (this.#low >>> 0), unsafe);
  }

  sint64(unsafe: UnsafeIntegers = "throw"): number {
    this.#varint();
    const raw = (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0);
    return safe(Number((raw >> 1n) ^ -(raw & 1n)), unsafe);
  }

  fixed32(): number {
    return this.#view(4).getUint32(0, true);
  }

  sfixed32(): number {
    return this.#view(4).getInt32(0, true);
  }

  fixed64(unsafe: UnsafeIntegers = "throw"): number {
    return safe(Number(this.#view(8).getBigUint64(0, true)), unsafe);
  }

  sfixed64(unsafe: UnsafeIntegers = "throw"): number {
    return safe(Number(this.#view(8).getBigInt64(0, true)), unsafe);
  }

  float(): number {
    return this.#view(4).getFloat32(0, true);
  }

  double(): number {
    return this.#view(8).getFloat64(0, true);
  }

  string(): string {
    const [start, end] = this.#span();
    if (end - start > 24) return utf8.decode(this.bytes.subarray(start, end));
    let text = "";
    for (let at = start; at < end; at++) {
      const byte = this.bytes[at]!;
      if (byte >= 0x80) return utf8.decode(this.bytes.subarray(start, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** A view of the next length-delimited field; it shares memory with the input. */
  view(): Uint8Array {
    const [start, end] = this.#span();
    return this.bytes.subarray(start, end);
  }

  /** Passes over one field's value: what the sender knows and the receiver does not. */
  skip(type: number, depth = 0): void {
    switch (type) {
      case wireType.varint:
        this.#varint();
        return;
      case wireType.fixed64:
        this.#take(8);
        return;
      case wireType.delimited:
        this.#span();
        return;
      case wireType.fixed32:
        this.#take(4);
        return;
      case wireType.groupStart:
        if (depth >= groupDepthMax) throw new WireError("groups nest too deeply");
        for (;;) {
          const inner = this.tag() & 7;
          if (inner === wireType.groupEnd) return;
          this.skip(inner, depth + 1);
        }
      default:
        throw new WireError(`wire type ${type}`);
    }
  }

  #varint(): void {
    const { bytes, end } = this;
    let at = this.position;
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end) throw new WireError("truncated varint");
      if (shift > 63) throw new WireError("varint longer than 10 bytes");
      const byte = bytes[at++]!;
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high = part >>> 4;
      } else high |= part << (shift - 32);
      if (byte < 0x80) break;
    }
    this.position = at;
    this.#low = low;
    this.#high = high;
  }

  #take(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw new WireError("truncated field");
    this.position = start + length;
    return start;
  }

  #span(): [start: number, end: number] {
    const length = this.uint32();
    const start = this.#take(length);
    return [start, start + length];
  }

  #view(length: number): DataView {
    const start = this.#take(length);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + start, length);
  }
}

function safe(value: number, unsafe: UnsafeIntegers): number {
  if (unsafe === "throw" && !Number.isSafeInteger(value)) {
    throw new WireError(`integer ${value} is not exact as a number`);
  }
  return value;
}

/** Writes fields into one growing buffer; `finish()` hands the bytes over. */
export class WireWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(initialBytes = 256) {
    this.#bytes = Buffer.allocUnsafe(initialBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far, as a view of the writer's memory: do not write afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  tag(field: number, type: number): void {
    this.uint32(((field << 3) | type) >>> 0);
  }

  uint32(value: number): void {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A signed or unsigned varint of up to 64 bits. Throws for fractions. */
  varint(value: number): void {
    if (value >= 0 && value < two32) return this.uint32(value);
    if (!Number.isInteger(value)) throw new WireError(`${value} is not an integer`);
    this.bigint(BigInt(value));
  }

  bigint(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  sint(value: number): void {
    const wide = BigInt(value);
    this.bigint((wide << 1n) ^ (wide >> 63n));
  }

  bool(value: boolean): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value ? 1 : 0;
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32LE(value >>> 0, this.#length);
  }

  fixed64(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), this.#length);
  }

  float(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeFloatLE(value, this.#length);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  string(value: string): void {
    if (value.length < 40) {
      const mark = this.begin();
      this.#reserve(value.length * 3);
      this.#length += this.#bytes.write(value, this.#length, "utf8");
      this.end(mark);
      return;
    }
    const length = Buffer.byteLength(value, "utf8");
    this.uint32(length);
    this.#reserve(length);
    this.#length += this.#bytes.write(value, this.#length, "utf8");
  }

  /** Length-delimited bytes. */
  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.raw(value);
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Opens a length-delimited field whose length is not known yet; give the mark to `end()`. */
  begin(): number {
    this.#reserve(1);
    return this.#length++;
  }

  /** Closes the field opened at `mark`. Long content moves up to make room for its length. */
  end(mark: number): void {
    const length = this.#length - mark - 1;
    if (length < 0x80) {
      this.#bytes[mark] = length;
      return;
    }
    const extra = (length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : length < 0x1000_0000 ? 4 : 5) - 1;
    this.#reserve(extra);
    this.#bytes.copyWithin(mark + 1 + extra, mark + 1, this.#length);
    this.#length = mark;
    this.uint32(length);
    this.#length += length;
  }

  #reserve(extra: number): void {
    const need = this.#length + extra;
    if (need <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(need, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
