import { runComponent } from "#cluster/component.ts";
import { serverProcess } from "#cluster/server-process.ts";

process.exitCode = await runComponent(serverProcess, process.argv.slice(2));
