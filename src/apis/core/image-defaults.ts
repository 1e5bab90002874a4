/**
 * When an image is pulled unless the pod says it: `Always` for the moving tag `latest`, which is
 * also what an image without tag and digest means.
 */
export function pullPolicyFor(image: string | undefined): "Always" | "IfNotPresent" {
  if (image === undefined || image === "") return "IfNotPresent";
  const [name = "", digest] = image.split("@");
  const last = name.slice(name.lastIndexOf("/") + 1);
  const tag = last.includes(":") ? last.slice(last.indexOf(":") + 1) : undefined;
  if (tag === undefined) return digest === undefined ? "Always" : "IfNotPresent";
  return tag === "latest" ? "Always" : "IfNotPresent";
}
