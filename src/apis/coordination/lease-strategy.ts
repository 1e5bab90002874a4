import { path } from "#machinery/field-error.ts";
import { qualifiedName } from "#machinery/names.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { type Lease, leases } from "./lease.ts";

const at = path("spec");

export const leaseStrategy = kindStrategy<Lease>({
  resource: leases,
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validate(problems, { spec }) {
    const { leaseDurationSeconds, leaseTransitions, preferredHolder, strategy } = spec;
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
      const place = at.child("leaseDurationSeconds");
      problems.invalid(place, leaseDurationSeconds, "must be greater than 0");
    }
    if (leaseTransitions !== undefined && leaseTransitions < 0) {
      const place = at.child("leaseTransitions");
      problems.invalid(place, leaseTransitions, "must be greater than or equal to 0");
    }
    if (strategy !== undefined) {
      problems.each(at.child("strategy"), strategy, qualifiedName(strategy));
    }
    if (preferredHolder && !strategy) {
      const detail = "may only be specified if `strategy` is defined";
      problems.forbidden(at.child("preferredHolder"), detail);
    }
  },
});
