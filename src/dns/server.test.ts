import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import * as packets from "dns-packet";
import { afterEach, beforeEach, expect, test } from "vitest";
import { namespaces } from "#apis/core/namespace.ts";
import { services } from "#apis/core/service.ts";
import { endpointSlices } from "#apis/discovery/endpoint-slice.ts";
import { seededChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";
import { silentLogger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { createClient } from "#client/client.ts";
import { MemoryApi } from "#testkit/memory-api.ts";
import { startDns } from "./server.ts";
import { frame, FrameReader, resolversOf } from "./upstream.ts";

const address = "127.0.0.1";
const many = Array.from({ length: 60 }, (_, index) => `10.244.0.${index + 1}`);
let stop: ReturnType<typeof childSignal>;
let port: number;
let upstream: ReturnType<typeof createSocket>;

beforeEach(async () => {
  stop = childSignal();
  upstream = createSocket("udp4");
  upstream.on("message", (packet, from) => {
    const { id, questions } = packets.decode(packet);
    const answers = [{ type: "A" as const, name: "example.com", data: "192.0.2.80" }];
    const answer = packets.encode({ type: "response", id: id!, questions: questions!, answers });
    upstream.send(answer, from.port, from.address);
  });
  upstream.bind(0, address);
  await once(upstream, "listening");
  const client = createClient(new MemoryApi());
  await client.create(namespaces, { metadata: { name: "shop" }, spec: {} });
  await client.create(services, {
    metadata: { namespace: "shop", name: "web" },
    spec: { clusterIP: "10.96.0.7", clusterIPs: ["10.96.0.7"], ports: [{ port: 80 }] },
  });
  await client.create(services, {
    metadata: { namespace: "shop", name: "many" },
    spec: { clusterIP: "None", clusterIPs: ["None"] },
  });
  await client.create(services, {
    metadata: { namespace: "shop", name: "alias" },
    spec: { type: "ExternalName", externalName: "web.shop.svc.cluster.local" },
  });
  await client.create(endpointSlices, {
    metadata: { namespace: "shop", name: "m", labels: { "kubernetes.io/service-name": "many" } },
    addressType: "IPv4",
    endpoints: many.map((one) => ({ addresses: [one], conditions: {} })),
    ports: [],
  });
  const dns = await startDns({
    client,
    clock: systemClock,
    chance: seededChance(1),
    log: silentLogger,
    signal: stop.signal,
    zone: "cluster.local",
    listen: { address, port: 0 },
    resolvers: [{ address, port: upstream.address().port }],
  });
  await dns.synced;
  ({ port } = dns);
});
afterEach(() => {
  stop.abort();
  upstream.close();
});

const query = (name: string, type: "A" | "AAAA" = "A") =>
  packets.encode({
    type: "query",
    id: 7,
    flags: packets.RECURSION_DESIRED,
    questions: [{ name, type }],
  });

async function overUdp(packet: Buffer) {
  const socket = createSocket("udp4");
  try {
    socket.send(packet, port, address);
    const [answer] = (await once(socket, "message")) as [Buffer];
    return packets.decode(answer);
  } finally {
    socket.close();
  }
}

async function overTcp(packet: Buffer) {
  const socket = connect({ host: address, port });
  try {
    const found = Promise.withResolvers<Buffer>();
    const reader = new FrameReader(found.resolve);
    socket.on("data", (chunk) => reader.push(chunk));
    // In pieces: what belongs together need not come together.
    for (const byte of frame(packet)) socket.write(Uint8Array.of(byte));
    return packets.decode(await found.promise);
  } finally {
    socket.destroy();
  }
}

const dataOf = ({ answers }: packets.Packet) =>
  (answers ?? []).map((one) => ("data" in one ? String(one.data) : ""));

test.each([
  ["UDP", overUdp],
  ["TCP", overTcp],
])("answers over %s, whatever the letters' case", async (_transport, ask) => {
  const answer = await ask(query("Web.shop.svc.CLUSTER.local"));
  expect(answer).toMatchObject({ id: 7, type: "response", rcode: "NOERROR" });
  expect(answer).toMatchObject({ flag_aa: true, flag_rd: true, flag_ra: true });
  expect(dataOf(answer)).toEqual(["10.96.0.7"]);
});

test("an answer too large for UDP is cut, and whole over TCP", async () => {
  const large = query("many.shop.svc.cluster.local");
  const cut = await overUdp(large);
  expect(cut).toMatchObject({ flag_tc: true, answers: [] });
  expect(dataOf(await overTcp(large)).toSorted()).toEqual(many.toSorted());
});

test("an alias within the cluster is followed", async () => {
  const answer = await overUdp(query("alias.shop.svc.cluster.local"));
  expect(dataOf(answer)).toEqual(["web.shop.svc.cluster.local", "10.96.0.7"]);
});

test.each([
  ["no such name", "none.shop.svc.cluster.local", "A", "NXDOMAIN"],
  ["no such type", "web.shop.svc.cluster.local", "AAAA", "NOERROR"],
  ["a name that never leaves the machine", "printer.local", "A", "NXDOMAIN"],
] as const)("%s is told with the zone's SOA", async (_what, name, type, rcode) => {
  const answer = await overUdp(query(name, type));
  expect(answer).toMatchObject({ rcode, answers: [] });
  expect(answer.authorities?.[0]).toMatchObject({ type: "SOA", name: "cluster.local" });
});

test("other names are asked of the machine's resolvers", async () => {
  const answer = await overUdp(query("example.com"));
  expect(answer.id).toBe(7);
  expect(dataOf(answer)).toEqual(["192.0.2.80"]);
});

test("rubbish is not answered, and does not keep others from being", async () => {
  const socket = createSocket("udp4");
  socket.send(Buffer.from("rubbish"), port, address);
  expect(dataOf(await overUdp(query("web.shop.svc.cluster.local")))).toEqual(["10.96.0.7"]);
  socket.close();
});

test("resolvers are read from resolv.conf, but for the server's own address", () => {
  const text =
    "search example.com\nnameserver 192.0.2.1\n# nameserver 192.0.2.2\n nameserver ::1\n";
  expect(resolversOf(`${text}nameserver 127.0.0.1\n`, ["127.0.0.1"])).toEqual([
    { address: "192.0.2.1", port: 53 },
    { address: "::1", port: 53 },
  ]);
});
