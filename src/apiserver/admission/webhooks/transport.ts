import { type Agent as HttpsAgent, Agent, request } from "node:https";
import { isIP } from "node:net";
import type { Clock } from "#base/clock.ts";

/** A POST to a webhook. */
export interface WebhookCall {
  /** Where to connect to; the host is a name or an address. */
  readonly host: string;
  readonly port: number;
  /** The name that the certificate has to be for. */
  readonly serverName: string;
  /** With query. */
  readonly path: string;
  /** PEM of the authorities to believe; none: the system's. */
  readonly ca: string | undefined;
  readonly body: string;
  readonly timeoutMs: number;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly body: string;
}

/** How webhooks are reached. Throws an error whose message tells why there is no answer. */
export interface WebhookTransport {
  post(call: WebhookCall): Promise<WebhookAnswer>;
}

const answerBytesMax = 3 * 1024 * 1024;
const agentsMax = 256;

/** HTTPS with connections that are kept; redirects are not followed. */
export class HttpsWebhookTransport implements WebhookTransport, Disposable {
  readonly #clock: Clock;
  readonly #agents = new Map<string, HttpsAgent>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async post(call: WebhookCall): Promise<WebhookAnswer> {
    const deadline = new AbortController();
    using _ = this.#clock.after(call.timeoutMs, () => deadline.abort());
    try {
      return await this.#exchange(call, deadline.signal);
    } catch (error) {
      if (deadline.signal.aborted) throw new Error("context deadline exceeded", { cause: error });
      throw error;
    }
  }

  #exchange(call: WebhookCall, signal: AbortSignal): Promise<WebhookAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<WebhookAnswer>();
    const outgoing = request({
      agent: this.#agentFor(call),
      host: call.host,
      port: call.port,
      path: call.path,
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        "content-length": Buffer.byteLength(call.body),
        host: call.port === 443 ? call.serverName : `${call.serverName}:${call.port}`,
        "user-agent": "kube-apiserver-admission",
      },
      signal,
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > answerBytesMax) incoming.destroy(new Error("the answer is too large"));
        else chunks.push(chunk);
      });
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
    outgoing.end(call.body);
    return promise;
  }

  /** One for each pair of name and authorities, so that nobody is believed by mistake. */
  #agentFor({ serverName, ca }: WebhookCall): HttpsAgent {
    const key = `${serverName}\n${ca ?? ""}`;
    const known = this.#agents.get(key);
    if (known) return known;
    if (this.#agents.size >= agentsMax) this[Symbol.dispose]();
    const agent = new Agent({
      keepAlive: true,
      // Addresses are checked without being named.
      ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
      minVersion: "TLSv1.2",
      ...(ca === undefined ? {} : { ca }),
    });
    this.#agents.set(key, agent);
    return agent;
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }
}
