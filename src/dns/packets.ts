import * as packets from "dns-packet";
import type { ZoneRecord } from "./zone.ts";

/** The one adapter to the DNS packet library. */

export interface Question {
  name: string;
  type: string;
}

export interface Query {
  id: number;
  question: Question;
  recursionDesired: boolean;
  /** What the asker can take over UDP, in bytes. */
  udpBytesMax: number;
}

export const responseCodes = {
  ok: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  refused: 5,
} as const;
export type ResponseCode = keyof typeof responseCodes;

export interface Response {
  code: ResponseCode;
  answers?: readonly ZoneRecord[];
  additionals?: readonly ZoneRecord[];
  /** For "no such name" and "no such type": how long to remember that, under which zone. */
  negativeZone?: string;
}

const udpBytesDefault = 512;
const udpBytesLargest = 4_096;
/** Seconds that answers may be remembered; short, since endpoints come and go. */
const ttlSeconds = 5;

/** The query in a packet, or undefined for what is none (responses, several questions, rubbish). */
export function readQuery(bytes: Buffer): Query | undefined {
  try {
    const packet = packets.decode(bytes);
    const [question, ...others] = packet.questions ?? [];
    if (packet.type !== "query" || !question || others.length > 0) return undefined;
    const edns = packet.additionals?.find((one) => one.type === "OPT") as
      | { udpPayloadSize?: number }
      | undefined;
    const offered = edns?.udpPayloadSize ?? udpBytesDefault;
    return {
      id: packet.id ?? 0,
      question: { name: question.name.toLowerCase(), type: question.type },
      recursionDesired: ((packet.flags ?? 0) & packets.RECURSION_DESIRED) !== 0,
      udpBytesMax: Math.min(Math.max(offered, udpBytesDefault), udpBytesLargest),
    };
  } catch {
    return undefined;
  }
}

/** The response packet; over UDP it is cut to an empty, truncated one when it is too large. */
export function writeResponse(query: Query, response: Response, transport: "udp" | "tcp"): Buffer {
  const { answers = [], additionals = [], negativeZone } = response;
  const flags =
    packets.AUTHORITATIVE_ANSWER |
    packets.RECURSION_AVAILABLE |
    (query.recursionDesired ? packets.RECURSION_DESIRED : 0) |
    responseCodes[response.code];
  const head = {
    type: "response" as const,
    id: query.id,
    questions: [{ name: query.question.name, type: query.question.type as "A" }],
  };
  const bytes = packets.encode({
    ...head,
    flags,
    answers: answers.map(toPacket),
    additionals: additionals.map(toPacket),
    authorities: negativeZone === undefined ? [] : [startOfAuthority(negativeZone)],
  });
  if (transport === "tcp" || bytes.length <= query.udpBytesMax) return bytes;
  return packets.encode({ ...head, flags: flags | packets.TRUNCATED_RESPONSE });
}

/** Lets a forwarded answer carry the id that the asker used. */
export function withId(bytes: Buffer, id: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(id, 0);
  return copy;
}

function toPacket(record: ZoneRecord): packets.Answer {
  const common = { name: record.name, ttl: ttlSeconds, class: "IN" as const };
  switch (record.type) {
    case "A":
    case "AAAA":
      return { ...common, type: record.type, data: record.address };
    case "CNAME":
    case "PTR":
      return { ...common, type: record.type, data: record.target };
    case "SRV": {
      const { target, port, priority, weight } = record;
      return { ...common, type: "SRV", data: { target, port, priority, weight } };
    }
    case "TXT":
      return { ...common, type: "TXT", data: record.text };
  }
}

function startOfAuthority(zone: string): packets.Answer {
  const data = {
    mname: `ns.dns.${zone}`,
    rname: `hostmaster.${zone}`,
    serial: 1,
    refresh: 7_200,
    retry: 1_800,
    expire: 86_400,
    minimum: ttlSeconds,
  };
  return { type: "SOA", name: zone, ttl: ttlSeconds, class: "IN", data };
}
