/** Call options as they are on the wire. */
import type { DeleteOptions, ListOptions, WriteOptions } from "./client.ts";

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The parameters that are given and not empty. */
export function queryOf(values: Query): URLSearchParams {
  const query = new URLSearchParams();
  for (const name in values) {
    const value = values[name];
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  return query;
}

/** The query of a list or watch. */
export function listQuery(o: ListOptions): URLSearchParams {
  const { labelSelector, fieldSelector, limit, resourceVersion } = o;
  const { resourceVersionMatch, timeoutSeconds } = o;
  return queryOf({
    labelSelector,
    fieldSelector,
    limit: limit === 0 ? undefined : limit,
    continue: o.continue,
    resourceVersion,
    resourceVersionMatch,
    timeoutSeconds,
  });
}

/** The query of a create, update or patch. */
export function writeQuery(o: WriteOptions, force?: boolean): URLSearchParams {
  const { fieldManager, fieldValidation } = o;
  return queryOf({ dryRun: o.dryRun ? "All" : undefined, fieldManager, fieldValidation, force });
}

/** The body of a delete, if its options need one. */
export function deleteBody(o: DeleteOptions): { body?: object } {
  const { dryRun, gracePeriodSeconds, propagationPolicy, preconditions } = o;
  const given = {
    ...(dryRun ? { dryRun: ["All"] } : {}),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
  if (Object.keys(given).length === 0) return {};
  return { body: { apiVersion: "v1", kind: "DeleteOptions", ...given } };
}
