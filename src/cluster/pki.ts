import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { CertificateRequest, KeyPair } from "#machinery/certificates/x509.ts";

/**
 * The cluster's keys and certificates, in a folder (or in memory): authorities live for ten years,
 * what they sign for one, and is made anew when a third of its life is left or its names change.
 */

const dayMs = 24 * 3_600_000;
const authorityDays = 3_650;
const certificateDays = 365;
/** Clocks differ: certificates are valid from a little before they were made. */
const backdateMs = 5 * 60_000;

export type AuthorityName = "ca" | "front-proxy-ca";

/** What a certificate is to say; the pki adds the dates. */
export type Wanted = Omit<CertificateRequest, "notBefore" | "notAfter">;

export interface Pki {
  /** The certificate authority's certificate (PEM) and key. */
  authority(name: AuthorityName): Promise<KeyPair>;
  /** The certificate kept under `name`, made or renewed when needed. */
  certificate(name: string, by: AuthorityName, wanted: Wanted): Promise<KeyPair>;
  /** The private key (PEM, EC P-256) that signs service account tokens. */
  tokenKey(): Promise<string>;
}

/** Where the pki keeps its files; a folder or a map. */
interface Shelf {
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
}

/** The pki in the folder `directory` (0700; files 0600), or in memory without one. */
export function openPki(options: { directory?: string; clock: Clock; chance: Chance }): Pki {
  const { directory, clock, chance } = options;
  const shelf = directory === undefined ? memoryShelf() : folderShelf(directory);

  async function authority(name: AuthorityName): Promise<KeyPair> {
    const kept = await readPair(shelf, name);
    if (kept) return kept;
    const { createAuthority } = await import("#machinery/certificates/x509.ts");
    const commonName = name === "ca" ? "kubernetes" : "front-proxy-ca";
    const made = await createAuthority(commonName, validity(clock, authorityDays), chance);
    await writePair(shelf, name, made);
    return made;
  }

  async function certificate(name: string, by: AuthorityName, wanted: Wanted): Promise<KeyPair> {
    const signer = await authority(by);
    const kept = await readPair(shelf, name);
    if (kept && stillGood(kept, signer, wanted, clock)) return kept;
    const { issueCertificate } = await import("#machinery/certificates/x509.ts");
    const request = { ...wanted, ...validity(clock, certificateDays) };
    const made = await issueCertificate(signer, request, chance);
    await writePair(shelf, name, made);
    return made;
  }

  async function tokenKey(): Promise<string> {
    const kept = await shelf.read("sa.key");
    if (kept !== undefined) return kept;
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const made = privateKey.export({ type: "pkcs8", format: "pem" });
    await shelf.write("sa.key", made);
    return made;
  }

  // Several components ask for the same authority at once at the first start: make it once.
  const authorities = new Map<AuthorityName, Promise<KeyPair>>();
  return {
    authority: (name) => remembered(authorities, name, () => authority(name)),
    async certificate(name, by, wanted) {
      await remembered(authorities, by, () => authority(by));
      return certificate(name, by, wanted);
    },
    tokenKey,
  };
}

function remembered<K, V>(made: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const known = made.get(key);
  if (known) return known;
  const fresh = make();
  made.set(key, fresh);
  fresh.catch(() => made.delete(key));
  return fresh;
}

function validity(clock: Clock, days: number): { notBefore: Date; notAfter: Date } {
  const from = clock.now() - backdateMs;
  return { notBefore: new Date(from), notAfter: new Date(from + days * dayMs) };
}

/** Whether a kept certificate fits what is wanted, is our authority's, and lasts a while. */
function stillGood(kept: KeyPair, signer: KeyPair, wanted: Wanted, clock: Clock): boolean {
  const certificate = new X509Certificate(kept.certificate);
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  if (clock.now() > to - (to - from) / 3 || clock.now() < from) return false;
  if (!certificate.checkPrivateKey(createPrivateKey(kept.key))) return false;
  if (!certificate.verify(new X509Certificate(signer.certificate).publicKey)) return false;
  const subject = certificate.subject.split("\n");
  const names = [...(wanted.organizations ?? []).map((o) => `O=${o}`), `CN=${wanted.commonName}`];
  if (!names.every((name) => subject.includes(name))) return false;
  return (
    (wanted.dnsNames ?? []).every((name) => certificate.checkHost(name) !== undefined) &&
    (wanted.addresses ?? []).every((address) => certificate.checkIP(address) !== undefined)
  );
}

async function readPair(shelf: Shelf, name: string): Promise<KeyPair | undefined> {
  const [certificate, key] = await Promise.all([
    shelf.read(`${name}.crt`),
    shelf.read(`${name}.key`),
  ]);
  return certificate !== undefined && key !== undefined ? { certificate, key } : undefined;
}

async function writePair(shelf: Shelf, name: string, pair: KeyPair): Promise<void> {
  await shelf.write(`${name}.key`, pair.key);
  await shelf.write(`${name}.crt`, pair.certificate);
}

function memoryShelf(): Shelf {
  const files = new Map<string, string>();
  return {
    read: async (name) => files.get(name),
    write: async (name, text) => void files.set(name, text),
  };
}

function folderShelf(directory: string): Shelf {
  return {
    async read(name) {
      try {
        return await readFile(join(directory, name), "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async write(name, text) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writePrivateFile(join(directory, name), text);
    },
  };
}

/** Writes a file that only its owner reads, whole or not at all. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const suffix = createHash("sha256").update(text).digest("hex").slice(0, 8);
  const draft = `${path}.${suffix}.tmp`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}
