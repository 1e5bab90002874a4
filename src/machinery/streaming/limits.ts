const KiB = 1024;
const MiB = 1024 * KiB;

/** Every bound of the streaming protocols, unit last. */
export const streamingLimits = {
  /** Bytes of one SPDY control frame; Kubernetes' own stay below 1 KiB. */
  spdyControlFrameBytesMax: 64 * KiB,
  /** Bytes of one header block after inflation. */
  spdyHeaderBytesMax: 64 * KiB,
  spdyHeadersMax: 100,
  /** Streams open at once; a port-forward needs two for each connection. */
  spdyStreamsMax: 2_000,
  /** Bytes of one DATA frame that we send; any size that SPDY can say is received. */
  spdyDataFrameBytesMax: 64 * KiB,
  /** Unread bytes of one stream above which its whole connection is not read further. */
  streamBufferBytesMax: 1 * MiB,
  /** Bytes of one WebSocket message, as upstream's server accepts. */
  websocketMessageBytesMax: 32 * MiB,
  /** Bytes of a status on an error stream, and of a refused upgrade's body. */
  statusBytesMax: 1 * MiB,
  /** Bytes of one terminal size message. */
  resizeBytesMax: 4 * KiB,
  /** Ports of one old-style WebSocket port-forward. */
  portsMax: 100,
  /** Time a client has to open the streams it asked for. */
  streamCreationMs: 30_000,
  /** Time without a byte after which a connection is closed. */
  idleMs: 4 * 60 * 60 * 1_000,
  /** Time a client has to read what is left after the command finished. */
  finishMs: 15 * 60 * 1_000,
  /** Time the target of an upgrade has to be connected to. */
  dialMs: 30_000,
  /** Time between pings on a connection that we opened. */
  pingEveryMs: 5_000,
} as const;
