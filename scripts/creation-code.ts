/**
 * Writes `dist/creation-code.json`, which the package ships for `dikast verify-deployment`: 337 kB, a quarter of that packed.
 *
 *   node scripts/creation-code.ts [file]
 *
 * Refuses code compiled from other sources than those that are shipped beside it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  CREATION_CODE_FILE,
  compiledCreationCodes,
  DEPLOYED_CONTRACTS,
  readArtifactFile,
} from '../src/apps/cli/creation-code.ts'
import { InvalidInputError } from '../src/protocol/errors.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const OWN_IMPORT = /^import [^;]*?from "(\.[^"]+)";/gm

interface BuildInfo {
  readonly input: { readonly sources: Readonly<Record<string, { readonly content: string }>> }
}

/** Throws `InvalidInputError` naming a source that changed since what is shipped was compiled. */
export function assertFresh(root: string = ROOT): void {
  const sourcesOf = new Map<string, BuildInfo['input']['sources']>()
  for (const contract of DEPLOYED_CONTRACTS) {
    const id = readArtifactFile(contract).buildInfoId
    const sources = sourcesOf.get(id) ?? readBuildInfo(root, id).input.sources
    sourcesOf.set(id, sources)
    for (const [path, now] of ownSources(root, `contracts/${contract}.sol`)) {
      if (sources[`project/${path}`]?.content === now) continue
      throw new InvalidInputError('artifacts', `${path} changed since ${contract} was compiled`, {
        fix: 'run `npm run build:contracts` first',
      })
    }
  }
}

function readBuildInfo(root: string, id: string): BuildInfo {
  return JSON.parse(readFileSync(join(root, 'artifacts', 'build-info', `${id}.json`), 'utf8')) as BuildInfo
}

/** A contract's source and those it imports, as they are now; packages have their version for that. */
function ownSources(root: string, first: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const visit = (path: string): void => {
    if (found.has(path)) return
    const text = readFileSync(join(root, path), 'utf8')
    found.set(path, text)
    for (const [, to = ''] of text.matchAll(OWN_IMPORT)) visit(join(dirname(path), to))
  }
  visit(first)
  return found
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  assertFresh()
  const file = process.argv[2] ?? join(ROOT, CREATION_CODE_FILE)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(compiledCreationCodes())}\n`)
}
