/**
 * The operator's drivers directory: which executables are extensions, and under which alias. Each is asked once with
 * `--ext_verify`, and again when its file has changed.
 *
 * Only regular files that lie directly in the directory and that their owner may execute count; links do not, and what
 * everybody may write to does not either. A file that states an `md5` must have it.
 * @module
 */
import { createHash } from 'node:crypto'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Log } from '../../ports/log.ts'
import { NativeProcess, PipeReader } from './native.ts'
import { idsOfPrograms, OBSTACLE_FIX, obstacle } from './unprivileged.ts'

const FILES_MAX = 64
const FILE_BYTES_MAX = 256 * 1024 * 1024
const VERIFY_MS_MAX = 5_000
const VERIFY_BYTES_MAX = 4_096
const OWNER_EXECUTES = 0o100
const ANYBODY_WRITES = 0o002

const verification = z.object({
  alias: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  description: z.string().max(1_024).default(''),
  is_cgi: z.literal(true),
  md5: z
    .string()
    .regex(/^[0-9a-f]{32}$/i)
    .optional(),
})

export interface Extension {
  readonly file: string
  readonly fileName: string
  readonly alias: string
  readonly md5: string
  readonly description: string
}

interface Known {
  readonly version: string
  readonly extension: Extension | undefined
}

export class CgiDirectory {
  readonly #directory: string
  readonly #env: Readonly<Record<string, string>>
  readonly #log: Log
  readonly #known = new Map<string, Known>()

  constructor(directory: string, env: Readonly<Record<string, string>>, log: Log) {
    this.#directory = directory
    this.#env = env
    this.#log = log
  }

  /** By file name. Of two with one alias the first counts. */
  async list(): Promise<readonly Extension[]> {
    const names = (await readdir(this.#directory)).sort().slice(0, FILES_MAX)
    const found: Extension[] = []
    for (const name of names) {
      const extension = await this.#extension(name)
      if (extension === undefined) continue
      if (found.some(({ alias }) => alias === extension.alias)) this.#refuse(name, 'its alias is taken')
      else found.push(extension)
    }
    return found
  }

  async #extension(fileName: string): Promise<Extension | undefined> {
    const file = join(this.#directory, fileName)
    const stat = await lstat(file)
    if (!stat.isFile() || (stat.mode & OWNER_EXECUTES) === 0) return undefined
    if ((stat.mode & ANYBODY_WRITES) !== 0) return this.#refuse(fileName, 'anybody may write to it')
    if (stat.size > FILE_BYTES_MAX) return this.#refuse(fileName, 'it is too large')
    const closed = obstacle(file, idsOfPrograms())
    if (closed !== undefined) return this.#refuse(fileName, closed, OBSTACLE_FIX)
    const version = `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.mode}`
    const known = this.#known.get(fileName)
    if (known?.version === version) return known.extension
    const extension = await this.#verify(file, fileName)
    this.#known.set(fileName, { version, extension })
    return extension
  }

  async #verify(file: string, fileName: string): Promise<Extension | undefined> {
    const parsed = verification.safeParse(await this.#ask(file))
    if (!parsed.success) return this.#refuse(fileName, 'it does not answer --ext_verify')
    const { alias, description, md5 } = parsed.data
    const actual = createHash('md5')
      .update(await readFile(file))
      .digest('hex')
    if (md5 !== undefined && md5.toLowerCase() !== actual)
      return this.#refuse(fileName, 'it has another md5 than it says')
    return { file, fileName, alias, description, md5: actual }
  }

  async #ask(file: string): Promise<unknown> {
    const process = new NativeProcess({ file, args: ['--ext_verify'], cwd: this.#directory, env: this.#env })
    const output = new PipeReader(process.child.stdout, VERIFY_BYTES_MAX)
    process.child.stderr.resume()
    process.child.stdin.end()
    const until = performance.now() + VERIFY_MS_MAX
    let text = ''
    try {
      while (text.length <= VERIFY_BYTES_MAX) {
        const part = await output.read(VERIFY_BYTES_MAX, until - performance.now())
        if (part === undefined || part.length === 0) return JSON.parse(text)
        text += new TextDecoder().decode(part)
      }
      return undefined
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      return undefined
    } finally {
      await process.kill()
    }
  }

  #refuse(fileName: string, reason: string, fix?: string): undefined {
    this.#log.warn('extension refused', { fileName, reason, ...(fix === undefined ? {} : { fix }) })
    return undefined
  }
}
