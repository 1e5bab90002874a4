/**
 * Starts an API server alone, with its data in memory, for trying things out:
 * `node tools/dev-apiserver.ts [port]`. Tokens as in `test/` fixtures: `admin-token`, `alice-token`.
 */
import { generateKeyPairSync } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApiServer } from "#apiserver/server.ts";
import { systemChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";
import { jsonLogger } from "#base/log.ts";
import { policies } from "#cluster/policies.ts";
import { MemoryStore } from "#store/memory/memory-store.ts";

const folder = mkdtempSync(join(tmpdir(), "cox-dev-"));
const key = join(folder, "tls.key");
const cert = join(folder, "tls.crt");
execFileSync("openssl", [
  "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
  "-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=127.0.0.1",
  "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
], { stdio: "ignore" }); // prettier-ignore

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const log = jsonLogger({ clock: systemClock, write: (line) => process.stderr.write(line) });
const store = new MemoryStore({ clock: systemClock });
const server = await startApiServer({
  store,
  clock: systemClock,
  chance: systemChance,
  log,
  policies: policies({
    clock: systemClock,
    chance: systemChance,
    tokenKey: privateKey.export({ type: "pkcs8", format: "pem" }),
    issuer: "https://kubernetes.default.svc.cluster.local",
    staticTokens: `admin-token,admin,u-admin,"system:masters"\nalice-token,alice,u-alice`,
  }),
  listen: {
    host: "127.0.0.1",
    port: Number(process.argv[2] ?? 0),
    certificate: { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") },
  },
});
process.stdout.write(`https://127.0.0.1:${server.address?.port}\n`);
async function stop(): Promise<void> {
  await server[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
}
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
