import { describe } from "vitest";
import { compactionContract } from "./contract/compaction.ts";
import { listContract } from "./contract/list.ts";
import { lifeContract } from "./contract/life.ts";
import { watchContract } from "./contract/watch.ts";
import { writeContract } from "./contract/write.ts";
import type { OpenStore } from "./contract/harness.ts";

/**
 * What every backend has to do, as tests. A backend's own test calls this with a function that opens
 * a fresh, empty store.
 */
export function storeContract(name: string, open: OpenStore): void {
  describe(`${name}: store contract`, () => {
    writeContract(open);
    listContract(open);
    watchContract(open);
    compactionContract(open);
    lifeContract(open);
  });
}
