/** What the kubelet does now and then on a real machine: logs, dead containers, images. */
import { join } from "node:path";
import type { ContainerObservation } from "./observer/observation.ts";
import { loop } from "#base/loop.ts";
import { collectContainers } from "./gc/container-gc.ts";
import type { ImageGc } from "./gc/image-gc.ts";
import { rotateLogs } from "./gc/log-rotation.ts";
import type { Host } from "./host/host.ts";
import type { Observer } from "./observer/observer.ts";
import type { KubeletOptions, KubeletSettings } from "./settings.ts";

export interface HousekeepingInput {
  readonly options: KubeletOptions;
  readonly settings: KubeletSettings;
  readonly host: Host;
  readonly observer: Observer;
  readonly imageGc: ImageGc;
  readonly signal: AbortSignal;
}

const logsEveryMs = 10_000;
const containersEveryMs = 60_000;
const imagesEveryMs = 300_000;

/** Runs until the signal aborts. */
export async function startHousekeeping(input: HousekeepingInput): Promise<void> {
  const { options, settings, host, observer, imageGc, signal } = input;
  const { cri, clock, log } = options;
  const { files } = host;
  const every = (name: string, everyMs: number, body: () => Promise<unknown>) =>
    loop({
      name, clock, log, signal, everyMs: 0,
      body: async () => {
        await clock.sleep(everyMs, signal).catch(() => {});
        if (!signal.aborted) await body();
      },
    }); // prettier-ignore
  const { logBytesMax: bytesMax, logFilesMax: filesMax } = settings;
  await Promise.all([
    every("log rotation", logsEveryMs, () =>
      rotateLogs({ cri, files, observer, clock, bytesMax, filesMax }),
    ),
    every("container collection", containersEveryMs, async () => {
      await collectContainers(cri, observer, (container) => removeLog(input, container));
      await removeDeadLinks(input);
    }),
    every("image collection", imagesEveryMs, () => imageGc.collect()),
  ]);
}

async function removeLog({ host }: HousekeepingInput, { logPath }: ContainerObservation) {
  if (logPath !== "") await host.files.remove(logPath);
}

/** Removes links to logs that are gone. */
async function removeDeadLinks({ host, settings }: HousekeepingInput): Promise<void> {
  const { files } = host;
  for (const { name } of await files.readdir(settings.containerLogsDir)) {
    const link = join(settings.containerLogsDir, name);
    if ((await files.stat(link)) === undefined) await files.remove(link);
  }
}
