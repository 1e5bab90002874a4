import { runComponent } from "#cluster/component.ts";
import { kubeApiserver } from "#cluster/kube-apiserver.ts";

process.exitCode = await runComponent(kubeApiserver, process.argv.slice(2));
