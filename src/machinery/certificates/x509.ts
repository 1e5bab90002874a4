import "reflect-metadata";
import { createPrivateKey, createPublicKey, type KeyObject, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { Chance } from "#base/chance.ts";

/**
 * The one adapter to the X.509 library. It is slow to load, so import this file lazily: only when a
 * certificate is to be made, never on the way of a request.
 */

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

export interface CertificateRequest {
  commonName: string;
  organizations?: readonly string[];
  /** DNS names and IP addresses. */
  dnsNames?: readonly string[];
  addresses?: readonly string[];
  usages: readonly ("server" | "client")[];
  notBefore: Date;
  notAfter: Date;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const keyUsages = {
  server: x509.ExtendedKeyUsage.serverAuth,
  client: x509.ExtendedKeyUsage.clientAuth,
};

/** A self-signed certificate authority with a new EC P-256 key. */
export async function createAuthority(
  commonName: string,
  validity: { notBefore: Date; notAfter: Date },
  chance: Chance,
): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(chance),
    name: [{ CN: [commonName] }],
    ...validity,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature |
          x509.KeyUsageFlags.keyEncipherment |
          x509.KeyUsageFlags.keyCertSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await exportKey(keys.privateKey) };
}

/** A certificate with a new EC P-256 key, signed by `authority`. */
export async function issueCertificate(
  authority: KeyPair,
  request: CertificateRequest,
  chance: Chance,
): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const spki = await webcrypto.subtle.exportKey("spki", keys.publicKey);
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  const certificate = await signCertificate(authority, request, publicKey, chance);
  return { certificate, key: await exportKey(keys.privateKey) };
}

/** A certificate (PEM) for somebody else's public key, signed by `authority`. */
export async function signCertificate(
  authority: KeyPair,
  request: CertificateRequest,
  publicKey: KeyObject,
  chance: Chance,
): Promise<string> {
  const { organizations = [], dnsNames = [], addresses = [] } = request;
  const issuer = new x509.X509Certificate(authority.certificate);
  const alternatives: x509.JsonGeneralNames = [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...addresses.map((value) => ({ type: "ip" as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(chance),
    issuer: issuer.subject,
    subject: [
      ...organizations.map((organization) => ({ O: [organization] })),
      { CN: [request.commonName] },
    ],
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    signingAlgorithm: algorithm,
    publicKey: new x509.PublicKey(publicKey.export({ type: "spki", format: "der" })),
    signingKey: await importKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
        true,
      ),
      new x509.ExtendedKeyUsageExtension(request.usages.map((usage) => keyUsages[usage])),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(alternatives.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternatives)] : []),
    ],
  });
  return pem(certificate);
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

/** 63 random bits, positive. */
function serial(chance: Chance): string {
  const bytes = chance.bytes(8);
  bytes[0]! &= 0x7f;
  return Buffer.from(bytes).toString("hex");
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  const object = createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
  return object.export({ type: "pkcs8", format: "pem" });
}

async function importKey(key: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(key).export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
}

/** The organizations in the subject of a certificate signing request (PEM). Throws on nonsense. */
export function requestedOrganizations(pem: string): string[] {
  const request = new x509.Pkcs10CertificateRequest(pem);
  return request.subjectName.getField("O");
}

/** What a certificate signing request asks for. */
export interface ParsedRequest {
  commonName: string;
  organizations: string[];
  dnsNames: string[];
  addresses: string[];
  /** Other alternative names (URIs, e-mail addresses), which we do not sign. */
  otherNames: number;
  publicKey: KeyObject;
}

/** Reads a certificate signing request (PEM) and checks its signature. @throws Error on nonsense. */
export async function parseRequest(pem: string): Promise<ParsedRequest> {
  const request = new x509.Pkcs10CertificateRequest(pem);
  if (!(await request.verify())) throw new Error("the request's own signature is not good");
  const alternatives = request.extensions.find(
    (extension) => extension instanceof x509.SubjectAlternativeNameExtension,
  );
  const names = alternatives?.names.items ?? [];
  const of = (type: x509.GeneralNameType) =>
    names.filter((name) => name.type === type).map(({ value }) => value);
  const dnsNames = of("dns");
  const addresses = of("ip");
  return {
    commonName: request.subjectName.getField("CN")[0] ?? "",
    organizations: request.subjectName.getField("O"),
    dnsNames,
    addresses,
    otherNames: names.length - dnsNames.length - addresses.length,
    publicKey: createPublicKey({
      key: Buffer.from(request.publicKey.rawData),
      format: "der",
      type: "spki",
    }),
  };
}
