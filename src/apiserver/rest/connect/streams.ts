import { badRequest } from "#machinery/errors.ts";
import { wantsWebSocket } from "#machinery/streaming/http-upgrade.ts";
import { translatePortForward } from "#machinery/streaming/port-forward.ts";
import { streamOptionsOf } from "#machinery/streaming/protocols.ts";
import { proxyUpgrade } from "#machinery/streaming/proxy-upgrade.ts";
import { translateRemoteCommand } from "#machinery/streaming/remote-command.ts";
import type { ApiResponse } from "#apiserver/response.ts";
import type { ResourceContext } from "../context.ts";
import { admissionAttributes } from "../write-steps.ts";
import type { ConnectParts } from "./connect-parts.ts";
import { type KubeletAddress, kubeletOf, kubeletTarget } from "./kubelet-access.ts";
import { containerOf, podOf, type SharedPod } from "./pod-container.ts";

/** `pods/NAME/exec` and `attach`: a command's streams, between the client and the pod's kubelet. */
export async function execOrAttach(
  context: ResourceContext,
  parts: ConnectParts,
): Promise<ApiResponse> {
  const { info, request, server } = context;
  const { query, incoming: req } = request;
  const pod = podOf(parts.reader, info);
  const options = streamOptionsOf(query);
  const container = containerOf(pod, query.get("container"));
  if (info.subresource === "exec" && !query.get("command")) {
    throw badRequest("you must specify at least 1 command for the container");
  }
  const kubelet = kubeletOfPod(parts, pod);
  await admitConnect(context);
  const asked = new URLSearchParams();
  for (const command of query.getAll("command")) asked.append("command", command);
  if (options.stdin) asked.set("input", "1");
  if (options.stdout) asked.set("output", "1");
  if (options.stderr) asked.set("error", "1");
  if (options.tty) asked.set("tty", "1");
  const path = [info.subresource, info.namespace, info.name, container];
  const target = kubeletTarget(kubelet, path, asked);
  const life = { clock: server.clock, signal: parts.signal };
  return upgrade((socket, head) => {
    if (!req) return;
    const connection = { req, socket, head: Buffer.from(head) };
    // The container runtime knows SPDY; newer WebSocket protocols end here (KEP-4006).
    void (wantsWebSocket(req)
      ? translateRemoteCommand(connection, options, target, life)
      : proxyUpgrade(connection, target, life));
  });
}

/** `pods/NAME/portforward`: connections to ports of the pod. */
export async function portForward(
  context: ResourceContext,
  parts: ConnectParts,
): Promise<ApiResponse> {
  const { info, request, server } = context;
  const { incoming: req } = request;
  const kubelet = kubeletOfPod(parts, podOf(parts.reader, info));
  await admitConnect(context);
  const asked = new URLSearchParams();
  for (const ports of request.query.getAll("ports")) {
    for (const port of ports.split(",")) asked.append("port", port);
  }
  const target = kubeletTarget(kubelet, ["portForward", info.namespace, info.name], asked);
  const life = { clock: server.clock, signal: parts.signal };
  return upgrade((socket, head) => {
    if (req) void translatePortForward({ req, socket, head: Buffer.from(head) }, target, life);
  });
}

function kubeletOfPod(parts: ConnectParts, { metadata, spec }: SharedPod): KubeletAddress {
  if (!spec.nodeName) throw badRequest(`pod ${metadata.name} does not have a host assigned`);
  return kubeletOf(parts.reader, parts.kubelet, spec.nodeName);
}

/** Lets admission have its say on the connection. */
export async function admitConnect(context: ResourceContext): Promise<void> {
  const { info, server } = context;
  const options = { dryRun: false, fieldManager: "", fieldValidation: "Ignore", raw: {} } as const;
  const attributes = admissionAttributes(
    context,
    "CONNECT",
    info.name,
    undefined,
    undefined,
    options,
  );
  await server.admission.admit(attributes);
  await server.admission.validate(attributes);
}

function upgrade(take: Extract<ApiResponse["body"], { kind: "upgrade" }>["upgrade"]): ApiResponse {
  return { status: 101, headers: {}, body: { kind: "upgrade", upgrade: take } };
}
