import { bool, type Infer, int64, list, object, string, struct } from "#machinery/schema/schema.ts";

export const appArmorProfile = object(
  "core.v1.AppArmorProfile",
  {
    type: string({
      tag: 1,
      always: true,
      required: true,
      enum: ["Localhost", "RuntimeDefault", "Unconfined"],
    }),
    localhostProfile: string({ tag: 2, pointer: true }),
  },
  { unions: [{ discriminator: "type", fields: { localhostProfile: "LocalhostProfile" } }] },
);
export interface AppArmorProfile extends Infer<typeof appArmorProfile> {}

export const capabilities = object("core.v1.Capabilities", {
  add: list(string(), { tag: 1, listType: "atomic" }),
  drop: list(string(), { tag: 2, listType: "atomic" }),
});
export interface Capabilities extends Infer<typeof capabilities> {}

export const seLinuxOptions = object("core.v1.SELinuxOptions", {
  user: string({ tag: 1 }),
  role: string({ tag: 2 }),
  type: string({ tag: 3 }),
  level: string({ tag: 4 }),
});
export interface SELinuxOptions extends Infer<typeof seLinuxOptions> {}

export const seccompProfile = object(
  "core.v1.SeccompProfile",
  {
    type: string({
      tag: 1,
      always: true,
      required: true,
      enum: ["Localhost", "RuntimeDefault", "Unconfined"],
    }),
    localhostProfile: string({ tag: 2, pointer: true }),
  },
  { unions: [{ discriminator: "type", fields: { localhostProfile: "LocalhostProfile" } }] },
);
export interface SeccompProfile extends Infer<typeof seccompProfile> {}

export const sysctl = object("core.v1.Sysctl", {
  name: string({ tag: 1, always: true, required: true }),
  value: string({ tag: 2, always: true, required: true }),
});
export interface Sysctl extends Infer<typeof sysctl> {}

export const windowsSecurityContextOptions = object("core.v1.WindowsSecurityContextOptions", {
  gmsaCredentialSpecName: string({ tag: 1, pointer: true }),
  gmsaCredentialSpec: string({ tag: 2, pointer: true }),
  runAsUserName: string({ tag: 3, pointer: true }),
  hostProcess: bool({ tag: 4, pointer: true }),
});
export interface WindowsSecurityContextOptions extends Infer<
  typeof windowsSecurityContextOptions
> {}

export const podSecurityContext = object("core.v1.PodSecurityContext", {
  seLinuxOptions: struct<SELinuxOptions>(seLinuxOptions, { tag: 1, pointer: true }),
  runAsUser: int64({ tag: 2, pointer: true }),
  runAsNonRoot: bool({ tag: 3, pointer: true }),
  supplementalGroups: list(int64(), { tag: 4, listType: "atomic" }),
  fsGroup: int64({ tag: 5, pointer: true }),
  runAsGroup: int64({ tag: 6, pointer: true }),
  sysctls: list(struct<Sysctl>(sysctl), { tag: 7, listType: "atomic" }),
  windowsOptions: struct<WindowsSecurityContextOptions>(windowsSecurityContextOptions, {
    tag: 8,
    pointer: true,
  }),
  fsGroupChangePolicy: string({ tag: 9, pointer: true, enum: ["Always", "OnRootMismatch"] }),
  seccompProfile: struct<SeccompProfile>(seccompProfile, { tag: 10, pointer: true }),
  appArmorProfile: struct<AppArmorProfile>(appArmorProfile, { tag: 11, pointer: true }),
  supplementalGroupsPolicy: string({ tag: 12, pointer: true, enum: ["Merge", "Strict"] }),
  seLinuxChangePolicy: string({ tag: 13, pointer: true }),
});
export interface PodSecurityContext extends Infer<typeof podSecurityContext> {}

export const securityContext = object("core.v1.SecurityContext", {
  capabilities: struct<Capabilities>(capabilities, { tag: 1, pointer: true }),
  privileged: bool({ tag: 2, pointer: true }),
  seLinuxOptions: struct<SELinuxOptions>(seLinuxOptions, { tag: 3, pointer: true }),
  runAsUser: int64({ tag: 4, pointer: true }),
  runAsNonRoot: bool({ tag: 5, pointer: true }),
  readOnlyRootFilesystem: bool({ tag: 6, pointer: true }),
  allowPrivilegeEscalation: bool({ tag: 7, pointer: true }),
  runAsGroup: int64({ tag: 8, pointer: true }),
  procMount: string({ tag: 9, pointer: true, enum: ["Default", "Unmasked"] }),
  windowsOptions: struct<WindowsSecurityContextOptions>(windowsSecurityContextOptions, {
    tag: 10,
    pointer: true,
  }),
  seccompProfile: struct<SeccompProfile>(seccompProfile, { tag: 11, pointer: true }),
  appArmorProfile: struct<AppArmorProfile>(appArmorProfile, { tag: 12, pointer: true }),
});
export interface SecurityContext extends Infer<typeof securityContext> {}
