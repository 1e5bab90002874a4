/** The columns of every built-in resource's Table, by `group/version/plural`. */
export const columns: Readonly<Record<string, readonly (readonly [string, string, string, number])[]>> = {};
