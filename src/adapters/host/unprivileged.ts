/**
 * Whom the operator's programs run as. A daemon started by root gives them to nobody: what strangers' input makes of them, they
 * do as a user who owns nothing. A program that nobody could not run is not run at all, rather than as root.
 * @module
 */
import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** `nobody` and `nogroup`, as the Linux kernel has them. */
export const NOBODY = 65_534
/** Reading is for programs that an interpreter reads. */
const RUN_BY_OTHERS = 0o005
const ENTER_BY_OTHERS = 0o001

export interface Ids {
  readonly uid: number
  readonly gid: number
}

/** Under which ids a program is started: none of its own where this process is no root. */
export function idsOfPrograms(): Ids | undefined {
  return process.platform === 'linux' && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined
}

/** The first part of an absolute path that keeps others from running the file; undefined when they can. */
function closedToOthers(file: string): string | undefined {
  const lacks = (path: string, bits: number) => (statSync(path).mode & bits) !== bits
  if (lacks(file, RUN_BY_OTHERS)) return file
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (lacks(folder, ENTER_BY_OTHERS)) return folder
    if (folder === dirname(folder)) return undefined
  }
}

/** What keeps a program from running under these ids, for the log. A file that is not there is for the start to find out. */
export function obstacle(file: string, ids: Ids | undefined): string | undefined {
  if (ids === undefined) return undefined
  let path: string | undefined
  try {
    path = closedToOthers(file) ?? closedToOthers(realpathSync(file))
  } catch {
    return undefined
  }
  if (path === undefined) return undefined
  return `the node is root, so it would run as nobody, who may not read and execute, or enter, ${path}`
}

export const OBSTACLE_FIX =
  'let others read and execute it and enter its folders, or start the node as a user of its own'
