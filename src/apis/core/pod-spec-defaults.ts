import type { Container } from "./container.ts";
import type { EphemeralContainer } from "./ephemeral-container.ts";
import type { LifecycleHandler } from "./lifecycle.ts";
import type { PodSpec, PodTemplateSpec } from "./pod-spec.ts";
import type { HTTPGetAction, Probe } from "./probe.ts";
import { pullPolicyFor } from "./image-defaults.ts";
import { applyDefaultsToVolume } from "./volume-defaults.ts";

/** What an absent field of a pod's spec becomes, alone or inside a template. */
export function applyDefaultsToPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ??= "ClusterFirst";
  spec.restartPolicy ??= "Always";
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ??= "default-scheduler";
  for (const volume of spec.volumes ?? []) applyDefaultsToVolume(volume);
  const containers = [
    ...(spec.initContainers ?? []),
    // Absent until validation has seen the pod.
    ...((spec.containers as Container[] | null) ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
  for (const container of containers) applyDefaultsToContainer(container);
}

/** The template of the pods of a workload. */
export function applyDefaultsToPodTemplate(template: PodTemplateSpec): void {
  template.spec ??= { containers: [] };
  applyDefaultsToPodSpec(template.spec);
}

function applyDefaultsToContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ??= pullPolicyFor(container.image);
  container.terminationMessagePath ??= "/dev/termination-log";
  container.terminationMessagePolicy ??= "File";
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ??= "v1";
    if (valueFrom?.fileKeyRef) valueFrom.fileKeyRef.optional ??= false;
  }
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  for (const probe of [livenessProbe, readinessProbe, startupProbe]) {
    if (probe) applyDefaultsToProbe(probe);
  }
  applyDefaultsToHandler(lifecycle?.postStart);
  applyDefaultsToHandler(lifecycle?.preStop);
}

function applyDefaultsToProbe(probe: Probe): void {
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  if (probe.grpc) probe.grpc.service ??= "";
  applyDefaultsToHttpGet(probe.httpGet);
}

function applyDefaultsToHandler(handler: LifecycleHandler | undefined): void {
  applyDefaultsToHttpGet(handler?.httpGet);
}

function applyDefaultsToHttpGet(action: HTTPGetAction | undefined): void {
  if (!action) return;
  action.path ??= "/";
  action.scheme ??= "HTTP";
}
