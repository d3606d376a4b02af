import type { MemFS } from '@wasmer/wasi'
import { EXIT } from '../../../core/wasm/exit.ts'
import type { GuestDirectory, GuestFile } from '../../../ports/sandbox.ts'
import { RunEnd } from '../wasi/abi.ts'
import { KEPT_BYTES_MAX } from '../wasi/limits.ts'
import type { Quota } from './quota.ts'
import { WasmerPanic } from './raw.ts'

/** Where a directory of the job's stands in the library's one file system, by its number. */
export const pathOf = (directory: number): string => `/${String(directory).padStart(2, '0')}`

/** Puts what the job gives into the library's file system. */
export function giveDirectories(fs: MemFS, directories: readonly GuestDirectory[], quota: Quota): void {
  const made = new Set<string>()
  const make = (path: string) => {
    for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
      const directory = end < 0 ? path : path.slice(0, end)
      if (!made.has(directory)) {
        made.add(directory)
        quota.addEntry()
        fs.createDir(directory)
      }
      if (end < 0) return
    }
  }
  for (const [i, { files }] of directories.entries()) {
    make(pathOf(i))
    for (const { path, bytes } of files) {
      const whole = `${pathOf(i)}/${path}`
      make(whole.slice(0, whole.lastIndexOf('/')))
      if (path.endsWith('/')) continue
      quota.addEntry()
      quota.grow(bytes.length)
      const file = fs.open(whole, { write: true, create: true })
      if (bytes.length > 0 && file.write(bytes) !== bytes.length)
        throw new WasmerPanic(`${whole} was cut short`)
      file.flush()
      file.free()
    }
  }
}

interface Entry {
  readonly path: string
  readonly metadata: { readonly filetype: { readonly dir: boolean; readonly file: boolean } }
}

/** The directories as the guest left them: as the deterministic WASI gives them, in the library's order. */
export function keptDirectories(
  fs: MemFS,
  directories: readonly GuestDirectory[],
): readonly GuestDirectory[] {
  let left = KEPT_BYTES_MAX
  const spend = (bytes: number) => {
    left -= bytes
    if (left < 0) throw new RunEnd(EXIT.storageLimit)
  }
  return directories.map(({ guestPath }, i) => ({ guestPath, files: filesOf(fs, pathOf(i), spend) }))
}

function filesOf(fs: MemFS, top: string, spend: (bytes: number) => void): readonly GuestFile[] {
  const files: GuestFile[] = []
  const relative = (path: string) => path.slice(top.length + 1)
  const waiting = [top]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const entries = fs.readDir(next) as readonly Entry[]
    if (entries.length === 0 && next !== top) {
      spend(next.length)
      files.push({ path: `${relative(next)}/`, bytes: new Uint8Array() })
    }
    for (const { path, metadata } of entries) {
      if (metadata.filetype.dir) waiting.push(path)
      if (!metadata.filetype.file) continue
      const file = fs.open(path, { read: true })
      spend(path.length + Number(file.size()))
      files.push({ path: relative(path), bytes: file.read() })
      file.free()
    }
  }
  return files
}
