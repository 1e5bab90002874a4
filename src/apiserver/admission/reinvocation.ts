import { equalJson } from "#machinery/patch/json-value.ts";
import type { AdmissionAttributes } from "./admission.ts";

/**
 * Mutating plug-ins that others have followed may be asked once more, because what they saw has
 * changed since. The state of this is kept for as long as the write is under way.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#reinvocation-policy
 */
class Reinvocation {
  /** The mutating phase runs for the second time. */
  isSecond = false;
  isWanted = false;
  readonly plugins = new Map<string, PluginReinvocation>();
}

const states = new WeakMap<AdmissionAttributes, Reinvocation>();

function stateOf(a: AdmissionAttributes): Reinvocation {
  let state = states.get(a);
  if (!state) {
    state = new Reinvocation();
    states.set(a, state);
  }
  return state;
}

/** Whether the mutating phase has to run once more; if so it counts as second from now on. */
export function startReinvocation(a: AdmissionAttributes): boolean {
  const state = states.get(a);
  if (!state?.isWanted || state.isSecond) return false;
  state.isSecond = true;
  return true;
}

/** The hooks (webhooks or policies) of one plug-in, during one write. */
export class PluginReinvocation {
  readonly #state: Reinvocation;
  #lastOutput: unknown;
  #invoked = new Set<string>();
  #again = new Set<string>();

  constructor(state: Reinvocation) {
    this.#state = state;
  }

  /** When others have changed the object since, those that were asked have to be asked again. */
  begin(object: object | undefined): void {
    if (this.#state.isSecond && !equalJson(this.#lastOutput, object)) this.#askAgain();
  }

  end(object: object | undefined): void {
    if (!this.#state.isSecond && this.#invoked.size > 0) this.#lastOutput = structuredClone(object);
  }

  /** In the second run only those are asked that want to be and have to be. */
  mayInvoke(hook: string): boolean {
    return !this.#state.isSecond || this.#again.has(hook);
  }

  /** A hook was asked. */
  invoked(hook: string, changed: boolean, isReinvocable: boolean): void {
    if (changed) {
      this.#askAgain();
      this.#state.isWanted = true;
    }
    if (isReinvocable) this.#invoked.add(hook);
  }

  #askAgain(): void {
    for (const hook of this.#invoked) this.#again.add(hook);
    this.#invoked = new Set();
  }
}

export function pluginReinvocation(a: AdmissionAttributes, plugin: string): PluginReinvocation {
  const state = stateOf(a);
  const known = state.plugins.get(plugin);
  if (known) return known;
  const made = new PluginReinvocation(state);
  state.plugins.set(plugin, made);
  return made;
}
