import type { UserInfo } from "#machinery/strategy.ts";
import type { AuthorizationAttributes, Authorizer, Decision } from "../authorizer.ts";
import type { BindingIndex } from "./bindings.ts";
import { type GrantedRule } from "./bindings.ts";
import { type Rule, ruleAllows } from "./rules.ts";

/** Subjects whose rules are kept flattened, and decisions remembered for each. */
const subjectsMax = 2_048;
const decisionsMax = 512;

interface SubjectRules {
  /** Rules of the whole cluster under "", others under their namespace. */
  byNamespace: Map<string, GrantedRule[]>;
  decisions: Map<string, Decision>;
}

/** Role-based access control, over the roles and bindings in the watch caches. */
export class RbacAuthorizer implements Authorizer, Disposable {
  readonly name = "RBAC";
  readonly bindings: BindingIndex;
  #subjects = new Map<string, SubjectRules>();
  #generation = -1;

  constructor(bindings: BindingIndex) {
    this.bindings = bindings;
  }

  authorize(asked: AuthorizationAttributes): Decision {
    const subject = this.#rulesOf(asked.user);
    const key = decisionKey(asked);
    const known = subject.decisions.get(key);
    if (known) return known;
    const decision = decide(subject, asked);
    if (subject.decisions.size >= decisionsMax) subject.decisions.clear();
    subject.decisions.set(key, decision);
    return decision;
  }

  /** What `user` may do in `namespace` ("" for the cluster alone), for rules reviews. */
  rulesFor(user: UserInfo, namespace: string): Rule[] {
    const { byNamespace } = this.#rulesOf(user);
    const cluster = byNamespace.get("") ?? [];
    const local = namespace === "" ? [] : (byNamespace.get(namespace) ?? []);
    return [...cluster, ...local].map(({ rule }) => rule);
  }

  [Symbol.dispose](): void {
    this.bindings[Symbol.dispose]();
  }

  #rulesOf(user: UserInfo): SubjectRules {
    if (this.#generation !== this.bindings.generation || this.#subjects.size >= subjectsMax) {
      this.#subjects = new Map();
      this.#generation = this.bindings.generation;
    }
    const key = `${user.name}\n${user.groups.join("\n")}`;
    const known = this.#subjects.get(key);
    if (known) return known;
    const byNamespace = Map.groupBy(this.bindings.rulesOf(user), ({ namespace }) => namespace);
    const fresh: SubjectRules = { byNamespace, decisions: new Map() };
    this.#subjects.set(key, fresh);
    return fresh;
  }
}

function decisionKey(asked: AuthorizationAttributes): string {
  if (!asked.isResource) return `${asked.verb} ${asked.path}`;
  const { verb, group, resource, subresource, namespace, name } = asked;
  return `${verb}|${group}|${resource}|${subresource}|${namespace}|${name}`;
}

function decide({ byNamespace }: SubjectRules, asked: AuthorizationAttributes): Decision {
  const scopes = asked.isResource && asked.namespace !== "" ? ["", asked.namespace] : [""];
  for (const scope of scopes) {
    for (const { rule, source } of byNamespace.get(scope) ?? []) {
      if (!ruleAllows(rule, asked)) continue;
      return { decision: "allow", reason: `RBAC: allowed by ${source}` };
    }
  }
  return { decision: "noOpinion", reason: "" };
}
