/** Where errors that belong to no field are reported, as upstream prints a missing path. */
export const noField = "<nil>";

/** A place in a message, as the field of an error. */
export function fieldAt(path: string): string {
  const field = path.startsWith(".") ? path.slice(1) : path;
  return field === "" ? noField : field;
}

/** The place of a field of an object. */
export function childOf(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
