/** Whoever reads the contracts' ABI reads what each part of it means: in the sources, and nowhere else. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface SourceNode {
  readonly nodeType: string
  readonly name?: string
  readonly kind?: string
  readonly visibility?: string
  readonly stateVariable?: boolean
  readonly documentation?: { readonly text: string }
  readonly nodes?: readonly SourceNode[]
}

const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string }

/** The syntax trees of all contracts, parsed and no more. */
function parse(): ReadonlyMap<string, SourceNode> {
  const sources = Object.fromEntries(
    globSync('contracts/**/*.sol', { cwd: ROOT }).map((path) => [
      path,
      { content: readFileSync(join(ROOT, path), 'utf8') },
    ]),
  )
  const settings = { stopAfter: 'parsing', outputSelection: { '*': { '': ['ast'] } } }
  const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings }))) as {
    readonly sources: Readonly<Record<string, { readonly ast: SourceNode }>>
  }
  return new Map(Object.entries(output.sources).map(([path, { ast }]) => [path, ast]))
}

/** What its readers see of a contract, and what it is made of. */
function isTold({ nodeType, kind, visibility, stateVariable }: SourceNode): boolean {
  const isOpen = visibility === 'external' || visibility === 'public'
  switch (nodeType) {
    case 'FunctionDefinition':
      return isOpen && kind === 'function'
    case 'VariableDeclaration':
      return isOpen && stateVariable === true
    default:
      return ['ContractDefinition', 'EventDefinition', 'ErrorDefinition', 'StructDefinition'].includes(
        nodeType,
      )
  }
}

function undocumented(path: string, node: SourceNode, within = ''): readonly string[] {
  const name = within === '' ? (node.name ?? '') : `${within}.${node.name}`
  const own = isTold(node) && (node.documentation?.text ?? '').trim() === '' ? [`${path}: ${name}`] : []
  return [...own, ...(node.nodes ?? []).flatMap((child) => undocumented(path, child, name))]
}

describe('the contracts', () => {
  it('say what every contract, function, event, error and struct is', () => {
    const trees = parse()
    assert(trees.size > 60)
    assert.deepEqual(
      [...trees].flatMap(([path, tree]) => undocumented(path, tree)),
      [],
    )
  })
})
