import type { MutatingWebhook } from "#apis/admissionregistration/mutating-webhook-configuration.ts";
import type { ValidatingWebhook } from "#apis/admissionregistration/validating-webhook-configuration.ts";
import { CelCompileError } from "#machinery/cel/source-errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Resource } from "#machinery/resource.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import { compileConditions, type Condition } from "../cel-context.ts";
import { type Criteria, query } from "../matching.ts";

/** A webhook of a configuration, ready to be asked. */
export interface Webhook {
  /** Tells it apart from all others. */
  readonly key: string;
  readonly configuration: string;
  readonly source: DeepReadonly<ValidatingWebhook & Partial<MutatingWebhook>>;
  readonly criteria: Criteria;
  readonly conditions: readonly Condition[];
  /** Why the match conditions cannot be evaluated. */
  readonly broken: string | undefined;
}

type Configuration = DeepReadonly<KubeObject> & {
  readonly webhooks?: readonly Webhook["source"][] | undefined;
};

/** All webhooks of a sort, by the names of their configurations; made anew after changes. */
export function webhookSource<T extends KubeObject>(
  reader: ObjectReader,
  configurations: Resource<T>,
): () => readonly Webhook[] {
  let current: readonly Webhook[] | undefined;
  reader.onChange(configurations, () => {
    current = undefined;
  });
  return () => {
    current ??= reader.list(configurations, "").flatMap((configuration) => {
      const { metadata, webhooks } = configuration as Configuration;
      return (webhooks ?? []).map((source, index) => compile(metadata.name, index, source));
    });
    return current;
  };
}

function compile(configuration: string, index: number, source: Webhook["source"]): Webhook {
  const criteria: Criteria = {
    rules: source.rules ?? [],
    excluded: [],
    equivalent: source.matchPolicy !== "Exact",
    namespaceSelector: query(source.namespaceSelector),
    objectSelector: query(source.objectSelector),
    matchesWithoutRules: false,
  };
  const key = `${configuration}/${source.name}/${index}`;
  try {
    const conditions = compileConditions(source.matchConditions);
    return { key, configuration, source, criteria, conditions, broken: undefined };
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    return { key, configuration, source, criteria, conditions: [], broken: error.message };
  }
}
