import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Labels of a series, by name. */
export type MetricLabels = Readonly<Record<string, string>>;

/** A number that only grows. */
export interface CounterMetric {
  add(labels: MetricLabels, value?: number): void;
}

/** A number read when the metrics are. */
export type GaugeReader = () => number | readonly { labels: MetricLabels; value: number }[];

/** How long, or how much, in buckets. */
export interface HistogramMetric {
  observe(labels: MetricLabels, value: number): void;
}

/** The metrics of one component, in Prometheus' text format. */
export interface Metrics {
  counter(name: string, help: string, labels: readonly string[]): CounterMetric;
  gauge(name: string, help: string, labels: readonly string[], read: GaugeReader): void;
  histogram(
    name: string,
    help: string,
    labels: readonly string[],
    buckets: readonly number[],
  ): HistogramMetric;
  /** Series that are counted elsewhere, because they are too hot, in Prometheus' text format. */
  raw(read: () => string): void;
  /** Everything, as `/metrics` answers it. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Metrics of their own: components in one process do not share any. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const raw: (() => string)[] = [];
  return {
    counter(name, help, labels) {
      const counter = new Counter({ name, help, labelNames: [...labels], registers });
      return { add: (of, value = 1) => counter.inc(of, value) };
    },
    gauge(name, help, labels, read) {
      // Registers itself; nobody else needs it.
      void new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers,
        collect() {
          const value = read();
          if (typeof value === "number") return this.set(value);
          this.reset();
          for (const each of value) this.set(each.labels, each.value);
        },
      });
    },
    histogram(name, help, labels, buckets) {
      const options = { name, help, labelNames: [...labels], buckets: [...buckets], registers };
      const histogram = new Histogram(options);
      return { observe: (of, value) => histogram.observe(of, value) };
    },
    raw: (read) => void raw.push(read),
    text: async () => `${await registry.metrics()}\n${raw.map((read) => read()).join("")}`,
    contentType: registry.contentType,
  };
}
