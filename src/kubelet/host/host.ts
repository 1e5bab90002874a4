import { type Files, noFiles, systemFiles } from "./files.ts";
import { type Machine, type MachineFacts, systemMachine } from "./machine.ts";
import { type Mounts, noMounts, systemMounts } from "./mounts.ts";

/** The kubelet's machine: everything of it that is not the container runtime. */
export interface Host {
  readonly files: Files;
  readonly mounts: Mounts;
  readonly machine: Machine;
  /** Nothing on this host is real: no folders, no cgroups, no secrets are written. */
  readonly simulated: boolean;
}

/** The Linux machine that this process runs on. */
export function linuxHost(): Host {
  return {
    files: systemFiles,
    mounts: systemMounts(systemFiles),
    machine: systemMachine(systemFiles),
    simulated: false,
  };
}

const gibibyte = 2 ** 30;

/** A machine that exists only in this process: thousands of them cost nothing. */
export function simulatedHost(facts: Partial<MachineFacts> & { address?: string } = {}): Host {
  const { address = "10.0.0.1", ...given } = facts;
  const all: MachineFacts = {
    cores: 8,
    memoryBytes: 32 * gibibyte,
    swapBytes: 0,
    hugepages: { [2 * 2 ** 20]: 0, [gibibyte]: 0 },
    machineId: "simulated",
    systemUuid: "simulated",
    bootId: "simulated",
    kernelVersion: "6.12.0-simulated",
    osImage: "coxswain simulated node",
    architecture: "amd64",
    pidsMax: 4_194_304,
    cgroupVersion: 2,
    appArmor: false,
    ...given,
  };
  return {
    files: noFiles,
    mounts: noMounts,
    machine: {
      facts: () => Promise.resolve(all),
      usage: () =>
        Promise.resolve({
          memoryAvailableBytes: all.memoryBytes * 0.9,
          memoryWorkingSetBytes: all.memoryBytes * 0.1,
          cpuNanoseconds: 0,
          pids: 100,
        }),
      addresses: () => [address],
    },
    simulated: true,
  };
}
