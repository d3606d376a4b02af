import { EXIT } from '../../../core/wasm/exit.ts'
import type { GuestDirectory, GuestFile } from '../../../ports/sandbox.ts'
import { FILE_TYPE, RunEnd } from './abi.ts'
import type { Directory, FileSystem } from './files.ts'
import { KEPT_BYTES_MAX } from './limits.ts'

/**
 * The directories as the guest left them, in the order of its entries; links are left out. A file with two names is there
 * twice, so their bytes are bounded here as well: beyond it the run ends (`storageLimit`).
 */
export function keptDirectories({ mounts }: FileSystem): readonly GuestDirectory[] {
  let left = KEPT_BYTES_MAX
  const spend = (bytes: number) => {
    left -= bytes
    if (left < 0) throw new RunEnd(EXIT.storageLimit)
  }
  return [...mounts].map(([guestPath, top]) => ({ guestPath, files: filesOf(top, spend) }))
}

function filesOf(top: Directory, spend: (bytes: number) => void): readonly GuestFile[] {
  const files: GuestFile[] = []
  // Not by recursion: how deep a guest nests directories is its own choice.
  const waiting: { readonly prefix: string; readonly directory: Directory }[] = [
    { prefix: '', directory: top },
  ]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { prefix, directory } = next
    if (directory.entries.size === 0 && prefix !== '') {
      spend(prefix.length)
      files.push({ path: prefix, bytes: new Uint8Array() })
    }
    for (const [name, inode] of directory.entries) {
      const path = prefix + name
      if (inode.type === FILE_TYPE.directory) waiting.push({ prefix: `${path}/`, directory: inode })
      if (inode.type !== FILE_TYPE.regularFile) continue
      spend(path.length + inode.size)
      files.push({ path, bytes: inode.data.slice(0, inode.size) })
    }
  }
  return files
}
