import { createPublicKey, type KeyObject, verify, X509Certificate } from "node:crypto";

/**
 * Reads certificate signing requests (PKCS#10, RFC 2986) without a library, because the API server
 * has to say at once whether one is well-formed and signed.
 */

export interface SigningRequest {
  /** Whether the request is signed with the key that it is for. */
  isSigned(): boolean;
}

/** One DER value. */
interface Der {
  readonly tag: number;
  readonly content: Buffer;
  /** With its header. */
  readonly whole: Buffer;
}

const tags = { bitString: 0x03, oid: 0x06, sequence: 0x30 } as const;

class DerError extends Error {
  override name = "DerError";
}

function readDer(bytes: Buffer, from = 0): Der {
  const tag = bytes[from];
  const first = bytes[from + 1];
  if (tag === undefined || first === undefined) throw new DerError("asn1: syntax error: truncated");
  let start = from + 2;
  let length = first;
  if (first >= 0x80) {
    const size = first & 0x7f;
    if (size === 0 || size > 4) throw new DerError("asn1: syntax error: bad length");
    length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + (bytes[start + i] ?? 0);
    start += size;
  }
  const end = start + length;
  if (end > bytes.length) throw new DerError("asn1: syntax error: data truncated");
  return { tag, content: bytes.subarray(start, end), whole: bytes.subarray(from, end) };
}

function children({ content }: Der): Der[] {
  const found: Der[] = [];
  for (let at = 0; at < content.length;) {
    const child = readDer(content, at);
    found.push(child);
    at += child.whole.length;
  }
  return found;
}

function expectTag(der: Der | undefined, tag: number): Der {
  if (der?.tag === tag) return der;
  throw new DerError("asn1: structure error: tags don't match");
}

function oidText(der: Der): string {
  const [first = 0, ...rest] = der.content;
  const parts = [
    Math.min(Math.floor(first / 40), 2),
    first - 40 * Math.min(Math.floor(first / 40), 2),
  ];
  let value = 0;
  for (const byte of rest) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      parts.push(value);
      value = 0;
    }
  }
  return parts.join(".");
}

const block = /-----BEGIN ([^-\n]+)-----\s*([A-Za-z0-9+/=\s]*?)-----END \1-----/;

/** The first PEM block in a text. */
function readPem(text: string): { type: string; der: Buffer } | undefined {
  const found = block.exec(text);
  if (!found) return undefined;
  return { type: found[1] ?? "", der: Buffer.from(found[2] ?? "", "base64") };
}

/** Throws an Error that says what is wrong. */
export function readSigningRequest(pem: string): SigningRequest {
  const found = readPem(pem);
  if (found?.type !== "CERTIFICATE REQUEST") {
    throw new DerError("PEM block type must be CERTIFICATE REQUEST");
  }
  const [info, algorithm, signature] = children(expectTag(readDer(found.der), tags.sequence));
  const [, subject, key] = children(expectTag(info, tags.sequence));
  const spki = expectTag(key, tags.sequence);
  expectTag(subject, tags.sequence);
  const [oid] = children(expectTag(algorithm, tags.sequence));
  const signed = expectTag(info, tags.sequence).whole;
  const bits = expectTag(signature, tags.bitString).content.subarray(1);
  return {
    isSigned: () => isSignedBy(spki.whole, oidText(expectTag(oid, tags.oid)), signed, bits),
  };
}

const hashes: Readonly<Record<string, string | null>> = {
  "1.2.840.113549.1.1.5": "sha1",
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.2.840.10045.4.1": "sha1",
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
  "1.3.101.112": null,
};

function isSignedBy(spki: Buffer, oid: string, signed: Buffer, signature: Buffer): boolean {
  const hash = hashes[oid];
  if (hash === undefined) return false;
  try {
    const key: KeyObject = createPublicKey({ key: spki, format: "der", type: "spki" });
    return verify(hash, signed, key, signature);
  } catch {
    return false;
  }
}

/** Why a text is no chain of certificates, if it is none. */
export function certificatesMistake(pem: string): string | undefined {
  let rest = pem;
  let count = 0;
  for (let found = block.exec(rest); found; found = block.exec(rest)) {
    const type = found[1] ?? "";
    if (type !== "CERTIFICATE") {
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    }
    try {
      void new X509Certificate(found[0]);
    } catch {
      return "x509: malformed certificate";
    }
    count += 1;
    rest = rest.slice(found.index + found[0].length);
  }
  return count === 0 ? "must contain at least one CERTIFICATE PEM block" : undefined;
}
