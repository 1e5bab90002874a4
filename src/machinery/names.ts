/**
 * The forms that names, labels and keys may have. Each check returns what is wrong, in upstream's
 * words; an empty list means that the value is fine.
 */

/** Bytes of the UTF-8 form; upstream's limits count these. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

export function maxLengthMessage(length: number): string {
  return `must be no more than ${length} bytes`;
}

/** `must be between 1 and 65535, inclusive` */
export function rangeMessage(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

/** A text that says what is allowed, with examples and the regular expression. */
export function regexMessage(message: string, pattern: string, ...examples: string[]): string {
  const listed = examples.map((example) => `'${example}', `).join(" or ");
  const lead = listed === "" ? " (" : ` (e.g. ${listed}`;
  return `${message}${lead}regex used for validation is '${pattern}')`;
}

const labelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomainPattern = `${labelPattern}(\\.${labelPattern})*`;
const underscorePattern = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const underscoreSubdomainPattern = `${underscorePattern}(\\.${underscorePattern})*`;
const dns1035Pattern = "[a-z]([-a-z0-9]*[a-z0-9])?";
const wildcardPattern = `\\*\\.${subdomainPattern}`;

const labelRegex = new RegExp(`^${labelPattern}$`);
const subdomainRegex = new RegExp(`^${subdomainPattern}$`);
const underscoreSubdomainRegex = new RegExp(`^${underscoreSubdomainPattern}$`);
const dns1035Regex = new RegExp(`^${dns1035Pattern}$`);
const wildcardRegex = new RegExp(`^${wildcardPattern}$`);

const labelMax = 63;
const subdomainMax = 253;

function tooLong(value: string, max: number): string[] {
  return value.length <= max && byteLength(value) <= max ? [] : [maxLengthMessage(max)];
}

/** A label of DNS (RFC 1123): lower case letters, digits and dashes, at most 63. */
export function dns1123Label(value: string): string[] {
  if (value.length <= labelMax && labelRegex.test(value)) return [];
  const errors = tooLong(value, labelMax);
  if (labelRegex.test(value)) return errors;
  if (subdomainRegex.test(value)) return [...errors, "must not contain dots"];
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...errors, regexMessage(message, labelPattern, "my-name", "123-abc")];
}

/** Labels of DNS (RFC 1123) joined by dots, at most 253 characters. */
export function dns1123Subdomain(value: string): string[] {
  if (value.length <= subdomainMax && subdomainRegex.test(value)) return [];
  const errors = tooLong(value, subdomainMax);
  if (subdomainRegex.test(value)) return errors;
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, regexMessage(message, subdomainPattern, "example.com")];
}

/** As `dns1123Subdomain`, but underscores are fine too. */
export function dns1123SubdomainWithUnderscore(value: string): string[] {
  const errors = tooLong(value, subdomainMax);
  if (underscoreSubdomainRegex.test(value)) return errors;
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, regexMessage(message, underscoreSubdomainPattern, "example.com")];
}

/** `*.` and a DNS subdomain. */
export function wildcardDns1123Subdomain(value: string): string[] {
  const errors = tooLong(value, subdomainMax);
  if (wildcardRegex.test(value)) return errors;
  const message =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [...errors, regexMessage(message, wildcardPattern, "*.example.com")];
}

/** A DNS label that starts with a letter (RFC 1035). */
export function dns1035Label(value: string): string[] {
  const errors = tooLong(value, labelMax);
  if (dns1035Regex.test(value)) return errors;
  const message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...errors, regexMessage(message, dns1035Pattern, "my-name", "abc-123")];
}

const qualifiedPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const qualifiedRegex = new RegExp(`^${qualifiedPattern}$`);
const qualifiedMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const qualifiedText = regexMessage(
  qualifiedMessage,
  qualifiedPattern,
  "MyName",
  "my.name",
  "123-abc",
);

/** A label key: an optional DNS subdomain and `/`, then a name. */
export function qualifiedName(value: string): string[] {
  const parts = value.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key ${qualifiedText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const errors: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] as string;
    if (prefix === "") errors.push("prefix part must be non-empty");
    else errors.push(...dns1123Subdomain(prefix).map((text) => `prefix part ${text}`));
  }
  const name = parts.at(-1) as string;
  if (name === "") errors.push("name part must be non-empty");
  else errors.push(...tooLong(name, labelMax).map((text) => `name part ${text}`));
  if (!qualifiedRegex.test(name)) errors.push(`name part ${qualifiedText}`);
  return errors;
}

const labelValueRegex = new RegExp(`^(${qualifiedPattern})?$`);

export function labelValue(value: string): string[] {
  if (value.length <= labelMax && labelValueRegex.test(value)) return [];
  const errors = tooLong(value, labelMax);
  if (labelValueRegex.test(value)) return errors;
  const message =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [
    ...errors,
    regexMessage(message, `(${qualifiedPattern})?`, "MyValue", "my_value", "12345"),
  ];
}

const identifierPattern = "[A-Za-z_][A-Za-z0-9_]*";
const identifierRegex = new RegExp(`^${identifierPattern}$`);

/** An identifier as in C. */
export function cIdentifier(value: string): string[] {
  if (identifierRegex.test(value)) return [];
  const message =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
  return [regexMessage(message, identifierPattern, "my_name", "MY_NAME", "MyName")];
}

/** Printable ASCII other than `=`, as environment variable names may be since v1.34. */
export function envVarName(value: string): string[] {
  if (value === "") return ["environment variable name must be non-empty"];
  if (/^[\x20-\x3c\x3e-\x7e]+$/.test(value)) return [];
  return [
    "a valid environment variable name must consist only of printable ASCII characters other than '='",
  ];
}

const configKeyPattern = "[-._a-zA-Z0-9]+";
const configKeyRegex = new RegExp(`^${configKeyPattern}$`);

/** A key in the data of a ConfigMap or Secret. */
export function configMapKey(value: string): string[] {
  const errors = tooLong(value, subdomainMax);
  if (!configKeyRegex.test(value)) {
    const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(regexMessage(message, configKeyPattern, "key.name", "KEY_NAME", "key-name"));
  }
  if (value === ".") errors.push("must not be '.'");
  else if (value === "..") errors.push("must not be '..'");
  else if (value.startsWith("..")) errors.push("must not start with '..'");
  return errors;
}

/** The name of a port (RFC 6335, lower case). */
export function portName(value: string): string[] {
  const errors = tooLong(value, 15);
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(value)) errors.push("must contain at least one letter (a-z)");
  if (value.includes("--")) errors.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) {
    errors.push("must not begin or end with a hyphen");
  }
  return errors;
}

export function portNumber(value: number): string[] {
  return value >= 1 && value <= 65535 ? [] : [rangeMessage(1, 65535)];
}

const idMax = 0xffffffff;

/** A Unix user or group id. */
export function unixId(value: number): string[] {
  return value >= 0 && value <= idMax ? [] : [rangeMessage(0, idMax)];
}

export function percent(value: string): string[] {
  if (/^[0-9]+%$/.test(value)) return [];
  const message = "a valid percent string must be a numeric string followed by an ending '%'";
  return [regexMessage(message, "[0-9]+%", "1%", "93%")];
}

export function httpHeaderName(value: string): string[] {
  if (/^[-A-Za-z0-9]+$/.test(value)) return [];
  const message = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return [regexMessage(message, "[-A-Za-z0-9]+", "X-Header-Name")];
}

/** A name that is one segment of a URL path: neither `.` nor `..`, without `/` and `%`. */
export function pathSegmentName(value: string): string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return pathSegmentPrefix(value);
}

/** A name that will become part of a segment of a URL path. */
export function pathSegmentPrefix(value: string): string[] {
  return ["/", "%"].filter((bad) => value.includes(bad)).map((bad) => `may not contain '${bad}'`);
}

/** Checks a `metadata.name`; `prefix`: it is a generateName, which may end in a dash. */
export type NameCheck = (name: string, prefix: boolean) => string[];

function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith("-") ? `${name.slice(0, -1)}a` : name;
}

export const nameIsSubdomain: NameCheck = (name, prefix) =>
  dns1123Subdomain(prefix ? maskTrailingDash(name) : name);
export const nameIsLabel: NameCheck = (name, prefix) =>
  dns1123Label(prefix ? maskTrailingDash(name) : name);
export const nameIsPathSegment: NameCheck = (name, prefix) =>
  prefix ? pathSegmentPrefix(name) : pathSegmentName(name);
