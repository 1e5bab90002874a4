const KiB = 1024;
const MiB = 1024 * KiB;
const minute = 60_000;

/** Every limit of the API server, with its unit; upstream's numbers where upstream has one. */
export const limits = {
  /** Upstream's limit for JSON and YAML bodies. */
  requestBodyBytesMax: 3 * MiB,
  /** etcd's default request limit, kept so that users can move. */
  objectBytesMax: 1.5 * MiB,
  /** `--max-requests-inflight`: gets, lists. */
  requestsReadingMax: 400,
  /** `--max-mutating-requests-inflight`. */
  requestsWritingMax: 200,
  /** How long a request's body may take to arrive. */
  requestBodyMs: 1 * minute,
  /** Answers from here on are compressed for clients that accept it. */
  gzipFromBytes: 128 * KiB,
  /** Events kept in memory per resource, from which watches resume without the store. */
  historyEventsMax: 1_000,
  /** Bytes that may wait for a slow watcher before it is ended. */
  watchBacklogBytesMax: 16 * MiB,
  /** Events that may wait for a slow in-process watcher before it is ended. */
  watchBacklogEventsMax: 100_000,
  /** How often watchers that allow it get a bookmark. */
  bookmarkMs: 1 * minute,
  /** A watch without `timeoutSeconds` ends after this to twice this (`--min-request-timeout`). */
  watchMs: 30 * minute,
  /** How long a reader waits for a resourceVersion that has not happened yet. */
  futureRevisionMs: 3_000,
  /** History older than this is forgotten by the store, and how often that is done. */
  compactionMs: 5 * minute,
  /** Time-to-live of Events (`--event-ttl`). */
  eventTtlSeconds: 60 * 60,
  /** Retries of a compare-and-swap, and of a generated name that was taken. */
  conflictRetriesMax: 100,
  generatedNameRetriesMax: 8,
  /** Sockets that say nothing are closed after. */
  keepAliveMs: 3 * minute,
  /** How long a stopping server waits for requests that are under way. */
  shutdownMs: 10_000,
} as const;
