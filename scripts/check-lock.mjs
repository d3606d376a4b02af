/**
 * Fails when package-lock.json lacks an entry for some dependency, which `npm ci` would refuse: a registry that cannot
 * serve every optional platform package makes npm write such a lock.
 */
import { readFileSync } from 'node:fs'

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))

/** Whether `name` resolves from the package at `path`, walking up the tree as Node does. */
function resolves(path, name) {
  for (let at = path; ; ) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true
    if (at === '') return false
    const parent = at.lastIndexOf('node_modules/')
    at = parent <= 0 ? '' : at.slice(0, parent - 1)
  }
}

const missing = Object.entries(packages).flatMap(([path, entry]) =>
  Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
    .filter((name) => !resolves(path, name))
    .map((name) => `${path === '' ? 'dikast' : path} needs ${name}`),
)
const unpinned = Object.entries(packages)
  .filter(
    ([path, entry]) =>
      path.startsWith('node_modules/') && entry.link !== true && entry.integrity === undefined,
  )
  .map(([path]) => `${path} has no integrity`)
for (const problem of [...missing, ...unpinned]) process.stderr.write(`${problem}\n`)
process.stdout.write(missing.length + unpinned.length === 0 ? 'lock file complete\n' : '')
process.exitCode = missing.length + unpinned.length === 0 ? 0 : 1
