/** A peer that breaks the SPDY protocol, or a stream or connection that it ended. */
export class SpdyError extends Error {
  override name = "SpdyError";
}
