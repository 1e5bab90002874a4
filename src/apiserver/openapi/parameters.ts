/** The parameters of requests, as OpenAPI documents describe them. */

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly type: "boolean" | "integer" | "string";
  readonly description: string;
}

function query(type: Parameter["type"], name: string, description: string): Parameter {
  return { name, in: "query", type, description };
}

function path(name: string, description: string): Parameter {
  return { name, in: "path", type: "string", description };
}

export const namespaceParameter = path("namespace", "The namespace the objects are in.");
export const pathParameter = path("path", "What to ask for at the other end.");
export const prettyParameter = query("string", "pretty", "Whether to indent the answer.");

/** The name of the object in the path. */
export function nameParameter(kind: string): Parameter {
  return path("name", `The name of the ${kind}.`);
}

const dryRun = query("string", "dryRun", "All: go through every step of the request but storing.");
const fieldManager = query("string", "fieldManager", "Who is recorded as owner of what changes.");
const fieldValidation = query(
  "string",
  "fieldValidation",
  "What to do about unknown and duplicate fields: Ignore, Warn or Strict.",
);

/** Of whatever gives several objects. */
const selection: readonly Parameter[] = [
  query("string", "continue", "Where the last page ended, as its answer said."),
  query("string", "fieldSelector", "Only objects with these values of fields."),
  query("string", "labelSelector", "Only objects with these labels."),
  query("integer", "limit", "How many objects a page has at most."),
  query("string", "resourceVersion", "How recent the answer must be, or where a watch starts."),
  query("string", "resourceVersionMatch", "Exact or NotOlderThan: how to read resourceVersion."),
  query("boolean", "sendInitialEvents", "Whether a watch begins with what there is already."),
  query("integer", "timeoutSeconds", "When to end a list or watch, whatever happens."),
];

export const listParameters: readonly Parameter[] = [
  query("boolean", "allowWatchBookmarks", "Whether a watch may tell how far it has come."),
  ...selection,
  query("boolean", "watch", "Tell of changes as they happen instead of listing."),
];

export const createParameters: readonly Parameter[] = [dryRun, fieldManager, fieldValidation];

export const patchParameters: readonly Parameter[] = [
  dryRun,
  fieldManager,
  fieldValidation,
  query("boolean", "force", "Apply only: take over fields that others own."),
];

export const deleteParameters: readonly Parameter[] = [
  dryRun,
  query("integer", "gracePeriodSeconds", "How long the object may take to end; 0: none."),
  query(
    "boolean",
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    "Delete even what cannot be read any more.",
  ),
  query("boolean", "orphanDependents", "Older way to say propagationPolicy Orphan."),
  query(
    "string",
    "propagationPolicy",
    "What becomes of dependents: Orphan, Background, Foreground.",
  ),
];

export const deleteCollectionParameters: readonly Parameter[] = [...deleteParameters, ...selection];

const container = query(
  "string",
  "container",
  "Which container; none: the pod's first or only one.",
);
const streams = (what: string): readonly Parameter[] => [
  container,
  query("boolean", "stderr", `Whether to pass on ${what} standard error.`),
  query("boolean", "stdin", `Whether to pass input to ${what} standard input.`),
  query("boolean", "stdout", `Whether to pass on ${what} standard output.`),
  query("boolean", "tty", "Whether there is a terminal at the other end."),
];
const proxied = [query("string", "path", "What to ask for at the other end.")];

/** Of the subresources that connect to something, by `plural/subresource`. */
export const connectParameters: Readonly<Record<string, readonly Parameter[]>> = {
  "nodes/proxy": proxied,
  "pods/attach": streams("the container's"),
  "pods/exec": [query("string", "command", "The command and its arguments."), ...streams("its")],
  "pods/portforward": [query("string", "ports", "The ports to forward.")],
  "pods/proxy": proxied,
  "services/proxy": proxied,
};

export const logParameters: readonly Parameter[] = [
  container,
  query("boolean", "follow", "Go on as the container writes."),
  query("boolean", "insecureSkipTLSVerifyBackend", "Do not check the kubelet's certificate."),
  query("integer", "limitBytes", "Stop after so many bytes."),
  query("boolean", "previous", "Of the container before its last restart."),
  query("integer", "sinceSeconds", "Only lines of the last so many seconds."),
  query("string", "stream", "All, Stdout or Stderr."),
  query("integer", "tailLines", "Only so many lines from the end."),
  query("boolean", "timestamps", "Begin each line with its time."),
];
