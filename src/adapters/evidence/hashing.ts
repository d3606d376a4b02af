/**
 * Transcripts written, checked and digested on a thread of their own: keccak of the largest takes seconds, and whoever runs
 * a function, or asks for evidence, would have the whole node wait that long.
 *
 * One thread, started by the first task and ended after a time without one. Tasks are done one after another.
 * @module
 */
import { Worker } from 'node:worker_threads'
import type { Transcript } from '../../core/transcript.ts'
import type { Hash } from '../../protocol/types.ts'
import type { HashingReply, HashingTask } from './hashing-worker.ts'

const FILE = new URL(
  import.meta.url.endsWith('.ts') ? './hashing-worker.ts' : './hashing-worker.js',
  import.meta.url,
)
const IDLE_MS = 10_000

interface Waiting {
  readonly resolve: (reply: HashingReply) => void
  readonly reject: (error: Error) => void
}

export class TranscriptHashing {
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  /** In the order of their tasks, which is that of the answers. */
  #waiting: Waiting[] = []

  /** The transcript's file, and its digest. */
  async fileOf(transcript: Transcript): Promise<{ readonly digest: Hash; readonly bytes: Uint8Array }> {
    const reply = await this.#ask({ type: 'encode', transcript })
    if (reply.type !== 'encoded') throw new Error(`transcript hashing answered ${reply.type}`)
    return reply
  }

  /** Whether a file is the evidence with this digest. */
  async isFileOf(bytes: Uint8Array, digest: Hash): Promise<boolean> {
    const reply = await this.#ask({ type: 'check', bytes, digest })
    if (reply.type !== 'checked') throw new Error(`transcript hashing answered ${reply.type}`)
    return reply.isRight
  }

  #ask(task: HashingTask): Promise<HashingReply> {
    clearTimeout(this.#idle)
    const worker = this.#worker ?? this.#start()
    worker.ref()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      worker.postMessage(task)
    })
  }

  #start(): Worker {
    const worker = new Worker(FILE, { env: {}, execArgv: [] })
    worker.on('message', (reply: HashingReply) => {
      const done = this.#waiting.shift()
      if (this.#waiting.length === 0) this.#rest(worker)
      if (reply.type === 'failed') done?.reject(new Error(`transcript hashing: ${reply.reason}`))
      else done?.resolve(reply)
    })
    worker.on('error', (error) => this.#lost(worker, error))
    worker.on('exit', (code) => this.#lost(worker, new Error(`transcript hashing ended with ${code}`)))
    this.#worker = worker
    return worker
  }

  #rest(worker: Worker): void {
    worker.unref()
    this.#idle = setTimeout(() => {
      if (this.#worker === worker) this.#worker = undefined
      void worker.terminate()
    }, IDLE_MS).unref()
  }

  #lost(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
