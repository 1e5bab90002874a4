import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { databasePath } from "./database.ts";
import { Engine } from "./engine.ts";
import { faultOf } from "./fault.ts";
import type { FromWorker, WorkerOptions } from "./protocol.ts";

/**
 * The thread that has the database. It only wires: opens, loads, and then lets the engine work on
 * what comes in. The bundle has it as a file of its own, `sqlite-worker.js`.
 */
function main(port: MessagePort, options: WorkerOptions): void {
  const send = (message: FromWorker): void => {
    const transfer =
      message.kind === "loaded"
        ? [message.rows]
        : message.kind === "answer" && message.answer.about === "rows"
          ? [message.answer.rows]
          : [];
    port.postMessage(message, transfer);
  };
  try {
    new Engine(options, port, send).start();
  } catch (error) {
    send({ kind: "unusable", fault: faultOf(error, databasePath(options.folder)) });
    port.close();
  }
}

if (parentPort) main(parentPort, workerData as WorkerOptions);
