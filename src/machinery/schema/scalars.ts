import { canonicalQuantity } from "../quantity.ts";
import { canonicalMicro, canonicalSeconds } from "../time.ts";
import { DecodeError, jsonTypeOf, TypeMismatch } from "./decode-error.ts";

/** Readers of the values that are more than JSON's own types. They throw as `decode` does. */

/** Upstream says of values with a decoder of their own which Go type failed, not which field. */
function loneMismatch(value: unknown, wanted: string): DecodeError {
  return new TypeMismatch(jsonTypeOf(value), wanted).toDecodeError();
}

/** Checks standard base64; lone bits at its end become zero. */
export function readBytes(raw: unknown): string {
  if (typeof raw !== "string") throw new TypeMismatch(jsonTypeOf(raw), "[]uint8");
  const text = /[\r\n]/.test(raw) ? raw.replace(/[\r\n]/g, "") : raw;
  const good = /^[A-Za-z0-9+/]*={0,2}/.exec(text)?.[0].length ?? 0;
  if (good < text.length || text.length % 4 !== 0) {
    throw new DecodeError(`illegal base64 data at input byte ${good}`);
  }
  if (!text.endsWith("=")) return text;
  const last = Buffer.from(text.slice(-4), "base64").toString("base64");
  return text.slice(0, -4) + last;
}

/** A canonical time; null for the zero time. */
export function readTime(type: "time" | "microTime", raw: unknown): string | null {
  if (typeof raw !== "string") throw loneMismatch(raw, "string");
  try {
    return type === "time" ? canonicalSeconds(raw) : canonicalMicro(raw);
  } catch (error) {
    throw asDecodeError(error);
  }
}

/** A canonical quantity; JSON numbers are quantities, too. */
export function readQuantity(raw: unknown): string {
  if (typeof raw !== "string" && typeof raw !== "number") return readQuantityText(jsonTypeOf(raw));
  return readQuantityText(typeof raw === "number" ? String(raw) : raw.trim());
}

function readQuantityText(text: string): string {
  try {
    return canonicalQuantity(text);
  } catch (error) {
    throw asDecodeError(error);
  }
}

export function readIntOrString(raw: unknown): string | number {
  if (typeof raw === "string") return raw;
  if (typeof raw !== "number") throw loneMismatch(raw, "int32");
  if (raw !== Math.trunc(raw) || Math.abs(raw) > 2 ** 31) {
    throw new TypeMismatch(`number ${raw}`, "int32").toDecodeError();
  }
  return raw;
}

function asDecodeError(error: unknown): DecodeError {
  return new DecodeError(error instanceof Error ? error.message : String(error));
}
