/**
 * Why a JSON value is no object of its type, in the words of upstream's decoder. The API server
 * answers it with 400.
 */
export class DecodeError extends Error {
  override name = "DecodeError";
}

/** A value of the wrong JSON type. Collects its place on the way out of the nested readers. */
export class TypeMismatch extends Error {
  override name = "TypeMismatch";
  readonly #found: string;
  readonly #wanted: string;
  /** The innermost type that has the field; "" when the value stands alone. */
  #owner = "";
  #path: string[] = [];

  constructor(found: string, wanted: string) {
    super();
    this.#found = found;
    this.#wanted = wanted;
  }

  /** Says that the value lies in this field of this type. */
  within(typeName: string, field: string): void {
    if (this.#owner === "") this.#owner = typeName;
    this.#path.push(field);
  }

  toDecodeError(): DecodeError {
    const field = this.#path.toReversed().join(".");
    const place = this.#owner === "" ? "value" : `struct field ${this.#owner}.${field}`;
    return new DecodeError(
      `json: cannot unmarshal ${this.#found} into Go ${place} of type ${this.#wanted}`,
    );
  }
}

/** How upstream calls the JSON type of a value in messages. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
