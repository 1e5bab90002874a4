import type { AdmissionPlugin, Operation } from "./admission.ts";
import { forbid } from "./errors.ts";

const everything = {
  operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"] satisfies Operation[],
  resources: ["*"],
};

/** Says yes to everything, as no plug-in at all does. */
export const alwaysAdmit: AdmissionPlugin = { name: "AlwaysAdmit", matches: everything };

/** Says no to every write. */
export const alwaysDeny: AdmissionPlugin = {
  name: "AlwaysDeny",
  matches: everything,
  admit(a) {
    throw forbid(a, "admission control is denying all modifications");
  },
  validate(a) {
    throw forbid(a, "admission control is denying all modifications");
  },
};
