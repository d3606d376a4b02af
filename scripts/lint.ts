/**
 * Every linter and formatter: `npm run lint` checks, `npm run lint -- --fix` repairs what it can.
 */
import { spawnSync } from 'node:child_process'

const fix = process.argv.includes('--fix')
const solidity = ['contracts/**/*.sol', 'examples/**/*.sol', 'test/contracts/**/*.sol']
const commands: readonly (readonly string[])[] = [
  ['biome', 'check', ...(fix ? ['--write'] : []), '--error-on-warnings', '.'],
  ['solhint', '--max-warnings', '0', 'contracts/**/*.sol', 'examples/**/*.sol'],
  ['prettier', fix ? '--write' : '--check', ...solidity],
  ['node', 'scripts/vectors.ts', '--check'],
  ['node', 'scripts/abi.ts', '--check'],
  ['node', 'scripts/architecture.ts', '--check'],
]

let failed = 0
for (const [command = '', ...args] of commands) {
  process.stdout.write(`> ${[command, ...args].join(' ')}\n`)
  if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
