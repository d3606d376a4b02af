import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import { StreamState } from '@libp2p/yamux/stream'

/** yamux's smallest, and ours: a stream never has more unread on its way. */
const WINDOW_BYTES = 256 * 1024
/** Replies to pings and stream openings that a peer may leave unread before it is cut. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024

/** What of yamux's streams is relied on here; looked for when a muxer is made. */
interface YamuxStream {
  readonly state: unknown
  /** Bytes a peer may have on their way, and how many of them it may still send. */
  readonly recvWindow: number
  readonly recvWindowCapacity: number
  sendWindowUpdate(): void
}

interface YamuxInside {
  readonly decoder?: { readonly buffer?: { readonly byteLength?: unknown } }
  _newStream?: (...args: readonly unknown[]) => YamuxStream
}

/**
 * yamux with the two bounds it lacks: a peer may announce a data frame of any length and have it buffered, and may
 * send control frames while never reading the replies. Both are measured after each message of the connection.
 * And with fewer of its own: it widens a stream's window after every frame, which for small frames doubles what is sent,
 * encrypted and read; here half a window is used first, as its specification's reference implementation does.
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
        const inside = muxer as unknown as YamuxInside
        // The muxer's own listener, added first, has decoded every whole frame: what is left is one partial frame.
        const buffer = inside.decoder?.buffer
        const newStream = inside._newStream?.bind(muxer)
        if (typeof buffer?.byteLength !== 'number' || newStream === undefined)
          throw new Error('yamux no longer keeps its partial frame and makes its streams here')
        inside._newStream = (...args) => updatingByHalves(newStream(...args))
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

function updatingByHalves(stream: YamuxStream): YamuxStream {
  const update = stream.sendWindowUpdate.bind(stream)
  if (typeof stream.recvWindow !== 'number' || typeof stream.recvWindowCapacity !== 'number')
    throw new Error('yamux no longer keeps its windows here')
  // What opens a stream, and what takes it up again after a pause, goes through.
  stream.sendWindowUpdate = () => {
    if (stream.state !== StreamState.Established || stream.recvWindowCapacity * 2 <= stream.recvWindow)
      update()
  }
  return stream
}
