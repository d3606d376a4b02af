/**
 * Making a folder for keys or data.
 * @module
 */
import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** For its user only: what is in it is secret, or nobody else's business. */
const MODE = 0o700

/**
 * Makes a folder and the missing ones above it, one level at a time: Node's own recursion never ends where a file
 * system refuses a folder by saying that there is none, as /proc does.
 */
export function makeFolder(path: string): void {
  const folder = resolve(path)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  try {
    mkdirSync(folder, { mode: MODE })
  } catch (error) {
    // Another process may have made it in between.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
  }
}
