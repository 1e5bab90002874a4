import type { ControllerRevision } from "#apis/apps/controller-revision.ts";
import type { DaemonSet } from "#apis/apps/daemon-set.ts";
import type { Deployment } from "#apis/apps/deployment.ts";
import type { ReplicaSet } from "#apis/apps/replica-set.ts";
import type { StatefulSet } from "#apis/apps/stateful-set.ts";
import type { Scale } from "#apis/autoscaling/scale.ts";
import type { CronJob } from "#apis/batch/cron-job.ts";
import type { Job } from "#apis/batch/job.ts";
import type { PodTemplate } from "#apis/core/pod-template.ts";
import type { ReplicationController } from "#apis/core/replication-controller.ts";
import { controllerOf } from "#machinery/meta.ts";
import {
  age,
  ago,
  containerNames,
  humanDuration,
  imageNames,
  labelsText,
  none,
  selectorText,
} from "./format.ts";
import { autoscalerPrinter, autoscalerV1Printer } from "./autoscaling.ts";
import { type Printer, printer } from "./printer.ts";

const workload = "Age, Containers!, Images!, Selector!";

const deployments = printer<Deployment>(
  `Name, Ready, Up-to-date, Available, ${workload}`,
  (object, now) => {
    const { metadata, spec, status } = object;
    const pod = spec?.template.spec;
    return [
      metadata.name,
      `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      age(object, now),
      containerNames(pod),
      imageNames(pod),
      selectorText(spec?.selector),
    ];
  },
);

const replicaSets = printer<ReplicaSet>(
  `Name, Desired:integer, Current:integer, Ready:integer, ${workload}`,
  (object, now) => {
    const { metadata, spec, status } = object;
    const pod = spec?.template?.spec;
    return [
      metadata.name, spec?.replicas ?? 0, status?.replicas ?? 0, status?.readyReplicas ?? 0,
      age(object, now), containerNames(pod), imageNames(pod), selectorText(spec?.selector),
    ]; // prettier-ignore
  },
);

const replicationControllers = printer<ReplicationController>(
  `Name, Desired:integer, Current:integer, Ready:integer, ${workload}`,
  (object, now) => {
    const { metadata, spec, status } = object;
    const pod = spec?.template?.spec;
    return [
      metadata.name, spec?.replicas ?? 0, status?.replicas ?? 0, status?.readyReplicas ?? 0,
      age(object, now), containerNames(pod), imageNames(pod), labelsText(spec?.selector),
    ]; // prettier-ignore
  },
);

const daemonSets = printer<DaemonSet>(
  `Name, Desired:integer, Current:integer, Ready:integer, Up-to-date:integer, Available:integer, Node Selector, ${workload}`,
  (object, now) => {
    const { metadata, spec, status } = object;
    const pod = spec?.template.spec;
    return [
      metadata.name,
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      labelsText(pod?.nodeSelector),
      age(object, now),
      containerNames(pod),
      imageNames(pod),
      selectorText(spec?.selector),
    ];
  },
);

const statefulSets = printer<StatefulSet>(
  "Name, Ready, Age, Containers!, Images!",
  (object, now) => {
    const { metadata, spec, status } = object;
    const pod = spec?.template.spec;
    const ready = `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`;
    return [metadata.name, ready, age(object, now), containerNames(pod), imageNames(pod)];
  },
);

const controllerRevisions = printer<ControllerRevision>(
  "Name, Controller, Revision, Age",
  (object, now) => {
    const owner = controllerOf(object);
    const group = owner?.apiVersion.includes("/") ? `.${owner.apiVersion.split("/")[0]}` : "";
    const by = owner ? `${owner.kind.toLowerCase()}${group}/${owner.name}` : none;
    return [object.metadata.name, by, object.revision, age(object, now)];
  },
);

const podTemplates = printer<PodTemplate>(
  "Name, Containers, Images, Pod Labels",
  ({ metadata, template }) => [
    metadata.name,
    containerNames(template?.spec),
    imageNames(template?.spec),
    labelsText(template?.metadata?.labels),
  ],
);

function jobState({ metadata, status }: Job): string {
  const has = (wanted: string) =>
    status?.conditions?.some(({ type, status }) => type === wanted && status === "True");
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  if (has("Suspended")) return "Suspended";
  return has("FailureTarget") ? "FailureTarget" : "Running";
}

function jobCompletions({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0;
  if (spec?.completions != null) return `${done}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration({ status }: Job, now: number): string {
  if (!status?.startTime) return "";
  const end = status.completionTime ? Date.parse(status.completionTime) : now;
  return humanDuration(end - Date.parse(status.startTime));
}

const jobs = printer<Job>(`Name, Status, Completions, Duration, ${workload}`, (object, now) => {
  const pod = object.spec?.template.spec;
  return [
    object.metadata.name, jobState(object), jobCompletions(object), jobDuration(object, now),
    age(object, now), containerNames(pod), imageNames(pod), selectorText(object.spec?.selector),
  ]; // prettier-ignore
});

const cronJobs = printer<CronJob>(
  `Name, Schedule, Timezone, Suspend:boolean, Active:integer, Last Schedule, ${workload}`,
  (object, now) => {
    const { metadata, spec, status } = object;
    const job = spec?.jobTemplate.spec;
    return [
      metadata.name,
      spec?.schedule,
      spec?.timeZone || none,
      spec?.suspend === undefined ? "<unset>" : spec.suspend ? "True" : "False",
      (status?.active ?? []).length,
      status?.lastScheduleTime ? ago(status.lastScheduleTime, now) : none,
      age(object, now),
      containerNames(job?.template.spec),
      imageNames(job?.template.spec),
      selectorText(job?.selector),
    ];
  },
);

/** What `kubectl get --subresource scale` shows. */
export const scalePrinter = printer<Scale>(
  "Name, Desired:integer, Available:integer, Age",
  (object, now) => [
    object.metadata.name,
    object.spec?.replicas ?? 0,
    object.status?.replicas ?? 0,
    age(object, now),
  ],
);

export const workloadPrinters: Readonly<Record<string, Printer>> = {
  "v1/podtemplates": podTemplates,
  "v1/replicationcontrollers": replicationControllers,
  "apps/v1/controllerrevisions": controllerRevisions,
  "apps/v1/daemonsets": daemonSets,
  "apps/v1/deployments": deployments,
  "apps/v1/replicasets": replicaSets,
  "apps/v1/statefulsets": statefulSets,
  "autoscaling/v1/horizontalpodautoscalers": autoscalerV1Printer,
  "autoscaling/v2/horizontalpodautoscalers": autoscalerPrinter,
  "batch/v1/cronjobs": cronJobs,
  "batch/v1/jobs": jobs,
};
