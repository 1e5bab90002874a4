import { rfc3339 } from "#base/clock.ts";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import { decodeValue } from "./codec.ts";
import { serve, type ServedStorage, storageKey } from "./served.ts";
import type { ObjectStorage } from "./storage.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";

/** An object as the server writes it for itself. */
export interface OwnObject {
  readonly apiVersion?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Writes objects on the server's own account: without admission and validation. */
export class OwnWriter {
  readonly #storage: ObjectStorage;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #storages = new Map<Resource<never>, ServedStorage>();

  constructor(storage: ObjectStorage, clock: Clock, chance: Chance) {
    this.#storage = storage;
    this.#clock = clock;
    this.#chance = chance;
  }

  #of(resource: Resource<never>): ServedStorage {
    let storage = this.#storages.get(resource);
    if (!storage) {
      storage = serve(resource).storage!;
      this.#storages.set(resource, storage);
    }
    return storage;
  }

  #key(resource: Resource<never>, { metadata }: Pick<OwnObject, "metadata">): string {
    return storageKey(this.#of(resource), metadata.namespace ?? "", metadata.name);
  }

  current(
    resource: Resource<never>,
    object: Pick<OwnObject, "metadata">,
  ): CachedObject | undefined {
    return this.#storage.get(this.#of(resource), this.#key(resource, object));
  }

  /** Creates the object unless there is one of its name. */
  async ensure(resource: Resource<never>, object: OwnObject): Promise<void> {
    if (!this.current(resource, object)) await this.create(resource, object);
  }

  /** False when there is one of its name. */
  async create(resource: Resource<never>, object: OwnObject): Promise<boolean> {
    const storage = this.#of(resource);
    const full = decodeValue(resource, object);
    full.metadata.uid = this.#chance.uuid();
    full.metadata.creationTimestamp = rfc3339(this.#clock.now());
    if ("spec" in full && countsGeneration(full)) full.metadata.generation = 1;
    const created = await this.#storage.create(storage, this.#key(resource, object), full);
    return created !== undefined;
  }

  /** Deletes the object, if it is there. */
  async delete(resource: Resource<never>, object: Pick<OwnObject, "metadata">): Promise<void> {
    const current = this.current(resource, object);
    if (current) await this.#storage.remove(current);
  }

  /** Changes an object that is there; a lost race is somebody else's newer will and stays. */
  async change(
    resource: Resource<never>,
    object: Pick<OwnObject, "metadata">,
    change: (copy: KubeObject) => void,
  ): Promise<void> {
    const current = this.current(resource, object);
    if (!current) return;
    const copy = structuredClone(current.object);
    change(copy);
    await this.#storage.replace(this.#of(resource), current, copy);
  }
}

const counted = new Set(["FlowSchema", "PriorityLevelConfiguration"]);

function countsGeneration({ kind }: KubeObject): boolean {
  return counted.has(kind);
}
