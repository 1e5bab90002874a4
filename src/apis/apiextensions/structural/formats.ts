import { dns1123Label, dns1123Subdomain } from "#machinery/names.ts";
import { parseCidr, parseIp } from "#machinery/validation/ip.ts";
import { parseMoment } from "#machinery/time.ts";

/**
 * The string formats that schemas of custom resources may demand; others are ignored. Names are
 * compared without dashes.
 */

/** The check of a format; undefined for formats that mean nothing here. */
export function formatCheck(format: string): ((text: string) => boolean) | undefined {
  return checks.get(format.replaceAll("-", ""));
}

const uuid = (version: string, variant: string) =>
  matching(
    new RegExp(
      `^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`,
      "i",
    ),
  );
const hex = "[0-9a-f]";

function matching(pattern: RegExp): (text: string) => boolean {
  return (text) => pattern.test(text);
}

const creditCard =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/;
const hostName =
  /^([a-zA-Z0-9\p{L}]((-?[a-zA-Z0-9\p{L}]{0,62})?)|[a-zA-Z0-9\p{L}](([a-zA-Z0-9-\p{L}]{0,61}[a-zA-Z0-9\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63}$/u;
const simpleHostName =
  /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
const rgbColor =
  /^rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$/;
const dateTime = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?([zZ]|[+-]\d\d:?\d\d)?$/;

const checks: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ["bsonobjectid", matching(/^[0-9a-f]{24}$/i)],
  ["uri", isUri],
  ["email", isEmail],
  ["hostname", isHostName],
  ["ipv4", (text) => text.includes(".") && parseIp(text) !== undefined],
  ["ipv6", (text) => text.includes(":") && parseIp(text) !== undefined],
  ["cidr", (text) => parseCidr(text) !== undefined],
  ["mac", isMac],
  ["uuid", uuid(hex, hex)],
  ["uuid3", uuid("3", hex)],
  ["uuid4", uuid("4", "[89ab]")],
  ["uuid5", uuid("5", "[89ab]")],
  ["isbn", (text) => isIsbn10(text) || isIsbn13(text)],
  ["isbn10", isIsbn10],
  ["isbn13", isIsbn13],
  ["creditcard", isCreditCard],
  ["ssn", matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ["hexcolor", matching(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ["rgbcolor", matching(rgbColor)],
  ["byte", isBase64],
  ["password", () => true],
  ["date", isDate],
  ["duration", isDuration],
  ["datetime", isDateTime],
  ["k8sshortname", (text) => dns1123Label(text).length === 0],
  ["k8slongname", (text) => dns1123Subdomain(text).length === 0],
]);

function isUri(text: string): boolean {
  if (/[^\P{C}]| /u.test(text)) return false;
  if (text.startsWith("/")) return true;
  if (!/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text)) return false;
  // What has no slashes behind the scheme is fine as it is (`urn:x`).
  return !text.includes("://") || URL.canParse(text);
}

/** As Go's mail.ParseAddress: an address, perhaps with a name before it. */
function isEmail(text: string): boolean {
  const inAngles = /^[^<>]*<([^<>]+)>$/.exec(text.trim())?.[1];
  const address = inAngles ?? text.trim();
  const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+";
  const local = `(?:${atom}(?:\\.${atom})*|"(?:[^"\\\\]|\\\\.)*")`;
  const domain = `(?:${atom}(?:\\.${atom})*|\\[[^\\[\\]]*\\])`;
  return new RegExp(`^${local}@${domain}$`).test(address);
}

function isHostName(text: string): boolean {
  if (text.length > 255) return false;
  const fits = simpleHostName.test(text) || hostName.test(text);
  return fits && text.split(".").every((label) => label.length <= 63);
}

function isMac(text: string): boolean {
  return [6, 8, 20].some((bytes) => {
    const colons = new RegExp(`^${hex}{2}([:-]${hex}{2}){${bytes - 1}}$`, "i");
    const dots = new RegExp(`^${hex}{4}(\\.${hex}{4}){${bytes / 2 - 1}}$`, "i");
    return (colons.test(text) && !(text.includes(":") && text.includes("-"))) || dots.test(text);
  });
}

function isIsbn10(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, "");
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = digits
    .split("")
    .reduce((total, digit, i) => total + (digit === "X" ? 10 : Number(digit)) * (10 - i), 0);
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, "");
  if (!/^\d{13}$/.test(digits)) return false;
  const sum = digits
    .split("")
    .reduce((total, digit, i) => total + Number(digit) * (i % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}

function isCreditCard(text: string): boolean {
  const digits = text.replaceAll(/[^0-9]+/g, "");
  if (!creditCard.test(digits)) return false;
  const sum = digits
    .split("")
    .toReversed()
    .reduce((total, digit, i) => {
      const value = Number(digit) * (i % 2 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}

function isBase64(text: string): boolean {
  const clean = text.replaceAll(/[\r\n]/g, "");
  if (clean.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) return false;
  return true;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  return parseMoment(`${text}T00:00:00Z`) !== undefined;
}

function isDateTime(text: string): boolean {
  if (!dateTime.test(text)) return false;
  const time = /^[^Tt ]+[Tt ](\d\d):(\d\d)(?::(\d\d))?/.exec(text)!;
  const [hours, minutes, seconds] = [time[1], time[2], time[3] ?? "0"].map(Number) as [
    number, number, number,
  ]; // prettier-ignore
  return isDate(text.slice(0, 10)) && hours < 24 && minutes < 60 && seconds < 61;
}

const goDuration = /^[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;
const longDuration =
  /^\d+\s*(ns|nano(s|second|seconds)?|us|µs|micro(s|second|seconds)?|ms|milli(s|second|seconds)?|s|sec(s|ond|onds)?|m|min(s|ute|utes)?|h|hr(s)?|hour(s)?|d|day(s)?|w|wk(s)?|week(s)?)$/;

/** Go's durations, or a number with a unit in words. */
function isDuration(text: string): boolean {
  return goDuration.test(text) || longDuration.test(text.trim());
}
