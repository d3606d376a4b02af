#!/usr/bin/env node
/**
 * The `dikast` command. Runs the sources in a git checkout and the compiled code in an installed package, always under a
 * Node that can: one older than 22.13 hands over to the pinned build that npm installed beside the package.
 * Plain JavaScript that Node 20 understands: it is the first thing an old Node reads.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [major, minor] = process.versions.node.split('.').map(Number)
const source = join(root, 'src', 'apps', 'cli', 'main.ts')
const compiled = join(root, 'dist', 'apps', 'cli', 'main.js')
const fromSource = existsSync(source)
// Sources need type stripping without a flag (22.18); compiled code needs node:sqlite (22.13).
const capable = major > 22 || (major === 22 && minor >= (fromSource ? 18 : 13))

function pinnedNode() {
  const os = process.platform === 'win32' ? 'win' : process.platform
  const executable = os === 'win' ? 'bin/node.exe' : 'bin/node'
  const require = createRequire(import.meta.url)
  for (const name of [`node-${os}-${process.arch}`, `node-bin-${os}-${process.arch}`]) {
    try {
      return join(dirname(require.resolve(`${name}/package.json`)), executable)
    } catch {
      // Not installed for this platform: try the next name.
    }
  }
  return undefined
}

if (capable) {
  const { main } = await import(pathToFileURL(fromSource ? source : compiled).href)
  process.exitCode = await main(process.argv.slice(2))
} else {
  const node = pinnedNode()
  if (node === undefined) {
    process.stderr.write(
      `error: dikast needs Node 22.18 or newer, this is ${process.versions.node}\n  fix: install a newer Node, or reinstall without --omit=optional\n`,
    )
    process.exitCode = 2
  } else {
    const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === null ? 1 : 130)
    })
  }
}
