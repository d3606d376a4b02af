/**
 * Descriptors for what lies outside: a driver's stream, or a TCP connection. Their numbers lie above those of the guest's
 * own files, and the WASI calls a stream has a meaning for come here first; all others see no descriptor of that number.
 * @module
 */
import type { HostValue } from '../../../core/host-call.ts'
import type { Outside } from './outside.ts'
import { FILE_TYPE_SOCKET_STREAM, RIGHT_FD_READ, RIGHT_FD_WRITE, STREAM_ERRNO } from './streams-abi.ts'

/** The guest's own descriptors are at most 1,024. */
const FIRST_DESCRIPTOR = 4_096
const KIND = 'stream'
/** Moved by one call; a guest that wants more calls again. */
const TRANSFER_BYTES_MAX = 65_536

interface Stream {
  readonly capability: 'driver' | 'socket'
  readonly stream: number
}

export class Streams {
  readonly #outside: Outside

  constructor(outside: Outside) {
    this.#outside = outside
  }

  open(capability: Stream['capability'], operation: string, request: HostValue): number {
    const { handles } = this.#outside
    handles.checkRoom()
    const stream = this.#outside.askNumber(capability, operation, request)
    return FIRST_DESCRIPTOR + handles.open<Stream>(KIND, { capability, stream })
  }

  has(fd: number): boolean {
    return fd > FIRST_DESCRIPTOR && this.#outside.handles.has(fd - FIRST_DESCRIPTOR, KIND)
  }

  /** The calls of WASI a stream takes, for descriptors it `has`. */
  readonly calls = {
    fd_read: (fd: number, vectors: number, count: number, result: number) => {
      const { capability, stream } = this.#stream(fd)
      const { memory } = this.#outside
      memory.check(result, 4)
      let done = false
      const total = memory.vectors(vectors, count, (buffer) => {
        if (done) return 0
        done = true
        const bytesMax = Math.min(buffer.length, TRANSFER_BYTES_MAX)
        const bytes = this.#outside.askBytes(capability, 'read', { stream, bytesMax }).subarray(0, bytesMax)
        buffer.set(bytes)
        return bytes.length
      })
      memory.setU32(result, total)
    },
    fd_write: (fd: number, vectors: number, count: number, result: number) => {
      const { capability, stream } = this.#stream(fd)
      const { memory } = this.#outside
      memory.check(result, 4)
      const gathered = new Uint8Array(TRANSFER_BYTES_MAX)
      let size = 0
      memory.vectors(vectors, count, (buffer) => {
        const part = buffer.subarray(0, TRANSFER_BYTES_MAX - size)
        gathered.set(part, size)
        size += part.length
        return part.length
      })
      if (size > 0) this.#outside.ask(capability, 'write', { stream, bytes: gathered.slice(0, size) })
      memory.setU32(result, size)
    },
    fd_close: (fd: number) => {
      const { capability, stream } = this.#stream(fd)
      this.#outside.handles.close(fd - FIRST_DESCRIPTOR, KIND)
      this.#outside.ask(capability, 'close', { stream })
    },
    fd_fdstat_get: (fd: number, result: number) => {
      this.#stream(fd)
      const { memory } = this.#outside
      memory.check(result, 24)
      memory.setU64(result, 0n)
      memory.setU8(result, FILE_TYPE_SOCKET_STREAM)
      memory.setU64(result + 8, RIGHT_FD_READ | RIGHT_FD_WRITE)
      memory.setU64(result + 16, 0n)
    },
  } as const

  readonly codes = STREAM_ERRNO

  #stream(fd: number): Stream {
    return this.#outside.handles.get<Stream>(fd - FIRST_DESCRIPTOR, KIND)
  }
}
