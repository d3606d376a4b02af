/**
 * Every requirement in docs/spec has an id such as `SEL-2`; every id is cited by a test as `[SEL-2]`.
 * Lists ids no test cites, and citations of ids that do not exist; either fails.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

function filesUnder(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

function idsIn(files: readonly string[], pattern: RegExp): Map<string, string> {
  const found = new Map<string, string>()
  for (const file of files) {
    for (const [, id] of readFileSync(file, 'utf8').matchAll(pattern))
      if (id !== undefined) found.set(id, file)
  }
  return found
}

const defined = idsIn(filesUnder('docs/spec', /\.md$/), /\*\*\[([A-Z]+-\d+)\]\*\*/g)
const cited = idsIn(filesUnder('test', /\.(ts|sol)$/), /\[([A-Z]+-\d+)\]/g)
const uncited = [...defined].filter(([id]) => !cited.has(id))
const unknown = [...cited].filter(([id]) => !defined.has(id))
for (const [id, file] of uncited) process.stderr.write(`no test cites ${id} (${file.slice(root.length)})\n`)
for (const [id, file] of unknown)
  process.stderr.write(`${file.slice(root.length)} cites ${id}, which no page of docs/spec defines\n`)
process.stdout.write(`${defined.size} requirements, ${defined.size - uncited.length} cited by tests\n`)
process.exitCode = uncited.length + unknown.length === 0 ? 0 : 1
