import type { Resource } from "#machinery/resource.ts";
import { corePrinters } from "./core.ts";
import { networkAndStoragePrinters } from "./network-storage.ts";
import { otherPrinters } from "./others.ts";
import { type Printer, printer } from "./printer.ts";
import { workloadPrinters } from "./workloads.ts";

const printers: Readonly<Record<string, Printer>> = {
  ...corePrinters,
  ...workloadPrinters,
  ...networkAndStoragePrinters,
  ...otherPrinters,
};

/** For kinds that nobody wrote columns for. */
const generic = printer("Name, Created At:date", ({ metadata }) => [
  metadata.name,
  metadata.creationTimestamp,
]);

/** How `kubectl get` shows the objects of a resource. */
export function printerFor({ apiVersion, plural }: Resource): Printer {
  return printers[`${apiVersion}/${plural}`] ?? generic;
}
