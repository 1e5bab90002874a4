import { namespaces } from "#apis/core/namespace.ts";
import { isReason, notFound } from "#machinery/errors.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionPlugin } from "./admission.ts";

/** Every write needs a namespace that exists. NamespaceLifecycle says so too. */
export function namespaceExists(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "NamespaceExists",
    matches: { operations: ["CREATE", "UPDATE", "DELETE"], resources: ["*"] },
    async validate(a) {
      if (a.namespace === "" || a.resource.plural === "namespaces") return;
      const found =
        reader.get(namespaces, "", a.namespace) ??
        (await reader.getFresh(namespaces, "", a.namespace));
      if (!found) throw notFound({ group: "", resource: "namespaces" }, a.namespace);
    },
  };
}

/** Makes a namespace when something is created in one that does not exist yet. */
export function namespaceAutoProvision(
  reader: ObjectReader,
  createNamespace: (name: string) => Promise<void>,
): AdmissionPlugin {
  return {
    name: "NamespaceAutoProvision",
    matches: { operations: ["CREATE"], resources: ["*"] },
    async admit(a) {
      if (a.namespace === "" || a.resource.plural === "namespaces" || a.dryRun) return;
      if (reader.get(namespaces, "", a.namespace)) return;
      await createNamespace(a.namespace).catch((error: unknown) => {
        if (!isReason(error, "AlreadyExists")) throw error;
      });
    },
  };
}
