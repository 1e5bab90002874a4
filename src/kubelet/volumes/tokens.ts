/** Service account tokens of pods: asked for once, and again when 80 % of their life is over. */
import type { Clock } from "#base/clock.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Client } from "#client/client.ts";
import { timeToMs } from "#machinery/time.ts";

export interface TokenRequest {
  readonly audience?: string | undefined;
  readonly expirationSeconds?: number | undefined;
}

export interface TokenSource {
  /** A token bound to the pod, fit to be used for a while. Throws what the API server answers. */
  token(pod: Pod, request: TokenRequest, signal: AbortSignal): Promise<string>;
  /** When the earliest of the pod's tokens should be renewed; undefined without tokens. */
  renewAtMs(uid: string): number | undefined;
  forget(uid: string): void;
}

const defaultExpirationSeconds = 3_600;
const renewAfterShare = 0.8;
/** A token is renewed after a day at the latest. */
const ageMaxMs = 24 * 3_600_000;

interface Issued {
  token: string;
  renewAtMs: number;
}

export function tokenSource(client: Client, clock: Pick<Clock, "now">): TokenSource {
  const issued = new Map<string, Map<string, Issued>>();
  return {
    async token(pod, { audience, expirationSeconds = defaultExpirationSeconds }, signal) {
      const { uid = "", name, namespace = "" } = pod.metadata;
      const account = pod.spec.serviceAccountName || "default";
      const key = [account, audience ?? "", expirationSeconds].join(" ");
      const known = issued.get(uid)?.get(key);
      if (known && known.renewAtMs > clock.now()) return known.token;
      const askedAtMs = clock.now();
      try {
        const { token, expirationTimestamp } = await client.createToken(
          { namespace, name: account },
          {
            ...(audience ? { audiences: [audience] } : {}),
            expirationSeconds,
            boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
          },
          { signal },
        );
        const lifeMs = (timeToMs(expirationTimestamp) ?? askedAtMs) - askedAtMs;
        const renewAtMs = askedAtMs + Math.min(lifeMs * renewAfterShare, ageMaxMs);
        const ofPod = issued.get(uid) ?? new Map<string, Issued>();
        ofPod.set(key, { token, renewAtMs });
        issued.set(uid, ofPod);
        return token;
      } catch (error) {
        // An old token that has not expired is better than none.
        if (known) return known.token;
        throw new Error(`failed to fetch token: ${messageOf(error)}`, { cause: error });
      }
    },
    renewAtMs(uid) {
      const times = Array.from(issued.get(uid)?.values() ?? [], ({ renewAtMs }) => renewAtMs);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    forget: (uid) => void issued.delete(uid),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
