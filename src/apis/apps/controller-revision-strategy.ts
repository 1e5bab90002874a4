import { kindStrategy } from "../meta/basic-strategy.ts";
import { type ControllerRevision, controllerRevisions } from "./controller-revision.ts";

export const controllerRevisionStrategy = kindStrategy<ControllerRevision>({
  resource: controllerRevisions,
  updateMetadata: "both",
  validate(problems, { data, revision }) {
    if (data === undefined || data === null) problems.required("data", "data is mandatory");
    problems.nonNegative("revision", revision);
  },
  validateUpdate: (problems, { data }, old) => problems.immutable("data", data, old.data),
});
