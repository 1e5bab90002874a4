import {
  type DeleteOptions as DeleteOptionsObject,
  deleteOptions as schema,
} from "#apis/meta/delete-options.ts";
import { badRequest } from "#machinery/errors.ts";
import { type FieldError, invalid, notSupported } from "#machinery/field-error.ts";
import { decodeProto } from "#machinery/protobuf/decode-object.ts";
import { unwrap } from "#machinery/protobuf/envelope.ts";
import { WireError } from "#machinery/protobuf/wire.ts";
import { decode } from "#machinery/schema/decode.ts";
import { DecodeError } from "#machinery/schema/decode-error.ts";
import { bodyMedia } from "../negotiate.ts";
import type { ApiRequest } from "../request.ts";
import { flag, wholeNumber } from "./list-options.ts";
import { readText } from "./request-text.ts";
import { dryRunErrors, invalidOptions, type WriteOptions } from "./write-options.ts";

/** What a DELETE asks for, from its body or, without one, its query. */
export interface DeleteOptions {
  readonly gracePeriodSeconds: number | undefined;
  readonly propagation: "Orphan" | "Background" | "Foreground" | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
  /** The part that all writes have. */
  readonly write: WriteOptions;
}

const policies = ["Foreground", "Background", "Orphan"] as const;

/** Reads and checks the options. @throws BadRequest, Invalid. */
export async function deleteOptions(request: ApiRequest): Promise<DeleteOptions> {
  const body = await request.body();
  const isEmpty = body === undefined || (body instanceof Uint8Array && body.length === 0);
  return readDeleteOptions(isEmpty ? fromQuery(request.query) : fromBody(request, body));
}

/** What a DeleteOptions object asks for. @throws Invalid. */
export function readDeleteOptions(given: Given): DeleteOptions {
  const errors = check(given);
  if (errors.length > 0) throw invalidOptions("DeleteOptions", errors);
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun } = given;
  const legacy = orphanDependents == null ? undefined : orphanDependents ? "Orphan" : "Background";
  return {
    gracePeriodSeconds: gracePeriodSeconds ?? undefined,
    propagation: (propagationPolicy ?? legacy) as DeleteOptions["propagation"],
    preconditions: {
      ...(preconditions?.uid == null ? {} : { uid: preconditions.uid }),
      ...(preconditions?.resourceVersion == null
        ? {}
        : { resourceVersion: preconditions.resourceVersion }),
    },
    write: {
      dryRun: (dryRun ?? []).length > 0,
      fieldManager: "",
      fieldValidation: "Ignore",
      raw: { ...given, kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1" },
    },
  };
}

type Given = Partial<DeleteOptionsObject>;

function fromQuery(query: URLSearchParams): Given {
  if (query.size === 0) return {};
  const grace = wholeNumber(query, "gracePeriodSeconds");
  const orphan = flag(query, "orphanDependents");
  const policy = query.get("propagationPolicy");
  const dryRun = query.getAll("dryRun");
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
  };
}

function fromBody(request: ApiRequest, body: Uint8Array | object): Given {
  let value: unknown = body;
  if (body instanceof Uint8Array) {
    const media = bodyMedia(request.headers["content-type"] as string | undefined);
    if (media === "protobuf") return fromMessage(body);
    ({ value } = readText(body, media));
  }
  const { kind } = value as { kind?: string };
  if (kind !== undefined && kind !== "" && kind !== "DeleteOptions") {
    throw badRequest(`decoded object cannot be converted to DeleteOptions`);
  }
  try {
    const { dryRun, ...rest } = decode(schema, value);
    // The query's dryRun counts beside a body, too.
    const all = [...(dryRun ?? []), ...request.query.getAll("dryRun")];
    return { ...rest, ...(all.length === 0 ? {} : { dryRun: [...new Set(all)] }) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(error.message);
  }
}

function fromMessage(body: Uint8Array): Given {
  try {
    return decodeProto(schema, unwrap(body).raw);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw badRequest(error.message);
  }
}

function check({ propagationPolicy, orphanDependents, dryRun }: Given): FieldError[] {
  const errors: FieldError[] = [];
  if (propagationPolicy != null && orphanDependents != null) {
    errors.push(
      invalid(
        "propagationPolicy",
        propagationPolicy,
        "orphanDependents and deletionPropagation cannot be both set",
      ),
    );
  }
  const isKnown = (policies as readonly string[]).includes(propagationPolicy ?? "Orphan");
  if (!isKnown)
    errors.push(notSupported("propagationPolicy", propagationPolicy, [...policies, "nil"]));
  errors.push(...dryRunErrors(dryRun ?? []));
  return errors;
}
