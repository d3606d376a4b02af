/**
 * Files the package ships beside its programs.
 * @module
 */
import { existsSync } from 'node:fs'

/** The package's root is not as far from the sources as from a bundle. */
export function packageFile(path: string): URL {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    if (existsSync(new URL('package.json', folder))) return new URL(path, folder)
    if (folder.pathname === new URL('..', folder).pathname)
      throw new Error('no package.json above the program')
  }
}
