import type { CachedObject } from "./cached-object.ts";

/** Which objects below a prefix are wanted. */
export interface Selection {
  /** The same text, the same selection. "" selects everything. */
  readonly id: string;
  /** Undefined: everything matches. */
  readonly matches: ((object: CachedObject) => boolean) | undefined;
  /** Set when only objects with this value of the resource's trigger field can match. */
  readonly trigger?: string | undefined;
}

export const everything: Selection = { id: "", matches: undefined };
