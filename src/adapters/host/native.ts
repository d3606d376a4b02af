/**
 * A native process of the operator's: its own process group, nobody's rights where the node is root, an environment the operator wrote and nobody adds to, pipes with
 * bounds. It is ended with its whole group.
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { idsOfPrograms } from './unprivileged.ts'

export interface NativeCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  /** All of it. */
  readonly env: Readonly<Record<string, string>>
}

export class NativeProcess {
  readonly child: ChildProcessWithoutNullStreams
  readonly #ended: Promise<void>
  #over = false

  constructor({ file, args, cwd, env }: NativeCommand) {
    this.child = spawn(file, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: 'pipe',
      shell: false,
      ...idsOfPrograms(),
    })
    // Whoever writes to a dead process learns it from the end of its output.
    this.child.stdin.on('error', () => {})
    this.#ended = new Promise((resolve) => {
      const over = () => {
        // At once, and only now: later the number may be another group's.
        this.#killGroup()
        this.#over = true
        resolve()
      }
      this.child.once('exit', over)
      this.child.once('error', over)
    })
  }

  get over(): boolean {
    return this.#over
  }

  onEnd(action: () => void): void {
    void this.#ended.then(action)
  }

  /** Ends the process and all it has started that stayed in its group; resolves when the process is gone. */
  async kill(): Promise<void> {
    if (!this.#over) this.#killGroup()
    await this.#ended
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr]) stream.destroy()
  }

  #killGroup(): void {
    const { pid } = this.child
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // No member is left.
    }
  }
}

/** Bytes of a pipe as they are asked for. It is not read further than `bytesMax` ahead, so whoever floods it waits. */
export class PipeReader {
  readonly #stream: Readable
  readonly #bytesMax: number
  #parts: Buffer[] = []
  #size = 0
  #ended = false
  #wake: (() => void) | undefined

  constructor(stream: Readable, bytesMax: number) {
    this.#stream = stream
    this.#bytesMax = bytesMax
    stream.on('data', (part: Buffer) => {
      this.#parts.push(part)
      this.#size += part.length
      if (this.#size >= this.#bytesMax) stream.pause()
      this.#wake?.()
    })
    const end = () => {
      this.#ended = true
      this.#wake?.()
    }
    for (const event of ['end', 'close', 'error']) stream.on(event, end)
  }

  /** At least one byte and at most `bytesMax`; none at the end. Undefined when nothing comes within `waitMs`. */
  async read(bytesMax: number, waitMs: number): Promise<Uint8Array | undefined> {
    if (this.#size === 0 && !this.#ended && !(await this.#something(waitMs))) return undefined
    const all = Buffer.concat(this.#parts)
    const part = Uint8Array.from(all.subarray(0, bytesMax))
    const rest = all.subarray(part.length)
    this.#parts = rest.length > 0 ? [rest] : []
    this.#size = rest.length
    if (this.#size < this.#bytesMax) this.#stream.resume()
    return part
  }

  async #something(waitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMs)
    })
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    await Promise.race([late, woken])
    clearTimeout(timer)
    this.#wake = undefined
    return this.#size > 0 || this.#ended
  }
}
