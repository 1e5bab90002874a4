import { type CelType, dyn } from "./types.ts";

/** Type parameters and what they were found to stand for, in one expression. */
export class Substitution {
  #known = new Map<string, CelType>();
  #fresh = 0;

  /** A parameter that stands for nothing yet. */
  fresh(): CelType {
    return { kind: "param", name: `%${this.#fresh++}` };
  }

  /** The type with all that is known of its parameters put in. */
  resolve(type: CelType, left?: CelType): CelType {
    switch (type.kind) {
      case "param": {
        const known = this.#known.get(type.name);
        return known ? this.resolve(known, left) : (left ?? type);
      }
      case "list":
        return { ...type, item: this.resolve(type.item, left) };
      case "map":
        return {
          ...type,
          key: this.resolve(type.key, left),
          value: this.resolve(type.value, left),
        };
      case "opaque":
        return { ...type, params: type.params.map((one) => this.resolve(one, left)) };
      case "type":
        return { ...type, of: this.resolve(type.of, left) };
      default:
        return type;
    }
  }

  /** The type for good: what is still open is dyn. */
  final(type: CelType): CelType {
    return this.resolve(type, dyn);
  }

  /**
   * Whether `given` can be used where `wanted` is, learning about parameters. Nothing is learnt
   * when it cannot.
   */
  assign(wanted: CelType, given: CelType): boolean {
    return this.assignAll([wanted], [given]);
  }

  assignAll(wanted: readonly CelType[], given: readonly CelType[]): boolean {
    const before = new Map(this.#known);
    const fits = wanted.every((type, i) => this.#unify(type, given[i]!));
    if (!fits) this.#known = before;
    return fits;
  }

  #unify(wanted: CelType, given: CelType): boolean {
    const a = this.#follow(wanted);
    const b = this.#follow(given);
    if (a.kind === "param" && b.kind === "param" && a.name === b.name) return true;
    if (a.kind === "param") return this.#learn(a.name, b);
    if (b.kind === "param") return this.#learn(b.name, a);
    if (isOpen(a) || isOpen(b)) return true;
    if (b.kind === "null") return a.kind === "null" || canBeNull(a);
    if (a.kind === "null") return canBeNull(b);
    return this.#same(a, b);
  }

  #same(a: CelType, b: CelType): boolean {
    switch (a.kind) {
      case "list":
        return b.kind === "list" && this.#unify(a.item, b.item);
      case "map":
        return b.kind === "map" && this.#unify(a.key, b.key) && this.#unify(a.value, b.value);
      case "opaque":
        return (
          b.kind === "opaque" &&
          a.name === b.name &&
          a.params.length === b.params.length &&
          a.params.every((one, i) => this.#unify(one, b.params[i]!))
        );
      case "type":
        return b.kind === "type";
      case "object":
        return b.kind === "object" && a.name === b.name;
      default:
        return a.kind === b.kind;
    }
  }

  #follow(type: CelType): CelType {
    let at = type;
    while (at.kind === "param") {
      const known = this.#known.get(at.name);
      if (!known) return at;
      at = known;
    }
    return at;
  }

  #learn(name: string, type: CelType): boolean {
    if (this.#mentions(type, name)) return false;
    this.#known.set(name, type);
    return true;
  }

  #mentions(type: CelType, name: string): boolean {
    const at = this.#follow(type);
    switch (at.kind) {
      case "param":
        return at.name === name;
      case "list":
        return this.#mentions(at.item, name);
      case "map":
        return this.#mentions(at.key, name) || this.#mentions(at.value, name);
      case "opaque":
        return at.params.some((one) => this.#mentions(one, name));
      default:
        return false;
    }
  }

  /** A copy of a declared type whose parameters are this call's own. */
  instantiate(types: readonly CelType[]): CelType[] {
    const own = new Map<string, CelType>();
    const copy = (type: CelType): CelType => {
      switch (type.kind) {
        case "param": {
          const known = own.get(type.name);
          if (known) return known;
          const made = this.fresh();
          own.set(type.name, made);
          return made;
        }
        case "list":
          return { ...type, item: copy(type.item) };
        case "map":
          return { ...type, key: copy(type.key), value: copy(type.value) };
        case "opaque":
          return { ...type, params: type.params.map(copy) };
        default:
          return type;
      }
    };
    return types.map(copy);
  }
}

function isOpen(type: CelType): boolean {
  return type.kind === "dyn" || type.kind === "error";
}

function canBeNull(type: CelType): boolean {
  return ["object", "opaque", "duration", "timestamp"].includes(type.kind);
}
