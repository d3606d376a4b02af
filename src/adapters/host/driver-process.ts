/**
 * The process behind one URL scheme: started by the first call, shared by all runs, ended when it breaks the protocol or
 * keeps a call waiting, and started again by a later call.
 * @module
 */
import type { Log } from '../../ports/log.ts'
import { DriverFrames, encodeFrame, FRAME, HELLO } from './driver-frames.ts'
import { NativeProcess } from './native.ts'
import { RefusedError } from './refusal.ts'
import { idsOfPrograms, OBSTACLE_FIX, obstacle } from './unprivileged.ts'

/** Calls under way in one driver. */
const PENDING_MAX = 256
const LAST_WORDS_MAX = 500

export interface DriverOptions {
  readonly scheme: string
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly log: Log
  /** A call not answered after this ends the process. */
  readonly answerMs: number
  /** The least time between two starts: one that dies at once is not started in a loop. */
  readonly restartMs: number
}

interface Pending {
  readonly resolve: (body: Uint8Array) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

interface Live {
  readonly process: NativeProcess
  readonly pending: Map<number, Pending>
  /** Streams are of one process: numbers of an earlier one mean nothing to it. */
  readonly generation: number
  greeting: Promise<void> | undefined
}

export class DriverProcess {
  readonly #options: DriverOptions
  #live: Live | undefined
  #generation = 0
  #lastId = 0
  #notBefore = 0

  constructor(options: DriverOptions) {
    this.#options = options
  }

  /** The number of the process a stream is opened in; starts one when there is none. */
  async ready(): Promise<number> {
    const live = this.#live ?? this.#start()
    live.greeting ??= this.#greet(live)
    await live.greeting
    return live.generation
  }

  async #greet(live: Live): Promise<void> {
    const body = await this.#send(live, FRAME.hello, 0, new TextEncoder().encode(HELLO))
    if (new TextDecoder().decode(body) === HELLO) return
    await this.#end(live, 'it speaks another protocol')
    throw new RefusedError('failed', `the driver of ${this.#options.scheme} speaks another protocol`)
  }

  /** Throws `RefusedError`: `reset` when the process is no longer the one of `generation`. */
  call(generation: number, kind: number, ...parts: readonly (Uint8Array | number)[]): Promise<Uint8Array> {
    const live = this.#live
    if (live === undefined || live.generation !== generation)
      throw new RefusedError('reset', `the driver of ${this.#options.scheme} was started again`)
    return this.#send(live, kind, ++this.#lastId, ...parts)
  }

  async close(): Promise<void> {
    const live = this.#live
    if (live !== undefined) await this.#end(live, 'the node is ending')
  }

  #start(): Live {
    const { scheme, command, env, log, restartMs } = this.#options
    const now = performance.now()
    if (now < this.#notBefore) throw new RefusedError('failed', `the driver of ${scheme} has just died`)
    this.#notBefore = now + restartMs
    const [file = '', ...args] = command
    const closed = obstacle(file, idsOfPrograms())
    if (closed !== undefined) {
      log.warn('driver refused', { scheme, file, reason: closed, fix: OBSTACLE_FIX })
      throw new RefusedError('failed', `the driver of ${scheme} cannot be started: ${closed}`)
    }
    const process = new NativeProcess({ file, args, cwd: '/', env })
    const live: Live = { process, pending: new Map(), generation: ++this.#generation, greeting: undefined }
    const frames = new DriverFrames()
    process.child.stdout.on('data', (bytes: Buffer) => this.#receive(live, frames, bytes))
    let lastWords = ''
    process.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-LAST_WORDS_MAX)
    })
    process.onEnd(() => void this.#end(live, `it ended; last words: ${lastWords}`))
    this.#live = live
    log.debug('driver started', { scheme, pid: process.child.pid })
    return live
  }

  #send(
    live: Live,
    kind: number,
    id: number,
    ...parts: readonly (Uint8Array | number)[]
  ): Promise<Uint8Array> {
    const { scheme, answerMs } = this.#options
    if (live.pending.size >= PENDING_MAX)
      throw new RefusedError('too-many', `the driver of ${scheme} is busy`)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => void this.#end(live, `no answer within ${answerMs} ms`), answerMs)
      live.pending.set(id, { resolve, reject, timer })
      live.process.child.stdin.write(encodeFrame(kind, id, ...parts))
    })
  }

  #receive(live: Live, frames: DriverFrames, bytes: Uint8Array): void {
    const received = frames.push(bytes)
    if (received === undefined) return void this.#end(live, 'what it writes is no frame')
    for (const { kind, id, body } of received) {
      const pending = live.pending.get(id)
      const isAnswer = kind === FRAME.ok || kind === FRAME.error || (kind === FRAME.hello && id === 0)
      if (pending === undefined || !isAnswer) return void this.#end(live, 'it answers what was not asked')
      live.pending.delete(id)
      clearTimeout(pending.timer)
      if (kind === FRAME.error) {
        const text = new TextDecoder().decode(body.subarray(0, LAST_WORDS_MAX))
        pending.reject(new RefusedError('failed', `the driver of ${this.#options.scheme} says: ${text}`))
      } else pending.resolve(body)
    }
  }

  async #end(live: Live, reason: string): Promise<void> {
    if (this.#live === live) {
      this.#live = undefined
      this.#options.log.warn('driver ended', { scheme: this.#options.scheme, reason })
    }
    for (const { reject, timer } of live.pending.values()) {
      clearTimeout(timer)
      reject(new RefusedError('reset', `the driver of ${this.#options.scheme}: ${reason}`))
    }
    live.pending.clear()
    await live.process.kill()
  }
}
