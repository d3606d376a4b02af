import type { WasiDialect } from '../../../core/wasm/wasi.ts'
import { ERRNO, FILE_TYPE, fail, SET_TIME } from './abi.ts'
import type { Inode } from './files.ts'
import type { World } from './world.ts'

const encoder = new TextEncoder()
const DEVICE = 1n

export function sizeOf(inode: Inode): number {
  if (inode.type === FILE_TYPE.regularFile) return inode.size
  return inode.type === FILE_TYPE.symbolicLink ? encoder.encode(inode.target).length : 0
}

/** Writes a `filestat`. The older dialect has a 32-bit link count and is 8 bytes shorter. */
export function writeStat({ memory }: World, dialect: WasiDialect, at: number, inode: Inode): void {
  const old = dialect === 'wasi_unstable'
  memory.check(at, old ? 56 : 64)
  memory.setU64(at, DEVICE)
  memory.setU64(at + 8, inode.number)
  if (old) {
    memory.setU8(at + 16, inode.type)
    memory.setU32(at + 20, inode.links)
  } else {
    memory.setU64(at + 16, 0n)
    memory.setU8(at + 16, inode.type)
    memory.setU64(at + 24, BigInt(inode.links))
  }
  const rest = at + (old ? 24 : 32)
  memory.setU64(rest, BigInt(sizeOf(inode)))
  memory.setU64(rest + 8, inode.accessedNs)
  memory.setU64(rest + 16, inode.modifiedNs)
  memory.setU64(rest + 24, inode.changedNs)
}

export function setTimes(
  { clock }: World,
  inode: Inode,
  accessedNs: bigint,
  modifiedNs: bigint,
  flags: number,
): void {
  const both = (a: number, b: number) => (flags & a) !== 0 && (flags & b) !== 0
  if (both(SET_TIME.accessed, SET_TIME.accessedNow)) fail(ERRNO.inval)
  if (both(SET_TIME.modified, SET_TIME.modifiedNow) || flags > 15) fail(ERRNO.inval)
  const now = clock.realtime()
  if (flags & SET_TIME.accessed) inode.accessedNs = accessedNs
  if (flags & SET_TIME.accessedNow) inode.accessedNs = now
  if (flags & SET_TIME.modified) inode.modifiedNs = modifiedNs
  if (flags & SET_TIME.modifiedNow) inode.modifiedNs = now
  inode.changedNs = now
}
