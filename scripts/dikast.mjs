#!/usr/bin/env node
/**
 * The `dikast` command. Runs the sources in a git checkout and the bundle in an installed package, always under a
 * Node that can: one too old hands over to the pinned build that npm installed beside the package.
 * Plain JavaScript that Node 20 understands: it is the first thing an old Node reads.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [major, minor] = process.versions.node.split('.').map(Number)
const source = join(root, 'src', 'apps', 'cli', 'main.ts')
const compiled = join(root, 'dist', 'programs', 'dikast.js')
const fromSource = existsSync(source)
// Sources need type stripping without a flag (22.18); compiled code needs node:sqlite (22.13).
const minorMin = fromSource ? 18 : 13
const capable = major > 22 || (major === 22 && minor >= minorMin)

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

/** Says what failed in one line; the whole trace with DIKAST_DEBUG. */
function fail(message, fix, exitCode, error) {
  const debug = process.env.DIKAST_DEBUG ? `${error?.stack ?? ''}\n` : ''
  if (process.argv.includes('--json')) {
    const code = exitCode === 2 ? 'INVALID_INPUT' : 'UNEXPECTED'
    process.stdout.write(`${JSON.stringify({ error: { code, message, fix } }, undefined, 2)}\n`)
    process.stderr.write(debug)
  } else process.stderr.write(`error: ${message}\n  fix: ${fix}\n${debug}`)
  process.exitCode = exitCode
}

// A reader that left early (`| head`) has what it wanted.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

if (capable) {
  process.on('uncaughtException', (error) => {
    const message = String(error?.message ?? error)
    fail(
      message,
      'this is a fault of dikast: run it again with DIKAST_DEBUG=1 and report what it prints',
      4,
      error,
    )
    process.exit()
  })
  const { main } = await import(pathToFileURL(fromSource ? source : compiled).href)
  process.exitCode = await main(process.argv.slice(2))
} else {
  const node = pinnedNode()
  if (node === undefined) {
    const message = `dikast needs Node 22.${minorMin} or newer, this is ${process.versions.node}`
    fail(message, 'install a newer Node, or reinstall without --omit=optional', 2)
  } else {
    const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    child.on('error', (error) =>
      fail(`${node} cannot be run: ${error.message}`, 'reinstall the package', 2, error),
    )
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
    })
  }
}
