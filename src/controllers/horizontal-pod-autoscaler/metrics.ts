/** Reads the resource metrics API (metrics.k8s.io), which an add-on may serve. */
import { ApiError } from "#machinery/errors.ts";
import { milliValue } from "#machinery/quantity.ts";
import type { Client } from "#client/client.ts";

interface PodMetrics {
  items?: {
    metadata: { name: string };
    containers?: { name: string; usage?: Record<string, string> }[];
  }[];
}

/** What each pod uses of a resource, in thousandths. @throws Error that says why it is not known. */
export async function podUsages(
  client: Client,
  namespace: string,
  resource: string,
): Promise<Map<string, number>> {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${encodeURIComponent(namespace)}/pods`;
  try {
    const { body } = await client.raw({ method: "GET", path });
    const usages = new Map<string, number>();
    for (const { metadata, containers = [] } of (body as PodMetrics).items ?? []) {
      const values = containers.map(({ usage }) => usage?.[resource]);
      if (values.some((value) => value === undefined)) continue;
      const sum = values.reduce((total, value) => total + milliValue(value ?? "0"), 0);
      usages.set(metadata.name, sum);
    }
    return usages;
  } catch (error) {
    const missing = error instanceof ApiError && error.code === 404;
    const why = missing
      ? "the server could not find the requested resource (get pods.metrics.k8s.io)"
      : (error as Error).message;
    const text = `unable to get metrics for resource ${resource}: unable to fetch metrics from resource metrics API: ${why}`;
    throw new Error(text, { cause: error });
  }
}
