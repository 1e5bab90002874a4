import { badRequest } from "#machinery/errors.ts";
import {
  type FieldError,
  forbiddenField,
  invalidObject,
  notSupported,
} from "#machinery/field-error.ts";

/** The query of a list, watch or deletecollection. */
export interface ListOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly watch: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  /** Seconds; undefined when not given. */
  readonly timeoutSeconds: number | undefined;
  /** 0: none. */
  readonly limit: number;
  readonly continueToken: string;
  readonly sendInitialEvents: boolean | undefined;
}

/** Go's lenient reading of a flag in a query. */
export function flag(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  return value !== "0" && value.toLowerCase() !== "false";
}

/** A whole number in a query. @throws BadRequest in the words of Go's strconv. */
export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (value === "") return 0;
  if (!/^[+-]?\d+$/.test(value)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  return Number(value);
}

const none = new URLSearchParams();
const defaults = read(none);

/** Reads and checks the options of a list (`watching` false) or watch. */
export function listOptions(query: URLSearchParams, watching: boolean): ListOptions {
  if (query.size === 0) return defaults;
  const options = read(query);
  const errors = watching ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) {
    throw invalidObject({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
  }
  return options;
}

function read(query: URLSearchParams): ListOptions {
  return {
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
    watch: flag(query, "watch") ?? false,
    allowWatchBookmarks: flag(query, "allowWatchBookmarks") ?? false,
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
    timeoutSeconds: wholeNumber(query, "timeoutSeconds"),
    limit: Math.max(0, wholeNumber(query, "limit") ?? 0),
    continueToken: query.get("continue") ?? "",
    sendInitialEvents: flag(query, "sendInitialEvents"),
  };
}

const matchAt = "resourceVersionMatch";

function listErrors(options: ListOptions): FieldError[] {
  const { resourceVersion, resourceVersionMatch: match, continueToken } = options;
  const errors: FieldError[] = [];
  if (options.sendInitialEvents !== undefined) {
    errors.push(forbiddenField("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  if (match === "") return errors;
  if (resourceVersion === "") {
    errors.push(
      forbiddenField(
        matchAt,
        "resourceVersionMatch is forbidden unless resourceVersion is provided",
      ),
    );
  }
  if (continueToken !== "") {
    errors.push(
      forbiddenField(matchAt, "resourceVersionMatch is forbidden when continue is provided"),
    );
  }
  if (match !== "Exact" && match !== "NotOlderThan") {
    errors.push(notSupported(matchAt, match, ["Exact", "NotOlderThan", ""]));
  }
  if (match === "Exact" && resourceVersion === "0") {
    errors.push(
      forbiddenField(matchAt, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
    );
  }
  return errors;
}

function watchErrors(options: ListOptions): FieldError[] {
  const { resourceVersionMatch: match, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    errors.push(
      forbiddenField(
        matchAt,
        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
      ),
    );
  }
  if (match === "") return errors;
  if (sendInitialEvents === undefined) {
    errors.push(
      forbiddenField(
        matchAt,
        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
      ),
    );
  }
  if (match !== "NotOlderThan") errors.push(notSupported(matchAt, match, ["NotOlderThan"]));
  if (options.continueToken !== "") {
    errors.push(
      forbiddenField(matchAt, "resourceVersionMatch is forbidden when continue is provided"),
    );
  }
  return errors;
}
