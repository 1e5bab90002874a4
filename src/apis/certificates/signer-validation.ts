import type { Path } from "#machinery/field-error.ts";
import { dns1123Label, dns1123Subdomain } from "#machinery/names.ts";
import type { Problems } from "#machinery/validation/problems.ts";

const pathPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const signerBytesMax = 571;

/** `example.com/name`: who signs certificates. */
export function validateSignerName(problems: Problems, at: Path, name: string): void {
  if (name === "") {
    problems.required(at);
    return;
  }
  const parts = name.split("/");
  const [domain, path] = parts;
  if (parts.length !== 2 || domain === undefined || path === undefined) {
    const detail =
      "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    problems.invalid(at, name, detail);
    return;
  }
  for (const message of dns1123Subdomain(domain)) {
    problems.invalid(at, domain, `validating label "${domain}": ${message}`);
  }
  for (const label of domain.split(".")) {
    for (const message of dns1123Label(label)) {
      problems.invalid(at, label, `validating label "${label}": ${message}`);
    }
  }
  if (domain.split(".").length < 2) {
    const detail = "should be a domain with at least two segments separated by dots";
    problems.invalid(at, domain, detail);
  }
  if (!new RegExp(pathPattern).test(path)) {
    const detail = `signer name path must match ${pathPattern}`;
    problems.invalid(at, path, detail);
  }
  if (name.length > signerBytesMax) problems.tooLong(at, signerBytesMax);
}
