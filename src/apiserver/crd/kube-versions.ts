/** Versions such as `v1`, `v2beta1`: how recent and how stable an API is. */

interface Version {
  readonly major: number;
  /** 3: stable, 2: beta, 1: alpha. */
  readonly stability: number;
  readonly minor: number;
}

function parse(text: string): Version | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(text);
  if (!match) return undefined;
  const [, major, kind, minor] = match;
  const stability = kind === undefined ? 3 : kind === "beta" ? 2 : 1;
  return { major: Number(major), stability, minor: Number(minor ?? 0) };
}

/** Orders versions, the preferred first: stable before beta before alpha, then the newest. */
export function compareVersions(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  if (!left || !right) {
    if (left || right) return left ? -1 : 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return right.stability - left.stability || right.major - left.major || right.minor - left.minor;
}
