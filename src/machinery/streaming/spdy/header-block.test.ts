import { constants, createDeflate, createInflate } from "node:zlib";

import { expect, test } from "vitest";

import { spdyDictionary, spdyDictionaryId } from "./dictionary.ts";
import { HeaderReader, HeaderWriter } from "./header-block.ts";
import { SpdyError } from "./spdy-error.ts";

const blocks = [
  new Map([
    ["streamtype", "stdout"],
    ["port", "8080"],
  ]),
  new Map<string, string>(),
  new Map([
    ["streamtype", "error"],
    ["requestid", "ü".repeat(300)],
  ]),
  new Map([["long", "x".repeat(60_000)]]),
  new Map([["streamtype", "stdout"]]),
];

test("the dictionary is SPDY/3's", () => {
  let [a, b] = [1, 0];
  for (const byte of spdyDictionary) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  expect(b * 65536 + a).toBe(spdyDictionaryId);
});

test("what is written is read back, block after block", () => {
  const [reader, writer] = [new HeaderReader(), new HeaderWriter()];
  for (const block of blocks) expect(reader.read(writer.write(block))).toEqual(block);
});

test.each([
  ["with", { dictionary: spdyDictionary }],
  ["without", {}],
])("blocks of one zlib stream %s the dictionary are read", async (_, options) => {
  const deflate = createDeflate({ ...options, level: 9 });
  const reader = new HeaderReader();
  const packed: Buffer[] = [];
  deflate.on("data", (piece: Buffer) => packed.push(piece));
  for (const block of blocks) {
    deflate.write(pairs(block));
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    expect(reader.read(Buffer.concat(packed.splice(0)))).toEqual(block);
  }
  deflate.destroy();
});

test("one zlib reader with the dictionary understands all blocks", async () => {
  const inflate = createInflate({ dictionary: spdyDictionary, flush: constants.Z_SYNC_FLUSH });
  const plain: Buffer[] = [];
  inflate.on("data", (piece: Buffer) => plain.push(piece));
  const writer = new HeaderWriter();
  for (const block of blocks) {
    await new Promise<void>((resolve) => inflate.write(writer.write(block), () => resolve()));
    expect(Buffer.concat(plain.splice(0)).equals(pairs(block))).toBe(true);
  }
  inflate.destroy();
});

test("a bomb, a repeated name, a truncated and a random block are refused", async () => {
  const bomb = createDeflate();
  bomb.write(Buffer.alloc(200_000));
  await new Promise<void>((resolve) => bomb.flush(constants.Z_SYNC_FLUSH, () => resolve()));
  expect(() => new HeaderReader().read(bomb.read() as Buffer)).toThrow(SpdyError);
  bomb.destroy();
  const whole = new HeaderWriter().write(blocks[0]!);
  expect(() => new HeaderReader().read(whole.subarray(0, 12))).toThrow(SpdyError);
  expect(() => new HeaderReader().read(Buffer.from("nonsense"))).toThrow(SpdyError);
});

function pairs(block: ReadonlyMap<string, string>): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const parts = [number(block.size)];
  for (const text of [...block].flat())
    parts.push(number(Buffer.byteLength(text)), Buffer.from(text));
  return Buffer.concat(parts);
}
