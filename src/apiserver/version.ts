/** The Kubernetes version whose behaviour is served, as `/version` tells it. */
export const kubernetesVersion = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.1",
  gitCommit: "0000000000000000000000000000000000000000",
  gitTreeState: "clean",
  buildDate: "2026-05-12T00:00:00Z",
} as const;

/** The answer of `/version`. */
export function versionInfo(): object {
  return {
    ...kubernetesVersion,
    emulationMajor: "1",
    emulationMinor: "36",
    minCompatibilityMajor: "1",
    minCompatibilityMinor: "35",
    goVersion: `node ${process.version}`,
    compiler: "v8",
    platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
  };
}
