import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'

/** yamux's smallest, and ours: a stream never has more unread on its way. */
const WINDOW_BYTES = 256 * 1024
/** Replies to pings and stream openings that a peer may leave unread before it is cut. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024

/**
 * yamux with the two bounds it lacks: a peer may announce a data frame of any length and have it buffered, and may
 * send control frames while never reading the replies. Both are measured after each message of the connection.
 */
export function boundedYamux(writeBufferBytesMax: number): () => StreamMuxerFactory {
  return () => {
    const inner = yamux({
      maxInboundStreams: 64,
      maxOutboundStreams: 64,
      streamOptions: {
        initialStreamWindowSize: WINDOW_BYTES,
        maxStreamWindowSize: 4 * WINDOW_BYTES,
        maxReadBufferLength: 4 * WINDOW_BYTES,
        maxWriteBufferLength: writeBufferBytesMax,
      },
    })()
    return {
      protocol: inner.protocol,
      createStreamMuxer(connection: MessageStream) {
        const muxer = inner.createStreamMuxer(connection)
        // The muxer's own listener, added first, has decoded every whole frame: what is left is one partial frame.
        const buffer = (muxer as unknown as { decoder?: { buffer?: { byteLength?: unknown } } }).decoder
          ?.buffer
        if (typeof buffer?.byteLength !== 'number')
          throw new Error('yamux no longer keeps its partial frame here')
        const partial = buffer as { readonly byteLength: number }
        connection.addEventListener('message', () => {
          if (partial.byteLength <= 5 * WINDOW_BYTES && connection.writeBufferLength <= UNREAD_BYTES_MAX)
            return
          muxer.abort(new Error('flooded'))
          connection.abort(new Error('flooded'))
        })
        return muxer
      },
    }
  }
}
