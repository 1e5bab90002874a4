import { columns } from "./format.ts";
import { commonOptions, type Verb, type VerbOption } from "./verb.ts";

/** The overview that `cox help` prints. Pure. */
export function overview(verbs: readonly Verb[]): string {
  const list = verbs.map((verb) => [`cox ${verb.name}`, verb.summary]);
  return [
    "coxswain: Kubernetes on one machine\n\n",
    columns([...list, ["cox help [COMMAND]", "Show how a command is used"]], "  "),
    "\nFirst steps: `./cox up`, then kubectl with KUBECONFIG=$(./cox kubeconfig --path)\n",
  ].join("");
}

/** What `cox help VERB` prints. Pure. */
export function verbHelp(verb: Verb): string {
  const usage = ["cox", verb.name, ...(verb.usage ? [verb.usage] : []), "[options]"].join(" ");
  const options = [...verb.options, ...commonOptions].map((option) => [flag(option), option.what]);
  const examples = verb.examples.flatMap(({ command, what }) => [
    `  ${command}\n`,
    `      ${what}\n`,
  ]);
  return [
    `${verb.summary}.\n\n  ${usage}\n\nOptions:\n`,
    columns(options, "  "),
    "\nExamples:\n",
    ...examples,
  ].join("");
}

function flag({ name, short, value }: VerbOption): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return short === undefined ? long : `-${short}, ${long}`;
}
