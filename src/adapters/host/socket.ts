/**
 * TCP connections of one run, to peers that are declared and granted as `tcp://host:port`.
 * @module
 */
import { connect, type Socket } from 'node:net'
import type { HostValue } from '../../core/host-call.ts'
import { resourceOf } from '../../core/permissions/permission.ts'
import { parseUrl, type UrlParts } from '../../core/permissions/url.ts'
import { DikastError } from '../../protocol/errors.ts'
import type { Gate } from './gate.ts'
import { PipeReader } from './native.ts'
import { bytesField, numberField, textField } from './payload.ts'
import { RefusedError } from './refusal.ts'
import { addressOf, type Resolve } from './resolve.ts'

/** Of one run, at a time: those the guest has closed count until their peer has closed them, too. */
export const SOCKETS_MAX = 16
/** A closed socket's time to bring out what was written; its peer need not ever close it. */
const LINGER_MS_MAX = 5_000
const CONNECT_MS_MAX = 10_000
const READ_MS_MAX = 30_000
const READ_BYTES_MAX = 65_536
/** Read ahead of the guest, and written ahead of the peer. */
const PIPE_BYTES_MAX = 256 * 1024

interface Open {
  readonly socket: Socket
  readonly reader: PipeReader
  failure: Error | undefined
}

export class SocketSession {
  readonly #gate: Gate
  readonly #resolve: Resolve
  readonly #open = new Map<number, Open>()
  readonly #lingering = new Set<Socket>()
  #last = 0
  #closed = false

  constructor(gate: Gate, resolve: Resolve) {
    this.#gate = gate
    this.#resolve = resolve
  }

  async call(operation: string, payload: HostValue): Promise<HostValue> {
    if (operation === 'connect') return this.#connect(textField(payload, 'address'))
    const number = numberField(payload, 'stream')
    const open = this.#open.get(number)
    if (open === undefined) throw new RefusedError('handle', `socket ${number} is not open`)
    switch (operation) {
      case 'read': {
        const part = await open.reader.read(
          Math.min(numberField(payload, 'bytesMax'), READ_BYTES_MAX),
          READ_MS_MAX,
        )
        if (part === undefined)
          throw new RefusedError('failed', `the peer said nothing for ${READ_MS_MAX} ms`)
        if (part.length === 0 && open.failure !== undefined)
          throw new RefusedError('reset', open.failure.message)
        return part
      }
      case 'write': {
        const bytes = bytesField(payload, 'bytes')
        if (open.socket.destroyed || open.socket.writableLength + bytes.length > PIPE_BYTES_MAX)
          throw new RefusedError('reset', 'the peer takes no more')
        open.socket.write(bytes)
        return bytes.length
      }
      case 'close':
        this.#open.delete(number)
        this.#linger(open.socket)
        return null
      default:
        throw new RefusedError('method', `${operation} is no operation of sockets`)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { socket } of this.#open.values()) socket.destroy()
    this.#open.clear()
  }

  /** What was written still goes out; the end of the run does not wait for it. */
  #linger(socket: Socket): void {
    if (socket.closed) return
    this.#lingering.add(socket)
    const timer = setTimeout(() => socket.destroy(), LINGER_MS_MAX).unref()
    socket.once('close', () => {
      clearTimeout(timer)
      this.#lingering.delete(socket)
    })
    socket.end()
  }

  async #connect(text: string): Promise<HostValue> {
    const url = socketUrl(text)
    const leave = this.#gate.check(resourceOf(url))
    if (this.#open.size + this.#lingering.size >= SOCKETS_MAX)
      throw new RefusedError('too-many', `${SOCKETS_MAX} sockets are open`)
    const address = await addressOf(url.host, leave, this.#resolve)
    const socket = await connected(address, url.port)
    if (this.#closed) {
      socket.destroy()
      throw new RefusedError('failed', 'the run is over')
    }
    const open: Open = { socket, reader: new PipeReader(socket, PIPE_BYTES_MAX), failure: undefined }
    socket.on('error', (error) => {
      open.failure = error
    })
    this.#open.set(++this.#last, open)
    return this.#last
  }
}

function socketUrl(address: string): UrlParts {
  try {
    const url = parseUrl(`tcp://${address}`)
    if (url.port === 0 || url.target !== '/')
      throw new RefusedError('invalid', 'the address is not host:port')
    return url
  } catch (cause) {
    if (cause instanceof RefusedError || !(cause instanceof DikastError)) throw cause
    throw new RefusedError('invalid', cause.message, { cause })
  }
}

function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const fail = (error: RefusedError) => {
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(
      () => fail(new RefusedError('failed', `no connection within ${CONNECT_MS_MAX} ms`)),
      CONNECT_MS_MAX,
    )
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      fail(new RefusedError(cause.code === 'ECONNREFUSED' ? 'refused' : 'failed', cause.message, { cause }))
    })
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}
