/** `/metrics/resource`, `/metrics/cadvisor` and `/metrics/probes`, made from the statistics. Pure. */
import type { MachineFacts } from "../host/machine.ts";
import { type Family, exposition, type Sample } from "./exposition.ts";
import type { ContainerSummary, PodSummary, Summary } from "./summary.ts";
import type { ProbeCount } from "./view.ts";

type Labels = Record<string, string>;

/** What metrics-server scrapes. Names and help as upstream's. */
export function resourceMetrics(summary: Summary | undefined): string {
  const { node, pods = [] } = summary ?? {};
  const each = containersOf(pods);
  const cpu = (one: { cpu?: PodSummary["cpu"] }, labels: Labels) =>
    sample(labels, seconds(one.cpu?.usageCoreNanoSeconds), one.cpu?.time);
  const memory = (one: { memory?: PodSummary["memory"] }, labels: Labels) =>
    sample(labels, one.memory?.workingSetBytes, one.memory?.time);
  const swap = ({ container: { swap: use }, labels }: ContainerOfPod) =>
    sample(labels, use?.swapUsageBytes, use?.time);
  return exposition([
    counter("container_cpu_usage_seconds_total", "[STABLE] Cumulative cpu time consumed by the container in core-seconds", each.flatMap(({ container, labels }) => cpu(container, labels))),
    gauge("container_memory_working_set_bytes", "[STABLE] Current working set of the container in bytes", each.flatMap(({ container, labels }) => memory(container, labels))),
    gauge("container_start_time_seconds", "[STABLE] Start time of the container since unix epoch in seconds", each.flatMap(({ container, labels }) => sample(labels, Date.parse(container.startTime) / 1e3))),
    gauge("container_swap_usage_bytes", "[ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems", each.flatMap(swap)),
    counter("node_cpu_usage_seconds_total", "[STABLE] Cumulative cpu time consumed by the node in core-seconds", node ? cpu(node, {}) : []),
    gauge("node_memory_working_set_bytes", "[STABLE] Current working set of the node in bytes", node ? memory(node, {}) : []),
    counter("pod_cpu_usage_seconds_total", "[STABLE] Cumulative cpu time consumed by the pod in core-seconds", pods.flatMap((pod) => cpu(pod, podLabels(pod)))),
    gauge("pod_memory_working_set_bytes", "[STABLE] Current working set of the pod in bytes", pods.flatMap((pod) => memory(pod, podLabels(pod)))),
    gauge("resource_scrape_error", "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise", [{ labels: {}, value: summary ? 0 : 1 }]),
  ]); // prettier-ignore
}

/** The basic ones of cAdvisor's, with the labels that dashboards select by. */
export function cadvisorMetrics({ pods }: Summary, facts: MachineFacts): string {
  const each = containersOf(pods).map(({ container, labels }) => ({
    container,
    labels: { ...labels, id: "", image: "", name: "" },
  }));
  const ofContainers = (value: (one: ContainerSummary) => number | undefined) =>
    each.flatMap(({ container, labels }) => sample(labels, value(container)));
  const ofLinks = (key: "rxBytes" | "txBytes" | "rxErrors" | "txErrors") =>
    pods.flatMap((pod) =>
      (pod.network?.interfaces ?? []).flatMap((link) =>
        sample({ ...podLabels(pod), interface: link.name }, link[key]),
      ),
    );
  return exposition([
    counter("container_cpu_usage_seconds_total", "Cumulative cpu time consumed in seconds.", ofContainers(({ cpu }) => seconds(cpu?.usageCoreNanoSeconds))),
    gauge("container_memory_usage_bytes", "Current memory usage in bytes, including all memory regardless of when it was accessed", ofContainers(({ memory }) => memory?.usageBytes)),
    gauge("container_memory_working_set_bytes", "Current working set in bytes.", ofContainers(({ memory }) => memory?.workingSetBytes)),
    gauge("container_memory_rss", "Size of RSS in bytes.", ofContainers(({ memory }) => memory?.rssBytes)),
    gauge("container_fs_usage_bytes", "Number of bytes that are consumed by the container on this filesystem.", ofContainers(({ rootfs }) => rootfs?.usedBytes)),
    gauge("container_start_time_seconds", "Start time of the container since unix epoch in seconds.", ofContainers(({ startTime }) => Date.parse(startTime) / 1e3)),
    counter("container_network_receive_bytes_total", "Cumulative count of bytes received", ofLinks("rxBytes")),
    counter("container_network_receive_errors_total", "Cumulative count of errors encountered while receiving", ofLinks("rxErrors")),
    counter("container_network_transmit_bytes_total", "Cumulative count of bytes transmitted", ofLinks("txBytes")),
    counter("container_network_transmit_errors_total", "Cumulative count of errors encountered while transmitting", ofLinks("txErrors")),
    gauge("machine_cpu_cores", "Number of logical CPU cores.", [{ labels: machineLabels(facts), value: facts.cores }]),
    gauge("machine_memory_bytes", "Amount of memory installed on the machine.", [{ labels: machineLabels(facts), value: facts.memoryBytes }]),
  ]); // prettier-ignore
}

export function probeMetrics(counts: readonly ProbeCount[]): string {
  const samples = counts.map(({ probeType, result, container, pod, namespace, podUid, count }) => ({
    labels: { container, namespace, pod, pod_uid: podUid, probe_type: probeType, result },
    value: count,
  }));
  const help =
    "[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.";
  return exposition([counter("prober_probe_total", help, samples)]);
}

interface ContainerOfPod {
  readonly container: ContainerSummary;
  readonly labels: Labels;
}

function containersOf(pods: readonly PodSummary[]): ContainerOfPod[] {
  return pods.flatMap((pod) =>
    pod.containers.map((container) => ({
      container,
      labels: { container: container.name, ...podLabels(pod) },
    })),
  );
}

function podLabels({ podRef }: PodSummary): Labels {
  return { namespace: podRef.namespace, pod: podRef.name };
}

function machineLabels({ bootId, machineId, systemUuid }: MachineFacts): Labels {
  return { boot_id: bootId, machine_id: machineId, system_uuid: systemUuid };
}

function sample(labels: Labels, value: number | undefined, time?: string): Sample[] {
  if (value === undefined) return [];
  return [{ labels, value, timeMs: time === undefined ? undefined : Date.parse(time) }];
}

function seconds(nanoseconds: number | undefined): number | undefined {
  return nanoseconds === undefined ? undefined : nanoseconds / 1e9;
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help, type: "counter", samples };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help, type: "gauge", samples };
}
