import type { Path } from "#machinery/field-error.ts";
import { httpHeaderName } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { Lifecycle, LifecycleHandler } from "./lifecycle.ts";
import type { HTTPGetAction, Probe } from "./probe.ts";
import { signals } from "./signals.ts";

type Handler = DeepReadonly<Partial<Probe> & Partial<LifecycleHandler>>;

/** The pod's termination grace period in seconds, as far as it is known. */
type GracePeriod = number | undefined;

function validateHandler(problems: Problems, at: Path, handler: Handler, grace: GracePeriod): void {
  const checks: [string, (() => void) | undefined][] = [
    [
      "exec",
      handler.exec &&
        (() => {
          if (!handler.exec?.command?.length) problems.required(at.child("exec", "command"));
        }),
    ],
    [
      "httpGet",
      handler.httpGet && (() => validateHttpGet(problems, at.child("httpGet"), handler.httpGet)),
    ],
    [
      "tcpSocket",
      handler.tcpSocket &&
        (() => problems.portOrName(at.child("tcpSocket", "port"), handler.tcpSocket?.port)),
    ],
    ["grpc", handler.grpc && (() => problems.port(at.child("grpc", "port"), handler.grpc?.port))],
    [
      "sleep",
      handler.sleep &&
        (() => validateSleep(problems, at.child("sleep"), handler.sleep?.seconds ?? 0, grace)),
    ],
  ];
  let count = 0;
  for (const [name, check] of checks) {
    if (!check) continue;
    count += 1;
    if (count > 1) problems.forbidden(at.child(name), "may not specify more than 1 handler type");
    else check();
  }
  if (count === 0) problems.required(at, "must specify a handler type");
}

function validateHttpGet(
  problems: Problems,
  at: Path,
  action: DeepReadonly<HTTPGetAction> | undefined,
): void {
  if (!action) return;
  if (!action.path) problems.required(at.child("path"));
  problems.portOrName(at.child("port"), action.port);
  problems.oneOf(at.child("scheme"), action.scheme ?? "", ["HTTP", "HTTPS"]);
  for (const { name } of action.httpHeaders ?? []) {
    problems.each(at.child("httpHeaders"), name, httpHeaderName(name));
  }
}

function validateSleep(problems: Problems, at: Path, seconds: number, grace: GracePeriod): void {
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return;
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`;
  problems.invalid(at, seconds, detail);
}

export type ProbeKind = "livenessProbe" | "readinessProbe" | "startupProbe";

export function validateProbe(
  problems: Problems,
  at: Path,
  kind: ProbeKind,
  probe: DeepReadonly<Probe> | undefined,
  grace: GracePeriod,
): void {
  if (!probe) return;
  validateHandler(problems, at, probe, grace);
  for (const field of [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const) {
    problems.nonNegative(at.child(field), probe[field]);
  }
  const ownGrace = probe.terminationGracePeriodSeconds;
  const graceAt = at.child("terminationGracePeriodSeconds");
  if (ownGrace !== undefined && ownGrace <= 0) {
    problems.invalid(graceAt, ownGrace, "must be greater than 0");
  }
  if (kind === "readinessProbe") {
    if (ownGrace !== undefined) {
      problems.invalid(graceAt, ownGrace, "must not be set for readinessProbes");
    }
  } else if (probe.successThreshold !== 1) {
    problems.invalid(at.child("successThreshold"), probe.successThreshold ?? 0, "must be 1");
  }
}

const windowsSignals = ["SIGKILL", "SIGTERM"];

export function validateLifecycle(
  problems: Problems,
  at: Path,
  lifecycle: DeepReadonly<Lifecycle> | undefined,
  grace: GracePeriod,
  os: string | undefined,
): void {
  if (!lifecycle) return;
  const { postStart, preStop, stopSignal } = lifecycle;
  if (postStart) validateHandler(problems, at.child("postStart"), postStart, grace);
  if (preStop) validateHandler(problems, at.child("preStop"), preStop, grace);
  if (stopSignal === undefined) return;
  const stopAt = at.child("stopSignal");
  if (os === undefined) {
    const detail = "may not be set for containers with empty `spec.os.name`";
    problems.forbidden(stopAt, detail);
  } else if (os === "windows") {
    problems.oneOf(stopAt, stopSignal, windowsSignals);
  } else {
    problems.oneOf(stopAt, stopSignal, signals);
  }
}
