/** The most bytes that the values of a Secret or ConfigMap may have together. */
export const dataBytesMax = 1024 * 1024;

/** How many bytes base64 text stands for. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return Math.max(0, (text.length / 4) * 3 - padding);
}
