import type { CliContext } from "./verb.ts";
import { duration } from "./format.ts";

/** Progress for people: one line per step, with what came of it and how long it took. */
export interface Progress {
  /** Runs `work` as the step `name`; what it returns is shown behind the name. */
  step(name: string, work: (say: (what: string) => void) => Promise<string>): Promise<void>;
}

const nameWidth = 12;
const resultWidth = 46;

/** On a terminal the line of the running step is rewritten; elsewhere only finished lines appear. */
export function progressTo(context: CliContext): Progress {
  const { clock, out, terminal } = context;
  const line = (name: string, text: string, time: string) =>
    `  ${name.padEnd(nameWidth)} ${text.padEnd(resultWidth)} ${time}`.trimEnd();
  const rewrite = (text: string) => out(`\r\u001b[K${text.slice(0, 100)}`);
  return {
    async step(name, work) {
      const begun = clock.monotonic();
      const say = (what: string) => {
        if (terminal) rewrite(line(name, `${what} …`, ""));
      };
      say("");
      try {
        const result = await work(say);
        const done = line(name, result, duration(clock.monotonic() - begun));
        if (terminal) rewrite("");
        out(`${done}\n`);
      } catch (error) {
        if (terminal) rewrite("");
        out(`${line(name, "failed", duration(clock.monotonic() - begun))}\n`);
        throw error;
      }
    },
  };
}
