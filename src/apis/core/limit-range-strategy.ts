import { path, type Path } from "#machinery/field-error.ts";
import { qualifiedName } from "#machinery/names.ts";
import { compareQuantity, parseQuantity } from "#machinery/quantity.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { type LimitRange, type LimitRangeItem, limitRanges } from "./limit-range.ts";
import {
  isOvercommitAllowed,
  type Quantities,
  validateContainerResourceName,
  validateResourceName,
} from "./resource-validation.ts";

const at = path("spec", "limits");
const standardTypes = ["Container", "PersistentVolumeClaim", "Pod"];

function validateType(problems: Problems, place: Path, type: string): void {
  const errors = qualifiedName(type);
  problems.each(place, type, errors);
  if (errors.length > 0 || type.includes("/") || standardTypes.includes(type)) return;
  problems.invalid(place, type, "must be a standard limit type or fully qualified");
}

function validateNames(problems: Problems, place: Path, type: string, amounts: Quantities): void {
  for (const name of Object.keys(amounts ?? {})) {
    if (type === "Pod" || type === "Container") {
      validateContainerResourceName(problems, place.key(name), name);
    } else {
      validateResourceName(problems, place.key(name), name);
    }
  }
}

function validateItem(problems: Problems, place: Path, item: LimitRangeItem): void {
  const { type } = item;
  validateNames(problems, place.child("max"), type, item.max);
  validateNames(problems, place.child("min"), type, item.min);
  for (const field of ["default", "defaultRequest"] as const) {
    if (type !== "Pod") validateNames(problems, place.child(field), type, item[field]);
    else if (Object.keys(item[field] ?? {}).length > 0) {
      problems.forbidden(place.child(field), "may not be specified when `type` is 'Pod'");
    }
  }
  const hasStorage = item.min?.["storage"] !== undefined || item.max?.["storage"] !== undefined;
  if (type === "PersistentVolumeClaim" && !hasStorage) {
    const detail = "either minimum or maximum storage value is required, but neither was provided";
    problems.required(place.child("limits"), detail);
  }
  const ratios = item.maxLimitRequestRatio;
  validateNames(problems, place.child("maxLimitRequestRatio"), type, ratios);
  const defaults = type === "Pod" ? [] : [item.default, item.defaultRequest];
  const names = [item.max, item.min, ...defaults, ratios].flatMap((map) => Object.keys(map ?? {}));
  for (const name of new Set(names)) validateAmounts(problems, place, item, name);
}

function validateAmounts(
  problems: Problems,
  place: Path,
  item: LimitRangeItem,
  name: string,
): void {
  const isPod = item.type === "Pod";
  const min = item.min?.[name];
  const max = item.max?.[name];
  const preset = isPod ? undefined : item.default?.[name];
  const request = isPod ? undefined : item.defaultRequest?.[name];
  const ratio = item.maxLimitRequestRatio?.[name];
  const more = (left: string | undefined, right: string | undefined) =>
    left !== undefined && right !== undefined && compareQuantity(left, right) > 0;
  const wrong = (field: string, value: unknown, detail: string) =>
    problems.invalid(place.child(field).key(name), value, detail);
  const rangeText = (what: string, left: unknown, other: string, right: unknown) =>
    `${what} value ${String(left)} is greater than ${other} value ${String(right)}`;
  if (more(min, max)) wrong("min", min, rangeText("min", min, "max", max));
  if (more(min, request)) {
    wrong("defaultRequest", request, rangeText("min", min, "default request", request));
  }
  if (more(request, max)) {
    wrong("defaultRequest", request, rangeText("default request", request, "max", max));
  }
  if (more(request, preset)) {
    const detail = rangeText("default request", request, "default limit", preset);
    wrong("defaultRequest", request, detail);
  }
  if (more(min, preset)) wrong("default", min, rangeText("min", min, "default", preset));
  if (more(preset, max)) wrong("default", max, rangeText("default", preset, "max", max));
  if (ratio !== undefined) validateRatio(problems, place, name, { ratio, min, max });
  const differ = preset !== undefined && request !== undefined && preset !== request;
  if (differ && !isOvercommitAllowed(name) && compareQuantity(preset, request) !== 0) {
    wrong(
      "default",
      preset,
      `default value ${preset} must equal to defaultRequest value ${request} in ${name}`,
    );
  }
}

function validateRatio(
  problems: Problems,
  place: Path,
  name: string,
  { ratio, min, max }: { ratio: string; min: string | undefined; max: string | undefined },
): void {
  const ratioAt = place.child("maxLimitRequestRatio").key(name);
  if (compareQuantity(ratio, "1") < 0) {
    problems.invalid(ratioAt, ratio, `ratio ${ratio} is less than 1`);
  }
  if (min === undefined || max === undefined) return;
  const number = (text: string) => Number(parseQuantity(text).nano);
  const limit = number(max) / number(min);
  if (number(ratio) / 1e9 <= limit) return;
  const detail = `ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`;
  problems.invalid(ratioAt, ratio, detail);
}

export const limitRangeStrategy = kindStrategy<LimitRange>({
  resource: limitRanges,
  generation: false,
  updateMetadata: "create",
  allowCreateOnUpdate: true,
  validate(problems, { spec }) {
    const seen = new Set<string>();
    for (const [i, item] of (spec.limits ?? []).entries()) {
      const place = at.index(i);
      validateType(problems, place.child("type"), item.type);
      if (seen.has(item.type)) problems.duplicate(place.child("type"), item.type);
      seen.add(item.type);
      validateItem(problems, place, item);
    }
  },
});
