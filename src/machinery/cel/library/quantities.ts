import { formatQuantity, parseQuantity, type QuantityValue } from "#machinery/quantity.ts";
import { bool, double, int, opaque, string } from "../types.ts";
import { CelError, CelOpaque } from "../values.ts";
import { type CelLibrary, global, member, traversal } from "./library.ts";

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library */

export const quantityType = opaque("kubernetes.Quantity");
const unit = 1_000_000_000n;

export class CelQuantity extends CelOpaque {
  readonly typeName = "kubernetes.Quantity";
  readonly value: QuantityValue;
  constructor(value: QuantityValue) {
    super();
    this.value = value;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelQuantity && other.value.nano === this.value.nano;
  }
}

/** Longer texts are no quantities that anybody means. */
const charactersMax = 1_000;

function parsed(text: string): QuantityValue | undefined {
  if (text.length > charactersMax) return undefined;
  try {
    return parseQuantity(text);
  } catch {
    return undefined;
  }
}

function quantity(text: string): CelQuantity {
  const value = parsed(text);
  if (value) return new CelQuantity(value);
  throw new CelError(
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMG]*[-+]?[0-9]*)$'",
  );
}

function isInteger({ value: { nano } }: CelQuantity): boolean {
  const whole = nano / unit;
  return nano % unit === 0n && whole >= -(2n ** 63n) && whole < 2n ** 63n;
}

function asInteger(quantity: CelQuantity): bigint {
  if (isInteger(quantity)) return quantity.value.nano / unit;
  throw new CelError("cannot convert value to integer");
}

function order(a: CelQuantity, b: CelQuantity): bigint {
  const difference = a.value.nano - b.value.nano;
  if (difference === 0n) return 0n;
  return difference < 0n ? -1n : 1n;
}

function plus(a: CelQuantity, nano: bigint): CelQuantity {
  return new CelQuantity({ nano: a.value.nano + nano, format: a.value.format });
}

const parsing = traversal(0);
const both = [quantityType, quantityType];
const withInt = [quantityType, int];

export const quantityLibrary: CelLibrary = {
  functions: [
    ["quantity", global("string_to_quantity", [string], quantityType, quantity, parsing)],
    ["isQuantity", global("is_quantity_string", [string], bool, (text: string) => parsed(text) !== undefined, parsing)],
    ["sign", member("quantity_sign", [quantityType], int, (a: CelQuantity) => order(a, new CelQuantity({ nano: 0n, format: "DecimalSI" })))],
    ["isInteger", member("quantity_is_integer", [quantityType], bool, isInteger)],
    ["asInteger", member("quantity_get_int", [quantityType], int, asInteger)],
    ["asApproximateFloat", member("quantity_get_float", [quantityType], double, ({ value }: CelQuantity) => Number(value.nano) / 1e9)],
    ["isGreaterThan", member("quantity_is_greater_than", both, bool, (a: CelQuantity, b: CelQuantity) => order(a, b) > 0n)],
    ["isLessThan", member("quantity_is_less_than", both, bool, (a: CelQuantity, b: CelQuantity) => order(a, b) < 0n)],
    ["compareTo", member("quantity_compare_to", both, int, order)],
    ["add", member("quantity_add", both, quantityType, (a: CelQuantity, b: CelQuantity) => plus(a, b.value.nano))],
    ["add", member("quantity_add_int", withInt, quantityType, (a: CelQuantity, b: bigint) => plus(a, b * unit))],
    ["sub", member("quantity_sub", both, quantityType, (a: CelQuantity, b: CelQuantity) => plus(a, -b.value.nano))],
    ["sub", member("quantity_sub_int", withInt, quantityType, (a: CelQuantity, b: bigint) => plus(a, -b * unit))],
    ["string", global("quantity_to_string", [quantityType], string, ({ value }: CelQuantity) => formatQuantity(value))],
  ], // prettier-ignore
  typeNames: { "kubernetes.Quantity": quantityType },
};
