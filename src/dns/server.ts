/**
 * The cluster's DNS: answers for Services, their endpoints and pods from the API's watches, and asks
 * the machine's resolvers for everything else. Reads Service, EndpointSlice, Namespace; writes
 * nothing. zone.ts decides (read it first); this file listens.
 */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import type { Client } from "#client/client.ts";
import { readQuery, type Query, type Response, withId, writeResponse } from "./packets.ts";
import { frame, FrameReader, type Resolver, Upstream } from "./upstream.ts";
import { answer, type ZoneView } from "./zone.ts";
import { watchZone } from "./view.ts";

export interface DnsOptions {
  client: Client;
  clock: Clock;
  chance: Chance;
  log: Logger;
  signal: AbortSignal;
  /** The cluster's domain, such as `cluster.local`. */
  zone: string;
  listen: { address: string; port: number };
  resolvers: readonly Resolver[];
}

export interface DnsServer {
  /** Resolves when the first lists have arrived and answers are complete. */
  synced: Promise<void>;
  port: number;
}

/** Questions to other resolvers under way at once; more are refused. */
const forwardsMax = 500;
const connectionsMax = 500;
/** How many aliases are followed within the cluster's own names. */
const aliasesMax = 8;
/** Names that must never leave the machine (RFC 6761). */
const neverForwarded = /(?:^|\.)(?:invalid|localhost|local|test)$/;

/** Listens on UDP and TCP until the signal aborts. */
export async function startDns(options: DnsOptions): Promise<DnsServer> {
  const { listen, signal } = options;
  const { view, synced } = watchZone(options);
  const dns = new Dns(options, view);
  const tcp = createServer({ pauseOnConnect: false }, (socket) => dns.serveTcp(socket));
  tcp.maxConnections = connectionsMax;
  tcp.listen(listen.port, listen.address);
  await once(tcp, "listening");
  const { port } = tcp.address() as { port: number };
  const udp = createSocket(listen.address.includes(":") ? "udp6" : "udp4");
  udp.on("message", (packet, from) => dns.serveUdp(udp, packet, from));
  udp.bind(port, listen.address);
  await once(udp, "listening");
  closeOn(signal, udp, tcp, dns);
  return { synced, port };
}

function closeOn(signal: AbortSignal, udp: UdpSocket, tcp: Server, dns: Dns): void {
  const close = (): void => {
    udp.close();
    tcp.close();
    for (const socket of dns.connections) socket.destroy();
  };
  if (signal.aborted) close();
  else signal.addEventListener("abort", close, { once: true });
}

class Dns {
  readonly connections = new Set<Socket>();
  readonly #options: DnsOptions;
  readonly #view: ZoneView;
  readonly #upstream: Upstream;
  #forwards = 0;

  constructor(options: DnsOptions, view: ZoneView) {
    this.#options = options;
    this.#view = view;
    this.#upstream = new Upstream(options.resolvers, options.clock);
  }

  serveUdp(socket: UdpSocket, packet: Buffer, from: { address: string; port: number }): void {
    void this.#respond(packet, "udp").then((response) => {
      if (response && !this.#options.signal.aborted) socket.send(response, from.port, from.address);
    });
  }

  serveTcp(socket: Socket): void {
    this.connections.add(socket);
    const reader = new FrameReader((packet) => {
      void this.#respond(packet, "tcp").then((response) => {
        if (response && socket.writable) socket.write(frame(response));
      });
    });
    socket.setTimeout(30_000, () => socket.destroy());
    socket.on("data", (chunk) => reader.push(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.connections.delete(socket));
  }

  /** The response packet; undefined for packets that deserve none. Never rejects. */
  async #respond(packet: Buffer, transport: "udp" | "tcp"): Promise<Buffer | undefined> {
    const query = readQuery(packet);
    if (!query) return undefined;
    try {
      const response = this.#answer(query);
      if (response) return writeResponse(query, response, transport);
      return await this.#forward(packet, query, transport);
    } catch (error) {
      this.#options.log.warn("question failed", { name: query.question.name, error });
      return writeResponse(query, { code: "serverFailure" }, transport);
    }
  }

  /** Our own answer; undefined when the question is for other resolvers. */
  #answer({ question }: Query): Response | undefined {
    const { zone } = this.#options;
    const found = answer(this.#view, zone, question.name, question.type);
    switch (found.found) {
      case "outside":
        return neverForwarded.test(question.name)
          ? { code: "nameError", negativeZone: zone }
          : undefined;
      case "unknown":
        return { code: "nameError", negativeZone: zone };
      case "noData":
        return { code: "ok", negativeZone: zone };
      case "records": {
        const { answers, additionals } = found;
        return { code: "ok", answers: this.#followAliases(answers, question.type), additionals };
      }
    }
  }

  /** Adds what a CNAME points to, as far as that is ours to say. */
  #followAliases(records: Extract<Response["answers"], object>, type: string) {
    const all = [...records];
    for (let i = 0; i < aliasesMax; i++) {
      const last = all.at(-1);
      if (last?.type !== "CNAME" || type === "CNAME") break;
      const next = answer(this.#view, this.#options.zone, last.target.toLowerCase(), type);
      if (next.found !== "records") break;
      all.push(...next.answers);
    }
    return all;
  }

  async #forward(packet: Buffer, query: Query, transport: "udp" | "tcp"): Promise<Buffer> {
    if (this.#forwards >= forwardsMax) return writeResponse(query, { code: "refused" }, transport);
    this.#forwards++;
    try {
      const found = await this.#upstream.ask(packet, transport);
      if (found) return withId(found, query.id);
      return writeResponse(query, { code: "serverFailure" }, transport);
    } finally {
      this.#forwards--;
    }
  }
}
