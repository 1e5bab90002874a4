import { path, type Path } from "#machinery/field-error.ts";
import { rangeMessage } from "#machinery/names.ts";
import { negativeMessage, type Problems } from "#machinery/validation/problems.ts";
import { checkMeta, kindStrategy } from "../meta/basic-strategy.ts";
import { validateMandatoryLevel } from "./mandatory-validation.ts";
import { validateStatusConditions } from "./flowcontrol-validation.ts";
import {
  type LimitedPriorityLevelConfiguration,
  type LimitResponse,
  type PriorityLevelConfiguration,
  priorityLevelConfigurations,
  type QueuingConfiguration,
} from "./priority-level-configuration.ts";

const at = path("spec");
const queuesMax = 10_000_000;
/** A hand of cards is dealt with the bits of one hash. */
const hashBits = 60;

function validateQueuing(problems: Problems, place: Path, queuing: QueuingConfiguration): void {
  const { handSize = 0, queueLengthLimit = 0, queues = 0 } = queuing;
  if (queueLengthLimit <= 0) {
    problems.invalid(place.child("queueLengthLimit"), queueLengthLimit, "must be positive");
  }
  const queuesAt = place.child("queues");
  if (queues <= 0) problems.invalid(queuesAt, queues, "must be positive");
  else if (queues > queuesMax) {
    problems.invalid(queuesAt, queues, `must not be greater than ${queuesMax}`);
  }
  const handAt = place.child("handSize");
  if (handSize <= 0) problems.invalid(handAt, handSize, "must be positive");
  else if (handSize > queues) {
    problems.invalid(handAt, handSize, `should not be greater than queues (${queues})`);
  } else if (Math.ceil(Math.log2(queues)) * handSize > hashBits) {
    const detail = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${hashBits}`;
    problems.invalid(handAt, handSize, detail);
  }
}

function validateResponse(problems: Problems, place: Path, response: LimitResponse): void {
  const { queuing, type } = response;
  const queuingAt = place.child("queuing");
  switch (type) {
    case "Reject":
      if (!queuing) return;
      problems.forbidden(queuingAt, "must be nil if limited.limitResponse.type is not Limited");
      return;
    case "Queue":
      if (queuing) validateQueuing(problems, queuingAt, queuing);
      else {
        const detail = "must not be empty if limited.limitResponse.type is Limited";
        problems.required(queuingAt, detail);
      }
      return;
    default:
      problems.notSupported(place.child("type"), type, ["Queue", "Reject"]);
  }
}

function validateLendable(problems: Problems, place: Path, percent: number | undefined): void {
  if (percent === undefined || (percent >= 0 && percent <= 100)) return;
  problems.invalid(place.child("lendablePercent"), percent, rangeMessage(0, 100));
}

function validateLimited(
  problems: Problems,
  place: Path,
  limited: LimitedPriorityLevelConfiguration,
): void {
  const { borrowingLimitPercent, lendablePercent, nominalConcurrencyShares: shares } = limited;
  if ((shares ?? 0) < 0) {
    problems.invalid(
      place.child("nominalConcurrencyShares"),
      shares,
      "must be a non-negative integer",
    );
  }
  if (limited.limitResponse) {
    validateResponse(problems, place.child("limitResponse"), limited.limitResponse);
  }
  validateLendable(problems, place, lendablePercent);
  if (borrowingLimitPercent !== undefined && borrowingLimitPercent < 0) {
    const detail = "if specified, must be a non-negative integer";
    problems.invalid(place.child("borrowingLimitPercent"), borrowingLimitPercent, detail);
  }
}

function validate(problems: Problems, level: PriorityLevelConfiguration): void {
  checkMeta(problems, level, { resource: priorityLevelConfigurations });
  const { exempt, limited, type } = level.spec;
  const typeAt = at.child("type");
  if ((level.metadata.name === "exempt") !== (type === "Exempt")) {
    problems.invalid(typeAt, type, "type must be 'Exempt' if and only if name is 'exempt'");
  }
  const limitedAt = at.child("limited");
  const exemptAt = at.child("exempt");
  switch (type) {
    case "Exempt":
      if (limited) problems.forbidden(limitedAt, "must be nil if the type is not Limited");
      if (exempt) {
        const shares = exempt.nominalConcurrencyShares;
        if (shares !== undefined && shares < 0) {
          problems.invalid(exemptAt.child("nominalConcurrencyShares"), shares, negativeMessage);
        }
        validateLendable(problems, exemptAt, exempt.lendablePercent);
      }
      break;
    case "Limited":
      if (exempt) problems.forbidden(exemptAt, "must be nil if the type is not Exempt");
      if (limited) validateLimited(problems, limitedAt, limited);
      else problems.required(limitedAt, "must not be empty when type is Limited");
      break;
    default:
      problems.notSupported(typeAt, type, ["Exempt", "Limited"]);
  }
  validateMandatoryLevel(problems, level.metadata.name, level.spec);
  validateStatusConditions(problems, level.status?.conditions ?? []);
}

export const priorityLevelConfigurationStrategy = kindStrategy<PriorityLevelConfiguration>({
  resource: priorityLevelConfigurations,
  metadata: "none",
  validate,
  status: {
    keepsMetadata: "all",
    validateUpdate: (problems, { status }) =>
      validateStatusConditions(problems, status?.conditions ?? []),
  },
});
