import type { KubeObject } from "#machinery/meta.ts";
import { representation } from "../answer.ts";
import { decodeBody } from "../codec.ts";
import type { ResourceContext } from "../context.ts";
import type { Representation } from "../representation.ts";
import { wrongMethod } from "../wrong-method.ts";
import { writeOptions } from "../write-options.ts";
import { admissionAttributes } from "../write-steps.ts";

/** Reads a question that is POSTed and never stored. @throws MethodNotAllowed. */
export async function readReview(
  context: ResourceContext,
): Promise<{ as: Representation | undefined; object: KubeObject }> {
  const { info, served, request, server, warnings } = context;
  if (info.verb !== "create" || info.name !== "") throw wrongMethod(info);
  const as = representation(context, "object");
  const options = writeOptions(request.query, "CreateOptions");
  const contentType = request.headers["content-type"] as string | undefined;
  const raw = { body: await request.body(), contentType };
  const object = decodeBody(served.resource, raw, options.fieldValidation, warnings);
  const attributes = admissionAttributes(context, "CREATE", "", object, undefined, options);
  await server.admission.admit(attributes);
  await server.admission.validate(attributes);
  return { as, object };
}
