/** What tests of the server share: a node with the fake runtime, certificates, a client. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";

import { seededChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";
import { silentLogger } from "#base/log.ts";
import { createMetrics } from "#base/metrics.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { PodStatus } from "#apis/core/pod-status.ts";
import { createAuthority, issueCertificate, type KeyPair } from "#machinery/certificates/x509.ts";
import { servePortForward } from "#machinery/streaming/port-forward.ts";
import { streamOptionsOf } from "#machinery/streaming/protocols.ts";
import { type CommandHandler, serveRemoteCommand } from "#machinery/streaming/remote-command.ts";
import type { ExecRequest } from "../cri/types.ts";
import { FakeCri } from "../cri/fake.ts";
import { systemFiles } from "../host/files.ts";
import { simulatedHost } from "../host/host.ts";
import { listPods, observe } from "../observer/observe.ts";
import type { PodObservation } from "../observer/observation.ts";
import { containerLabels, sandboxLabels } from "../runtime/labels.ts";
import type { KubeletServerOptions, NodeAccess, ServerUser } from "./server.ts";
import { startKubeletServer } from "./server.ts";
import type { KubeletView } from "./view.ts";

const validity = {
  notBefore: new Date(systemClock.now() - 60_000),
  notAfter: new Date(systemClock.now() + 3_600_000),
};
const chance = seededChance(7);

/** An authority, the kubelet's certificate, and one of the API server's. */
export async function makeCertificates() {
  const authority = await createAuthority("kubernetes", validity, chance);
  const issue = (commonName: string, organizations: string[], usage: "server" | "client") =>
    issueCertificate(
      authority,
      { commonName, organizations, usages: [usage], addresses: ["127.0.0.1"], ...validity },
      chance,
    );
  return {
    authority,
    serving: await issue("system:node:node-1", ["system:nodes"], "server"),
    apiServer: await issue("kube-apiserver", ["system:masters"], "client"),
    stranger: await issue("mallory", [], "client"),
  };
}

export type Certificates = Awaited<ReturnType<typeof makeCertificates>>;

/** A fake runtime whose streams work: `command` is what containers run when asked to. */
export class StreamingCri extends FakeCri {
  readonly asked: object[] = [];
  url = "";
  override exec = async (ask: ExecRequest) => this.#note(ask, "exec", ask);
  override attach = async (ask: Omit<ExecRequest, "cmd">) => this.#note(ask, "attach", ask);
  override portForward = async (ask: { podSandboxId: string; ports: number[] }) =>
    this.#note(ask, "portforward", {});

  #note(ask: object, path: string, flags: object): string {
    this.asked.push(ask);
    const url = new URL(path, this.url);
    for (const [name, value] of Object.entries(flags)) {
      if (value === true) url.searchParams.set(name, "1");
    }
    return url.href;
  }
}

/** The streaming server of a container runtime. */
async function serveRuntimeStreams(command: CommandHandler, signal: AbortSignal) {
  const context = { clock: systemClock, signal };
  const server = createServer();
  server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { pathname, searchParams } = new URL(req.url!, "http://runtime");
    if (pathname === "/portforward") {
      const dial = async (port: number) => connect(port, "127.0.0.1");
      void servePortForward({ req, socket, head }, context, dial);
    } else {
      const options = streamOptionsOf(searchParams);
      void serveRemoteCommand({ req, socket, head }, options, context, command);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

export const pod = (name: string, more: Partial<Pod["spec"]> = {}, status: PodStatus = {}): Pod =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: `uid-${name}` },
    spec: { containers: [{ name: "c", image: "app" }], nodeName: "node-1", ...more },
    status,
  }) as Pod;

export interface TestServerOptions {
  certificates: Certificates;
  command?: CommandHandler;
  authorize?: (access: NodeAccess) => Promise<boolean>;
  authenticate?: (token: string) => Promise<ServerUser | undefined>;
  readOnlyPort?: number;
  view?: Partial<KubeletView>;
  /** Where logs are. */
  folder?: string;
}

export async function startTestServer(options: TestServerOptions) {
  const { certificates, command = async () => 0, folder, view: more } = options;
  const stop = new AbortController();
  const cri = new StreamingCri({ clock: systemClock, chance });
  const runtime = await serveRuntimeStreams(command, stop.signal);
  cri.url = runtime.url;
  const pods: Pod[] = [];
  const observed = new Map<string, PodObservation>();
  const simulated = simulatedHost();
  const view: KubeletView = {
    nodeName: "node-1",
    cri,
    host: folder === undefined ? simulated : { ...simulated, files: systemFiles, simulated: false },
    rootDir: folder ?? "/var/lib/kubelet",
    pods: () => pods,
    observation: (uid) => observed.get(uid),
    observations: () => observed.values(),
    metrics: createMetrics(),
    config: () => ({ kubeletconfig: { podsMax: 110 } }),
    stuck: () => undefined,
    ...more,
  };
  const { serving, authority } = certificates;
  const tls = { cert: serving.certificate, key: serving.key, clientCa: authority.certificate };
  const access: KubeletServerOptions = {
    address: "127.0.0.1",
    port: 0,
    tls,
    authorize: options.authorize ?? (async ({ user }) => user.groups.includes("system:masters")),
    ...(options.authenticate && { authenticate: options.authenticate }),
    ...(options.readOnlyPort !== undefined && { readOnlyPort: options.readOnlyPort }),
  };
  const context = { view, clock: systemClock, log: silentLogger, signal: stop.signal };
  const server = await startKubeletServer(access, context);

  /** Shows the server what the runtime has now. */
  async function look(): Promise<void> {
    observed.clear();
    for (const [uid, listing] of await listPods(cri)) {
      observed.set(uid, await observe(cri, view.host.files, listing, undefined));
    }
  }

  async function run(of: Pod): Promise<string> {
    pods.push(of);
    const id = await runPod(cri, of, folder ?? "");
    await look();
    return id;
  }

  const base = `https://127.0.0.1:${server.port}`;
  return {
    server,
    view,
    cri,
    pods,
    look,
    run,
    base,
    /** TLS options of a client with the given certificate. */
    tls: (who?: KeyPair) => clientTls(certificates, who),
    get: (path: string, ask: Ask = { as: certificates.apiServer }) =>
      fetchPath(server.port, path, certificates, ask),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      stop.abort();
      runtime.close();
      cri[Symbol.dispose]();
    },
  };
}

/** Runs a pod's containers; returns the id of the first. */
async function runPod(cri: FakeCri, of: Pod, logDirectory: string): Promise<string> {
  await cri.pullImage({ image: { image: "app" } });
  const { name, namespace = "", uid = "" } = of.metadata;
  const sandboxConfig = {
    metadata: { name, namespace, uid, attempt: 0 },
    labels: sandboxLabels(of),
    logDirectory,
  };
  const podSandboxId = await cri.runPodSandbox(sandboxConfig);
  const ids: string[] = [];
  for (const container of of.spec.containers) {
    const config = {
      metadata: { name: container.name, attempt: 0 },
      image: { image: "app" },
      labels: containerLabels(of, container),
      logPath: `${container.name}.log`,
    };
    ids.push(await cri.createContainer({ podSandboxId, sandboxConfig, config }));
    await cri.startContainer(ids.at(-1)!);
  }
  return ids[0]!;
}

function clientTls({ authority }: Certificates, who?: KeyPair) {
  return { ca: authority.certificate, ...(who && { cert: who.certificate, key: who.key }) };
}

interface Ask {
  as?: KeyPair;
  token?: string;
  method?: string;
}

/** The path goes out as it is, not tidied up as a URL would be. */
async function fetchPath(
  port: number,
  path: string,
  certificates: Certificates,
  { as, token, method = "GET" }: Ask,
) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const tls = clientTls(certificates, as);
  const asked = request({ host: "127.0.0.1", port, path, ...tls, headers, agent: false, method });
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}
