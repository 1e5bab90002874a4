import { type Namespace, namespaces } from "#apis/core/namespace.ts";
import { ApiError, forbidden, notFound } from "#machinery/errors.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";

/** These namespaces are there as long as the cluster is. */
const immortal = new Set(["default", "kube-system", "kube-public"]);

/**
 * Refuses new objects in a namespace that does not exist or is going away, so that it can ever
 * become empty, and the deletion of the cluster's own namespaces.
 */
export function namespaceLifecycle(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    matches: { operations: ["CREATE", "UPDATE", "DELETE"], resources: ["*"] },
    admit(a) {
      if (isNamespace(a)) {
        if (a.operation === "DELETE" && immortal.has(a.name)) {
          throw forbidden(groupResource(a), a.name, "this namespace may not be deleted");
        }
        return;
      }
      if (a.namespace === "" || a.operation === "DELETE" || isAccessReview(a)) return;
      const known = reader.get(namespaces, "", a.namespace);
      if (known) return check(a, known);
      return reader.getFresh(namespaces, "", a.namespace).then((fresh) => check(a, fresh));
    },
  };
}

function check(a: AdmissionAttributes, namespace: DeepReadonly<Namespace> | undefined): void {
  if (!namespace) throw notFound({ group: "", resource: "namespaces" }, a.namespace);
  if (a.operation === "CREATE" && namespace.status?.phase === "Terminating") throw terminating(a);
}

function isNamespace({ resource }: AdmissionAttributes): boolean {
  return resource.group === "" && resource.plural === "namespaces";
}

/** Asking whether something is allowed leaves nothing behind. */
function isAccessReview({ resource }: AdmissionAttributes): boolean {
  return (
    resource.group === "authorization.k8s.io" && resource.plural === "localsubjectaccessreviews"
  );
}

function groupResource({ resource }: AdmissionAttributes) {
  return { group: resource.group, resource: resource.plural };
}

function terminating(a: AdmissionAttributes): ApiError {
  const why = `unable to create new content in namespace ${a.namespace} because it is being terminated`;
  const { message, details } = forbidden(groupResource(a), a.name, why);
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${a.namespace} is being terminated`,
    field: "metadata.namespace",
  };
  return new ApiError("Forbidden", message, { details: { ...details, causes: [cause] } });
}
