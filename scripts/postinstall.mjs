/**
 * Makes the pinned Node (the `node-<os>-<cpu>` package in optionalDependencies) the one npm scripts run under.
 *
 * Hardhat 3 and libp2p 3 refuse Node below 22, and npm running on such a Node silently skips optional packages
 * whose `engines` exclude it (Hardhat's native binding among them). So in a git checkout: find the pinned
 * build, let npm run once more under it to add what was skipped, and link it as `node_modules/.bin/node`. Then compile
 * the contracts, which everything else starts from and which takes longer than everything else.
 * A package installed from the registry is left alone: its launcher finds the pinned build by itself.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const npm = process.env.npm_execpath
const os = process.platform === 'win32' ? 'win' : process.platform
const executable = os === 'win' ? 'bin/node.exe' : 'bin/node'
const pinned = [`node-${os}-${process.arch}`, `node-bin-${os}-${process.arch}`].find((name) =>
  existsSync(join(root, 'node_modules', name, executable)),
)

if (existsSync(join(root, '.git')) && pinned !== undefined && npm !== undefined) {
  const node = join(root, 'node_modules', pinned, executable)
  const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  execFileSync(node, [npm, 'install', ...flags], { cwd: root, stdio: 'inherit' })
  if (os !== 'win') {
    // Older npm drops .bin/node when another platform's package of the same binary name is skipped.
    const link = join(root, 'node_modules', '.bin', 'node')
    rmSync(link, { force: true })
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join('..', pinned, executable), link)
  }
  const hardhat = join(root, 'node_modules', 'hardhat', 'dist', 'src', 'cli.js')
  execFileSync(node, [hardhat, 'build', '--quiet'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
}
