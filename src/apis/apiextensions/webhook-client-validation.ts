import { X509Certificate } from "node:crypto";
import type { Path } from "#machinery/field-error.ts";
import { dns1123Subdomain } from "#machinery/names.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { ServiceReference } from "./custom-resource-definition.ts";

/** How a webhook is reached, as all configurations that name webhooks check it. */

/** Adds what is wrong with the URL of a webhook. `httpsOnly` is what all but tests want. */
export function checkWebhookUrl(problems: Problems, at: Path, text: string): void {
  const form = "; desired format: https://host[/path]";
  if (!URL.canParse(text)) {
    problems.required(at, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid${form}`);
    return;
  }
  const url = new URL(text);
  if (url.protocol !== "https:") {
    const why = `'https' is the only allowed URL scheme${form}`;
    problems.invalid(at, url.protocol.slice(0, -1), why);
  }
  if (url.host === "") problems.invalid(at, url.host, `host must be specified${form}`);
  if (url.username !== "" || url.password !== "") {
    problems.invalid(at, url.username, "user information is not permitted in the URL");
  }
  if (url.hash !== "")
    problems.invalid(at, url.hash.slice(1), "fragments are not permitted in the URL");
  if (url.search !== "") {
    problems.invalid(at, url.search.slice(1), "query parameters are not permitted in the URL");
  }
}

/** Adds what is wrong with the Service of a webhook. */
export function checkWebhookService(problems: Problems, at: Path, service: ServiceReference): void {
  const { name, namespace, path, port } = service;
  if (!name) problems.required(at.child("name"), "service name is required");
  if (!namespace) problems.required(at.child("namespace"), "service namespace is required");
  if (port !== undefined && (port < 1 || port > 65_535)) {
    problems.invalid(
      at.child("port"),
      port,
      "port is not valid: must be between 1 and 65535, inclusive",
    );
  }
  if (path !== undefined) checkPath(problems, at.child("path"), path);
}

function checkPath(problems: Problems, at: Path, path: string): void {
  if (!path.startsWith("/")) {
    problems.invalid(at, path, "must start with a '/'");
    return;
  }
  if (path === "/") return;
  const steps = path.slice(1).split("/");
  for (const [i, step] of steps.entries()) {
    const isLast = i === steps.length - 1;
    if (step === "" && isLast) continue;
    if (step === "") problems.invalid(at, path, `segment[${i}] may not be empty`);
    else {
      for (const why of dns1123Subdomain(step)) problems.invalid(at, path, `segment[${i}]: ${why}`);
    }
  }
}

/** Adds what is wrong with a bundle of authorities, which is base64 of PEM. */
export function checkCaBundle(problems: Problems, at: Path, bundle: string): void {
  const pem = Buffer.from(bundle, "base64").toString();
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  let why = blocks.length === 0 ? "data does not contain any valid RSA or ECDSA certificates" : "";
  for (const block of blocks) {
    try {
      if (new X509Certificate(block).raw.length === 0) why = "an empty certificate";
    } catch (error) {
      why = (error as Error).message;
    }
  }
  if (why !== "") problems.invalid(at, bundle, `unable to load root certificates: ${why}`);
}
