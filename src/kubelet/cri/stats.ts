/** Usage as the CRI reports it. A missing value is unknown, not zero. */
import type { ContainerMetadata, PodSandboxMetadata } from "./types.ts";

export interface UInt64Value {
  value: number;
}

export interface PsiData {
  Total: number;
  Avg10: number;
  Avg60: number;
  Avg300: number;
}

export interface PsiStats {
  Full?: PsiData;
  Some?: PsiData;
}

export interface CpuUsage {
  timestamp: number;
  usageCoreNanoSeconds?: UInt64Value;
  usageNanoCores?: UInt64Value;
  psi?: PsiStats;
}

export interface MemoryUsage {
  timestamp: number;
  workingSetBytes?: UInt64Value;
  availableBytes?: UInt64Value;
  usageBytes?: UInt64Value;
  rssBytes?: UInt64Value;
  pageFaults?: UInt64Value;
  majorPageFaults?: UInt64Value;
  psi?: PsiStats;
}

export interface FilesystemUsage {
  timestamp: number;
  fsId?: { mountpoint: string };
  usedBytes?: UInt64Value;
  inodesUsed?: UInt64Value;
}

export interface SwapUsage {
  timestamp: number;
  swapAvailableBytes?: UInt64Value;
  swapUsageBytes?: UInt64Value;
}

export interface ContainerStats {
  attributes: {
    id: string;
    metadata: ContainerMetadata;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
  cpu?: CpuUsage;
  memory?: MemoryUsage;
  writableLayer?: FilesystemUsage;
  swap?: SwapUsage;
  io?: { timestamp: number; psi?: PsiStats };
}

export interface NetworkInterfaceUsage {
  name: string;
  rxBytes?: UInt64Value;
  rxErrors?: UInt64Value;
  txBytes?: UInt64Value;
  txErrors?: UInt64Value;
}

export interface PodSandboxStats {
  attributes: {
    id: string;
    metadata: PodSandboxMetadata;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
  linux?: {
    cpu?: CpuUsage;
    memory?: MemoryUsage;
    network?: {
      timestamp: number;
      defaultInterface?: NetworkInterfaceUsage;
      interfaces: NetworkInterfaceUsage[];
    };
    process?: { timestamp: number; processCount?: UInt64Value };
    containers: ContainerStats[];
  };
}

export interface ContainerStatsFilter {
  id?: string;
  podSandboxId?: string;
  labelSelector?: Record<string, string>;
}

export interface PodSandboxStatsFilter {
  id?: string;
  labelSelector?: Record<string, string>;
}

export interface ImageFsInfo {
  imageFilesystems: FilesystemUsage[];
  containerFilesystems: FilesystemUsage[];
}
