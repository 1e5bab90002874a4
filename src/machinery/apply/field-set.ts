/**
 * Sets of field paths, as `FieldsV1` writes them in `metadata.managedFields`: a tree whose steps
 * are `f:<name>` (a field or map key), `k:<keys>` (a list item by its keys), `v:<value>` (a member
 * of a set) and `i:<index>`. An empty object is a member of the set; `.` marks one that has
 * members below it as well.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export interface Fields {
  readonly [step: string]: Fields;
}

const leaf: Fields = Object.freeze({});

/** A set of paths, as a tree that can grow. The root stands for the object and is no member. */
export class FieldSet {
  member = false;
  readonly children: Map<string, FieldSet> = new Map<string, FieldSet>();

  static from(fields: Fields | null | undefined): FieldSet {
    const set = new FieldSet();
    for (const step in fields) {
      if (step === ".") continue;
      set.children.set(step, subtree(fields[step] ?? leaf));
    }
    return set;
  }

  get isEmpty(): boolean {
    return !this.member && this.children.size === 0;
  }

  insert(path: readonly string[]): void {
    let node: FieldSet = this;
    for (const step of path) node = node.at(step);
    node.member = true;
  }

  /** The subtree at a step, made if need be. */
  at(step: string): FieldSet {
    let child = this.children.get(step);
    if (!child) {
      child = new FieldSet();
      this.children.set(step, child);
    }
    return child;
  }

  union(other: FieldSet): FieldSet {
    const out = new FieldSet();
    out.member = this.member || other.member;
    for (const [step, child] of this.children) {
      const theirs = other.children.get(step);
      out.children.set(step, theirs ? child.union(theirs) : child);
    }
    for (const [step, child] of other.children) {
      if (!this.children.has(step)) out.children.set(step, child);
    }
    return out;
  }

  intersection(other: FieldSet): FieldSet {
    const out = new FieldSet();
    out.member = this.member && other.member;
    for (const [step, child] of this.children) {
      const theirs = other.children.get(step);
      const both = theirs && child.intersection(theirs);
      if (both && !both.isEmpty) out.children.set(step, both);
    }
    return out;
  }

  /** The paths that are not in `other`. `deep`: nor below what is in `other`. */
  difference(other: FieldSet, deep = false): FieldSet {
    const out = new FieldSet();
    out.member = this.member && !other.member;
    for (const [step, child] of this.children) {
      const theirs = other.children.get(step);
      if (!theirs) out.children.set(step, child);
      else if (!deep || !theirs.member) {
        const rest = child.difference(theirs, deep);
        if (!rest.isEmpty) out.children.set(step, rest);
      }
    }
    return out;
  }

  /** Each path of the set, in the order of their steps. */
  *paths(prefix: readonly string[] = []): Generator<readonly string[]> {
    if (this.member) yield prefix;
    for (const step of [...this.children.keys()].toSorted()) {
      yield* (this.children.get(step) as FieldSet).paths([...prefix, step]);
    }
  }

  /** The set as JSON, its steps sorted. */
  toFields(): Fields {
    if (this.children.size === 0) return leaf;
    const out: Record<string, Fields> = {};
    if (this.member) out["."] = leaf;
    for (const step of [...this.children.keys()].toSorted()) {
      out[step] = (this.children.get(step) as FieldSet).toFields();
    }
    return out;
  }
}

function subtree(fields: Fields): FieldSet {
  const set = FieldSet.from(fields);
  set.member = set.children.size === 0 || Object.hasOwn(fields, ".");
  return set;
}

/**
 * `fields` without the paths in `gone`; undefined when nothing is left, and the very same object
 * when nothing was taken. Works on the JSON, because most entries of most objects do not change.
 */
export function subtract(fields: Fields, gone: FieldSet): Fields | undefined {
  let out: Record<string, Fields> | undefined;
  for (const [step, node] of gone.children) {
    const mine = fields[step];
    if (mine === undefined) continue;
    const rest = subtractNode(mine, node);
    if (rest === mine) continue;
    out ??= { ...fields };
    if (rest === undefined) delete out[step];
    else out[step] = rest;
  }
  if (out === undefined) return fields;
  return Object.keys(out).length === 0 ? undefined : out;
}

/** Whether `fields` has all paths of `set`. */
export function covers(fields: Fields, set: FieldSet): boolean {
  for (const [step, node] of set.children) {
    const mine = fields[step];
    if (mine === undefined || (node.member && !isMember(mine)) || !covers(mine, node)) return false;
  }
  return true;
}

function isMember(fields: Fields): boolean {
  if (Object.hasOwn(fields, ".")) return true;
  for (const _ in fields) return false;
  return true;
}

function subtractNode(fields: Fields, gone: FieldSet): Fields | undefined {
  let bare = true;
  for (const step in fields) {
    if (step !== ".") {
      bare = false;
      break;
    }
  }
  if (bare) return gone.member ? undefined : fields;
  const rest = subtract(fields, gone);
  if (rest === undefined) return undefined;
  if (!gone.member || !Object.hasOwn(rest, ".")) {
    return rest === fields || !isOnlyDot(rest) ? rest : leaf;
  }
  const { ".": _dot, ...others } = rest;
  return Object.keys(others).length === 0 ? undefined : others;
}

function isOnlyDot(fields: Fields): boolean {
  const steps = Object.keys(fields);
  return steps.length === 1 && steps[0] === ".";
}

/** How a path reads in messages: `.spec.containers[name="c"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(stepText).join("");
}

function stepText(step: string): string {
  const rest = step.slice(2);
  switch (step.slice(0, 2)) {
    case "f:":
      return `.${rest}`;
    case "k:": {
      const keys = JSON.parse(rest) as Record<string, unknown>;
      const parts = Object.keys(keys).toSorted();
      return `[${parts.map((key) => `${key}=${JSON.stringify(keys[key])}`).join(",")}]`;
    }
    case "v:":
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}
