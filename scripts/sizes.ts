/**
 * Writes `test/contracts/sizes.json`: how many bytes of code each contract is deployed with. `npm run sizes`, after a build.
 *
 * A test holds the artifacts to that file and to EIP-170's limit, so that no change of a size goes unseen.
 * @module
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ARTIFACTS = join(ROOT, 'artifacts', 'contracts')
export const SIZES = join(ROOT, 'test', 'contracts', 'sizes.json')
/** What is only ever part of another contract. */
const INLINED = /^(libraries|types)\//

interface Artifact {
  readonly contractName: string
  readonly deployedBytecode: `0x${string}`
}

/** Bytes of deployed code of every contract that can be deployed, by name. */
export function sizesOf(folder = ARTIFACTS): Readonly<Record<string, number>> {
  const sizes: [string, number][] = []
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const within = path.slice(folder.length + 1)
    if (!entry.isFile() || !entry.name.endsWith('.json') || INLINED.test(within)) continue
    const { contractName, deployedBytecode } = JSON.parse(readFileSync(path, 'utf8')) as Artifact
    // Interfaces and abstract contracts have none.
    if (deployedBytecode.length > 2) sizes.push([contractName, (deployedBytecode.length - 2) / 2])
  }
  return Object.fromEntries(sizes.sort(([a], [b]) => (a < b ? -1 : 1)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = sizesOf()
  writeFileSync(SIZES, `${JSON.stringify(sizes, undefined, 2)}\n`)
  for (const [name, bytes] of Object.entries(sizes)) process.stdout.write(`${name.padEnd(24)} ${bytes}\n`)
}
