import type { AdmissionAttributes, AdmissionPlugin, Operation } from "../admission/admission.ts";
import { startReinvocation } from "../admission/reinvocation.ts";

type Step = (attributes: AdmissionAttributes) => void | Promise<void>;

interface Steps {
  readonly admit: readonly Step[];
  readonly validate: readonly Step[];
}

/** The admission plug-ins in order; who is asked about what is worked out once. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #steps = new Map<string, Steps>();

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  /** The mutating phase: plug-ins may change the object, and ask for one more round. */
  async admit(attributes: AdmissionAttributes): Promise<void> {
    const steps = this.#stepsFor(attributes).admit;
    do {
      for (const step of steps) {
        const pending = step(attributes);
        if (pending) await pending;
      }
    } while (startReinvocation(attributes));
  }

  /** The validating phase: plug-ins may only refuse. */
  async validate(attributes: AdmissionAttributes): Promise<void> {
    for (const step of this.#stepsFor(attributes).validate) {
      const pending = step(attributes);
      if (pending) await pending;
    }
  }

  /** Whether anybody wants to see such a write. */
  concerns(attributes: AdmissionAttributes): boolean {
    const { admit, validate } = this.#stepsFor(attributes);
    return admit.length + validate.length > 0;
  }

  #stepsFor({ operation, resource, subresource }: AdmissionAttributes): Steps {
    const below = subresource === "" ? "" : `/${subresource}`;
    const name = `${resource.group}/${resource.plural}${below}`;
    const key = `${operation} ${name}`;
    let steps = this.#steps.get(key);
    if (steps) return steps;
    const interested = this.#plugins.filter((plugin) => matches(plugin, operation, name));
    steps = {
      admit: interested.flatMap((plugin) => plugin.admit?.bind(plugin) ?? []),
      validate: interested.flatMap((plugin) => plugin.validate?.bind(plugin) ?? []),
    };
    this.#steps.set(key, steps);
    return steps;
  }
}

function matches({ matches }: AdmissionPlugin, operation: Operation, name: string): boolean {
  if (!matches.operations.includes(operation)) return false;
  return matches.resources.includes("*") || matches.resources.includes(name);
}
