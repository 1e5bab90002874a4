import { expressionProblem } from "#machinery/cel/admission-environment.ts";
import { celEnvironment, type CelEnvironment } from "#machinery/cel/environment.ts";
import { kubernetesLibraries } from "#machinery/cel/library/kubernetes.ts";
import { quantityType } from "#machinery/cel/library/quantities.ts";
import { bool, dyn, mapOf, objectType, string } from "#machinery/cel/types.ts";
import type { Path } from "#machinery/field-error.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { DeviceSelector, OpaqueDeviceConfiguration } from "./device-claim.ts";
import { validateDriverName, validateItems } from "./device-names-validation.ts";

export const selectorsMax = 32;
const expressionBytesMax = 10 * 1024;
const parameterBytesMax = 10 * 1024;

/** What an expression that selects devices can refer to. */
export const deviceEnvironment: CelEnvironment = celEnvironment({
  libraries: kubernetesLibraries,
  variables: {
    device: objectType("kubernetes.DRADevice", {
      driver: string,
      attributes: mapOf(string, mapOf(string, dyn)),
      capacity: mapOf(string, mapOf(string, quantityType)),
      allowMultipleAllocations: bool,
    }),
  },
});

export function validateSelectors(
  problems: Problems,
  at: Path,
  selectors: readonly DeepReadonly<DeviceSelector>[] | undefined,
): void {
  validateItems(problems, at, selectors, {
    max: selectorsMax,
    check(place, { cel }) {
      const celAt = place.child("cel");
      if (!cel) problems.required(celAt);
      else validateExpression(problems, celAt.child("expression"), cel.expression);
    },
  });
}

function validateExpression(problems: Problems, at: Path, expression: string): void {
  if (expression === "") problems.required(at);
  else if (Buffer.byteLength(expression) > expressionBytesMax) {
    problems.tooLong(at, expressionBytesMax);
  } else {
    const mistake = expressionProblem(expression, deviceEnvironment, [bool]);
    if (mistake !== undefined) problems.invalid(at, expression, mistake);
  }
}

/** What is handed to the driver unread. */
export function validateDeviceConfiguration(
  problems: Problems,
  at: Path,
  { opaque }: { readonly opaque?: DeepReadonly<OpaqueDeviceConfiguration> | undefined },
): void {
  const opaqueAt = at.child("opaque");
  if (!opaque) {
    problems.required(opaqueAt);
    return;
  }
  validateDriverName(problems, opaqueAt.child("driver"), opaque.driver);
  validateRaw(problems, opaqueAt.child("parameters"), opaque.parameters, parameterBytesMax);
}

/** An object of any kind, of bounded size. */
export function validateRaw(problems: Problems, at: Path, value: unknown, bytesMax: number): void {
  if (value === undefined || value === null) problems.required(at);
  else if (Buffer.byteLength(JSON.stringify(value)) > bytesMax) problems.tooLong(at, bytesMax);
  else if (typeof value !== "object" || Array.isArray(value)) {
    problems.invalid(at, "<value omitted>", "must be a valid JSON object");
  }
}
