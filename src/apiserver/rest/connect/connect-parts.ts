import type { ObjectReader } from "#apiserver/object-reader.ts";
import type { KubeletCredentials } from "./kubelet-access.ts";

/** What connecting to nodes, pods and Services needs. */
export interface ConnectParts {
  readonly reader: ObjectReader;
  readonly kubelet: KubeletCredentials;
  /** Ends all connections. */
  readonly signal: AbortSignal;
}
