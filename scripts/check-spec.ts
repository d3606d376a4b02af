/**
 * Every requirement in docs/spec has an id such as `SEL-2`; every id is cited by a test as `[SEL-2]`. Lists ids no test
 * cites, and citations of ids that do not exist; either fails.
 *
 * docs/spec/attacks.md names the test that fails when a defence is taken away, as `` `file` «name» ``: a row that names none, and
 * a test that is not in its file, fail as well.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const ATTACKS = 'docs/spec/attacks.md'

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

/** Names of tests in a file: what `it`, `describe` and Solidity's functions are called. */
function testsOf(file: string): string {
  if (!existsSync(join(root, file))) return ''
  const text = readFileSync(join(root, file), 'utf8')
  const names = file.endsWith('.sol')
    ? text.matchAll(/function\s+((?:test|invariant_)\w*)\s*\(/g)
    : text.matchAll(/\b(?:it|describe)\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|`([^`]*)`)/g)
  return [...names].map(([, ...name]) => name.join('').replaceAll("\\'", "'")).join('\n')
}

/** What is wrong with the table of attacks, and how many tests it names. */
function checkAttacks(): { readonly problems: readonly string[]; readonly named: number } {
  const problems: string[] = []
  let named = 0
  for (const line of readFileSync(join(root, ATTACKS), 'utf8').split('\n')) {
    const cells = line.split(' | ')
    if (!line.startsWith('| **') || cells.length !== 3) continue
    const attack = cells[0]?.slice(2)
    const cited = [...(cells[2] ?? '').matchAll(/`([^`]+)`((?:\s*«[^»]+»)+)/g)]
    if (cited.length === 0) problems.push(`no test is named for ${attack}`)
    for (const [, file = '', names = ''] of cited) {
      for (const [, name = ''] of names.matchAll(/«([^»]+)»/g)) {
        named++
        if (!testsOf(file).includes(name)) problems.push(`${file} has no test «${name}»`)
      }
    }
  }
  if (named === 0) problems.push('no tests are named at all')
  return { problems, named }
}

const defined = idsIn(filesUnder('docs/spec', /\.md$/), /\*\*\[([A-Z]+-\d+)\]\*\*/g)
const cited = idsIn(filesUnder('test', /\.(ts|sol)$/), /\[([A-Z]+-\d+)\]/g)
const uncited = [...defined].filter(([id]) => !cited.has(id))
const unknown = [...cited].filter(([id]) => !defined.has(id))
const attacks = checkAttacks()
for (const [id, file] of uncited) process.stderr.write(`no test cites ${id} (${file.slice(root.length)})\n`)
for (const [id, file] of unknown)
  process.stderr.write(`${file.slice(root.length)} cites ${id}, which no page of docs/spec defines\n`)
for (const problem of attacks.problems) process.stderr.write(`${ATTACKS}: ${problem}\n`)
process.stdout.write(`${defined.size} requirements, ${defined.size - uncited.length} cited by tests\n`)
process.stdout.write(`${attacks.named} tests named against attacks\n`)
process.exitCode = uncited.length + unknown.length + attacks.problems.length === 0 ? 0 : 1
