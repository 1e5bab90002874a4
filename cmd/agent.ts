import { runComponent } from "#cluster/component.ts";
import { agentProcess } from "#cluster/agent-process.ts";

process.exitCode = await runComponent(agentProcess, process.argv.slice(2));
