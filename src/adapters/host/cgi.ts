/**
 * CGI extensions of one run. What a guest names as environment never becomes the process's own: it is written to its
 * standard input first, in the framing of calls: `<length>\r\n{"envs":[{"name","value"},…]}\r\n`.
 * @module
 */
import type { HostValue } from '../../core/host-call.ts'
import type { CgiDirectory } from './cgi-directory.ts'
import type { Gate } from './gate.ts'
import { NativeProcess, PipeReader } from './native.ts'
import { bytesField, numberField, pairsField, textField, textsField } from './payload.ts'
import { RefusedError } from './refusal.ts'

/** Of one run, at a time. */
export const PROCESSES_MAX = 4
/** A guest that reads waits this long; its wall clock runs meanwhile. */
const READ_MS_MAX = 30_000
const WRITE_MS_MAX = 10_000
/** Read ahead of the guest. */
const PIPE_BYTES_MAX = 256 * 1024
const READ_BYTES_MAX = 65_536
const ARGUMENT_LENGTH_MAX = 4_096
const encoder = new TextEncoder()

interface Running {
  readonly process: NativeProcess
  readonly stdout: PipeReader
  readonly stderr: PipeReader
}

export class CgiSession {
  readonly #directory: CgiDirectory
  readonly #cwd: string
  readonly #env: Readonly<Record<string, string>>
  readonly #gate: Gate
  readonly #running = new Map<number, Running>()
  #last = 0
  #closed = false

  constructor(
    directory: CgiDirectory,
    {
      cwd,
      env,
      gate,
    }: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly gate: Gate },
  ) {
    this.#directory = directory
    this.#cwd = cwd
    this.#env = env
    this.#gate = gate
  }

  async call(operation: string, payload: HostValue): Promise<HostValue> {
    if (operation === 'list') return this.#list()
    if (operation === 'open') return this.#open(payload)
    const number = numberField(payload, 'process')
    const running = this.#running.get(number)
    if (running === undefined) throw new RefusedError('handle', `process ${number} is not open`)
    switch (operation) {
      case 'read': {
        const stream = textField(payload, 'stream') === 'stderr' ? running.stderr : running.stdout
        const part = await stream.read(
          Math.min(numberField(payload, 'bytesMax'), READ_BYTES_MAX),
          READ_MS_MAX,
        )
        if (part === undefined)
          throw new RefusedError('failed', `the extension said nothing for ${READ_MS_MAX} ms`)
        return part
      }
      case 'write': {
        const bytes = bytesField(payload, 'bytes')
        await write(running.process, bytes)
        return bytes.length
      }
      case 'close':
        this.#running.delete(number)
        await running.process.kill()
        return null
      default:
        throw new RefusedError('method', `${operation} is no operation of extensions`)
    }
  }

  /** Ends all that runs. */
  async close(): Promise<void> {
    this.#closed = true
    const all = [...this.#running.values()]
    this.#running.clear()
    await Promise.all(all.map(({ process }) => process.kill()))
  }

  /** Only what this run may use. */
  async #list(): Promise<HostValue> {
    const extensions = (await this.#directory.list()).filter(({ alias }) =>
      this.#gate.allows({ capability: 'cgi', name: alias }),
    )
    if (extensions.length === 0) throw new RefusedError('permission', 'no extension is declared and granted')
    const list = extensions.map(({ fileName, alias, md5, description }) => ({
      fileName,
      alias,
      md5,
      description,
    }))
    return encoder.encode(JSON.stringify(list))
  }

  async #open(payload: HostValue): Promise<HostValue> {
    const alias = textField(payload, 'command')
    const args = textsField(payload, 'args')
    const envs = pairsField(payload, 'envs')
    this.#gate.check({ capability: 'cgi', name: alias })
    if (args.some((arg) => arg.includes('\0') || arg.length > ARGUMENT_LENGTH_MAX))
      throw new RefusedError('invalid', 'an argument is too long or holds a zero byte')
    const extension = (await this.#directory.list()).find((candidate) => candidate.alias === alias)
    if (extension === undefined) throw new RefusedError('absent', `no extension has the alias ${alias}`)
    if (this.#closed) throw new RefusedError('failed', 'the run is over')
    if (this.#running.size >= PROCESSES_MAX)
      throw new RefusedError('too-many', `${PROCESSES_MAX} extensions are running`)
    const process = new NativeProcess({ file: extension.file, args, cwd: this.#cwd, env: this.#env })
    const [stdout, stderr] = [process.child.stdout, process.child.stderr].map(
      (stream) => new PipeReader(stream, PIPE_BYTES_MAX),
    ) as [PipeReader, PipeReader]
    const number = ++this.#last
    this.#running.set(number, { process, stdout, stderr })
    if (envs.length > 0) await write(process, environmentMessage(envs))
    return number
  }
}

function environmentMessage(envs: readonly (readonly [string, string])[]): Uint8Array {
  const text = JSON.stringify({ envs: envs.map(([name, value]) => ({ name, value })) })
  return encoder.encode(`${encoder.encode(text).length}\r\n${text}\r\n`)
}

/** Resolves when the pipe has taken it. */
async function write({ child, over }: NativeProcess, bytes: Uint8Array): Promise<void> {
  if (over || child.stdin.destroyed) throw new RefusedError('reset', 'the extension has ended')
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new RefusedError('failed', `the extension took no input for ${WRITE_MS_MAX} ms`)),
        WRITE_MS_MAX,
      )
      child.stdin.write(bytes, (error) =>
        error ? reject(new RefusedError('reset', 'the extension has ended', { cause: error })) : resolve(),
      )
    })
  } finally {
    clearTimeout(timer)
  }
}
