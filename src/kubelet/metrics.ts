import type { Metrics } from "#base/metrics.ts";
import type { Observer } from "./observer/observer.ts";
import type { PodWorkers } from "./pod-worker/pod-workers.ts";

const states = ["created", "running", "exited", "unknown"] as const;

/** Registers how many pods and containers there are. */
export function countPods(metrics: Metrics, workers: PodWorkers, observer: Observer): void {
  metrics.gauge("kubelet_running_pods", "Pods that have a running sandbox.", [], () => {
    let running = 0;
    for (const { sandboxes } of observer.all()) if (sandboxes[0]?.ready) running++;
    return running;
  });
  metrics.gauge(
    "kubelet_desired_pods",
    "Pods that are assigned to this node.",
    [],
    () => workers.pods().length,
  );
  metrics.gauge("kubelet_running_containers", "Containers by state.", ["container_state"], () => {
    const all = Array.from(observer.all()).flatMap(({ containers }) => containers);
    return states.map((state) => ({
      labels: { container_state: state },
      value: all.filter((container) => container.state === state).length,
    }));
  });
}
