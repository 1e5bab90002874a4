/** The bounds of what decoding accepts; the size of a body is bounded before it comes here. */
export const limits = {
  /** Objects and lists within each other. Upstream's decoder stops at 10,000. */
  jsonDepthMax: 1_000,
  /** Unknown or duplicate fields that are reported for one body, as upstream does. */
  strictErrorsMax: 100,
} as const;
