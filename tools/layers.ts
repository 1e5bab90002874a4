/**
 * The architecture diagram as an import rule: a folder of `src/` may import itself and what is
 * listed here, nothing else. `tidy.test.ts` enforces it.
 */
export const mayImport = {
  base: [],
  machinery: ["base"],
  apis: ["machinery", "base"],
  store: ["machinery", "base"],
  client: ["apis", "machinery", "base"],
  apiserver: ["store", "apis", "machinery", "base"],
  controllers: ["client", "apis", "machinery", "base"],
  scheduler: ["client", "apis", "machinery", "base"],
  kubelet: ["client", "apis", "machinery", "base"],
  proxy: ["client", "apis", "machinery", "base"],
  dns: ["client", "apis", "machinery", "base"],
  node: ["machinery", "base"],
  sim: ["kubelet", "client", "apis", "machinery", "base"],
  // Assembles components; nothing but commands, tests and the library's users imports it.
  cluster: [
    "sim", "node", "dns", "proxy", "kubelet", "scheduler", "controllers", "apiserver", "client",
    "store", "apis", "machinery", "base",
  ], // prettier-ignore
  cli: ["node", "client", "apis", "machinery", "base"],
} as const satisfies Record<string, readonly string[]>;
