import type { CertificateSigningRequest } from "#apis/certificates/certificate-signing-request.ts";
import type { PersistentVolumeClaim } from "#apis/core/persistent-volume-claim.ts";
import type { PersistentVolume } from "#apis/core/persistent-volume.ts";
import { type KindRules, kindStrategy } from "#apis/meta/basic-strategy.ts";
import { strategyFor } from "#apis/strategies.ts";
import { rfc3339 } from "#base/clock.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { nameIsPathSegment } from "#machinery/names.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Strategy, StrategyContext } from "#machinery/strategy.ts";
import { userInfoOf } from "./reviews/user-info.ts";

/** What is known of the kinds that have no strategy of their own, by plural. */
type Plain = Partial<Omit<KindRules<KubeObject>, "resource">> & {
  /** Upstream checks metadata of an update only by the rules for all kinds. */
  readonly looseUpdates?: boolean;
};

/** PUT must say which revision it is based on. */
const needsRevision: Plain = { allowUnconditionalUpdate: false };

function createPersistentVolume(volume: PersistentVolume, { clock }: StrategyContext): void {
  const lastPhaseTransitionTime = rfc3339(clock.now());
  volume.status = { phase: "Pending", lastPhaseTransitionTime };
}

/** The time follows the phase. */
function updatePersistentVolumeStatus(
  volume: PersistentVolume,
  old: PersistentVolume,
  { clock }: StrategyContext,
): void {
  volume.status ??= {};
  const was = old.status?.lastPhaseTransitionTime;
  if (volume.status.phase === old.status?.phase) {
    if (was !== undefined) volume.status.lastPhaseTransitionTime ??= was;
  } else if (volume.status.lastPhaseTransitionTime === was) {
    volume.status.lastPhaseTransitionTime = rfc3339(clock.now());
  }
}

function createClaim(claim: PersistentVolumeClaim): void {
  claim.status = { phase: "Pending" };
  const { spec } = claim;
  // The two sources of data say the same where the old one can.
  if (spec?.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
  else if (spec?.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const { apiGroup, kind, name } = spec.dataSourceRef;
    spec.dataSource = { ...(apiGroup === undefined ? {} : { apiGroup }), kind, name };
  }
}

/** Who asks is what authentication says, whatever the object does. */
function createSigningRequest(request: CertificateSigningRequest, { user }: StrategyContext): void {
  const { username, uid, groups, extra } = userInfoOf(user);
  const { username: _u, uid: _i, groups: _g, extra: _e, ...spec } = request.spec;
  request.spec = {
    ...spec,
    username,
    ...(uid === undefined ? {} : { uid }),
    ...(groups === undefined ? {} : { groups }),
    ...(extra === undefined ? {} : { extra }),
  };
}

/** A status update of a CertificateSigningRequest leaves its approval to `approval`, and back. */
function keepSpec(request: CertificateSigningRequest, old: CertificateSigningRequest): void {
  request.spec = structuredClone(old.spec);
}

type Loose = Plain & Record<string, unknown>;

const kinds: Readonly<Record<string, unknown>> = {
  apiservices: needsRevision,
  certificatesigningrequests: {
    prepareForCreate: createSigningRequest,
    prepareForUpdate: keepSpec,
    subresources: {
      approval: {
        prepareForUpdate(next: CertificateSigningRequest, old: CertificateSigningRequest) {
          keepSpec(next, old);
          const certificate = old.status?.certificate;
          next.status = { ...next.status, ...(certificate === undefined ? {} : { certificate }) };
        },
      },
    },
  },
  csidrivers: needsRevision,
  csinodes: { ...needsRevision, looseUpdates: true },
  csistoragecapacities: needsRevision,
  customresourcedefinitions: needsRevision,
  deviceclasses: { anyGenerateName: true },
  flowschemas: { validateName: nameIsPathSegment, looseUpdates: true },
  limitranges: { allowCreateOnUpdate: true, looseUpdates: true },
  mutatingadmissionpolicies: { ...needsRevision, metadata: "plain", looseUpdates: true },
  mutatingadmissionpolicybindings: { ...needsRevision, metadata: "plain", looseUpdates: true },
  mutatingwebhookconfigurations: { ...needsRevision, metadata: "plain" },
  persistentvolumeclaims: { prepareForCreate: createClaim },
  persistentvolumes: {
    prepareForCreate: createPersistentVolume,
    status: { prepareForUpdate: updatePersistentVolumeStatus },
    looseUpdates: true,
  },
  poddisruptionbudgets: { ...needsRevision, metadata: "none", looseUpdates: true },
  prioritylevelconfigurations: {
    validateName: nameIsPathSegment,
    status: { keepsMetadata: "all" },
    looseUpdates: true,
  },
  resourceclaims: { status: { keepsMetadata: "all" } },
  runtimeclasses: { ...needsRevision, metadata: "plain" },
  validatingadmissionpolicies: {
    ...needsRevision,
    metadata: "plain",
    status: { keepsMetadata: "all" },
    looseUpdates: true,
  },
  validatingadmissionpolicybindings: { ...needsRevision, metadata: "plain", looseUpdates: true },
  validatingwebhookconfigurations: { ...needsRevision, metadata: "plain" },
  volumeattachments: { looseUpdates: true },
};

/** The strategy of a resource; what is the same for nearly all kinds where none was written. */
export function strategyOf(resource: Resource): Strategy {
  const own = strategyFor(resource);
  if (own.validate) return own;
  const { looseUpdates, ...rules } = (kinds[resource.plural] ?? {}) as Loose;
  const strategy = kindStrategy({ ...own, ...rules, resource } as unknown as KindRules<KubeObject>);
  if (looseUpdates) delete strategy.validateUpdate;
  return strategy;
}
