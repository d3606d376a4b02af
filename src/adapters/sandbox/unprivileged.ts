/**
 * Whom the executor runs as. A daemon started by root gives it to nobody: what a guest could do beyond its sandbox, it would do
 * as a user who owns nothing.
 * @module
 */
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Log } from '../../ports/log.ts'

/** `nobody` and `nogroup`, as the Linux kernel has them. */
export const NOBODY = 65_534
const READ_BY_OTHERS = 0o004
const ENTER_BY_OTHERS = 0o001

export interface Ids {
  readonly uid: number
  readonly gid: number
}

/** Nothing where this process is no root, or where nobody could not read the program. */
export function unprivilegedIds(program: URL, log: Log): Ids | Record<string, never> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return {}
  const path = closedTo(fileURLToPath(program)) ?? closedTo(process.execPath)
  if (path === undefined) return { uid: NOBODY, gid: NOBODY }
  const fix = 'start the node as a user of its own, or install it where others may read'
  log.warn('the executor runs as root: others may not read its program', { path, fix })
  return {}
}

/** The first part of a path that others cannot enter or read. */
function closedTo(file: string): string | undefined {
  const allows = (path: string, bit: number) => (statSync(path).mode & bit) !== 0
  if (!allows(file, READ_BY_OTHERS)) return file
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (!allows(folder, ENTER_BY_OTHERS)) return folder
    if (folder === dirname(folder)) return undefined
  }
}
