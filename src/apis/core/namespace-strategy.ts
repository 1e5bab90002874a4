import type { Path } from "#machinery/field-error.ts";
import { path } from "#machinery/field-error.ts";
import { nameIsLabel, qualifiedName } from "#machinery/names.ts";
import { validateStandardFinalizer } from "#machinery/validation/object-meta.ts";
import { Problems } from "#machinery/validation/problems.ts";
import { checkMetaUpdate, kindStrategy } from "../meta/basic-strategy.ts";
import { type Namespace, namespaces } from "./namespace.ts";

const finalizersAt = path("spec", "finalizers");

function validateFinalizer(problems: Problems, at: Path, name: string): void {
  problems.each(at, name, qualifiedName(name));
  validateStandardFinalizer(problems, at, name);
}

/** The finalizer that the namespace controller takes off once a namespace is empty. */
const emptying = "kubernetes";

export const namespaceStrategy = kindStrategy<Namespace>({
  resource: namespaces,
  generation: false,
  validateName: nameIsLabel,
  updateSkipsValidate: true,
  prepareForCreate(namespace) {
    namespace.status = { phase: "Active" };
    const finalizers = namespace.spec.finalizers ?? [];
    if (!finalizers.includes(emptying)) namespace.spec.finalizers = [...finalizers, emptying];
  },
  prepareForUpdate(namespace, old) {
    if (old.spec.finalizers) namespace.spec.finalizers = old.spec.finalizers;
    else delete namespace.spec.finalizers;
  },
  validate(problems, { spec }) {
    for (const name of spec.finalizers ?? []) validateFinalizer(problems, finalizersAt, name);
  },
  status: {
    validateUpdate(problems, { metadata, status }) {
      const phase = status?.phase ?? "";
      const at = path("status", "Phase");
      if (!metadata.deletionTimestamp) {
        if (phase === "Active") return;
        problems.invalid(at, phase, "may only be 'Active' if `deletionTimestamp` is empty");
      } else if (phase !== "Terminating") {
        const detail = "may only be 'Terminating' if `deletionTimestamp` is not empty";
        problems.invalid(at, phase, detail);
      }
    },
  },
  subresources: {
    finalize: {
      resetFields: ["status"],
      prepareForUpdate(namespace, old) {
        if (old.status) namespace.status = old.status;
      },
      validateUpdate(namespace, old) {
        const problems = new Problems();
        checkMetaUpdate(problems, namespace, old);
        for (const [i, name] of (namespace.spec.finalizers ?? []).entries()) {
          validateFinalizer(problems, finalizersAt.index(i), name);
        }
        return problems.list;
      },
    },
  },
});
