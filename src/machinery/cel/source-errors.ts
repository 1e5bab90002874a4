/** A mistake at a place in an expression. */
export interface SourceIssue {
  readonly at: number;
  readonly message: string;
}

/** An expression that is no CEL, or whose types do not fit. The message shows where. */
export class CelCompileError extends Error {
  override name = "CelCompileError";
  readonly issues: readonly SourceIssue[];

  constructor(source: string, issues: readonly SourceIssue[]) {
    super(issues.map((issue) => show(source, issue)).join("\n"));
    this.issues = issues;
  }
}

/** `ERROR: <input>:1:5: message`, the line, and a mark below the place. */
function show(source: string, { at, message }: SourceIssue): string {
  const before = source.slice(0, at);
  const line = before.split("\n").length;
  const column = at - (before.lastIndexOf("\n") + 1);
  const text = source.split("\n")[line - 1] ?? "";
  const mark = `${".".repeat(column)}^`;
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${mark}`;
}
