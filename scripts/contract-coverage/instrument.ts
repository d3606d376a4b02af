/**
 * Contracts in which every branch leaves a trace that a counter of lines sees.
 *
 * A condition `c` becomes `((c) ? __taken12() : __passed12())`: two functions that give it back, each on a line of its own in a file
 * of their own. A branch ran on both sides when both lines did. Conditions are those of `if`, `while`, `for` and `? :`, and each
 * operand of `&&` and `||`; of a condition made of such operands the operands alone, since they tell what it was. Positions are
 * those of the compiler's syntax tree, so there is no parser here, and no line moves.
 *
 * Not seen: branches of inline assembly, and arguments of `assert`, which never fail.
 * @module
 */
import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

/** Below contracts/: what stands in it is ours, and no contract of that name exists. */
export const BRANCHES_PATH = 'contracts/coverage/Branches.sol'

/** Lines of that file before the first function. */
const BRANCHES_HEAD = ['// SPDX-License-Identifier: MIT', 'pragma solidity ^0.8.28;']

/** Statements a line counts for. A block is the statements in it, and the parts of a `for` are its own. */
const STATEMENT = /^(?!Block$|UncheckedBlock$)(?:\w+Statement|Return|InlineAssembly|Break|Continue)$/

const require = createRequire(import.meta.url)

interface AstNode {
  readonly nodeType: string
  /** Byte offset and length, and the file's number. */
  readonly src: string
  readonly [key: string]: unknown
}

/** A condition: its line in the source, and those of its two functions in `BRANCHES_PATH`. */
export interface Branch {
  readonly line: number
  readonly text: string
  readonly takenLine: number
  readonly passedLine: number
}

export interface InstrumentedFile {
  readonly path: string
  readonly text: string
  /** Lines on which a statement begins. */
  readonly statementLines: readonly number[]
  readonly branches: readonly Branch[]
}

export interface Instrumented {
  readonly files: readonly InstrumentedFile[]
  /** What is written to `BRANCHES_PATH`. */
  readonly branchesFile: string
}

interface Span {
  readonly start: number
  readonly end: number
}

/** Every source below contracts/ of the tree at `root`, which is read and left as it is. */
export function instrument(root: string): Instrumented {
  const paths = globSync('contracts/**/*.sol', { cwd: root }).sort()
  const asts = parse(root, paths)
  const functions: string[] = []
  const files = paths.map((path) =>
    instrumentFile(path, readFileSync(join(root, path)), asts(path), functions),
  )
  return { files, branchesFile: `${[...BRANCHES_HEAD, ...functions].join('\n')}\n` }
}

function instrumentFile(path: string, source: Buffer, ast: AstNode, functions: string[]): InstrumentedFile {
  const conditions = new Map<string, Span>()
  const lines = new Set<number>()
  walk(ast, (node, parent, key) => {
    const isPartOfFor =
      parent?.nodeType === 'ForStatement' && (key === 'initializationExpression' || key === 'loopExpression')
    if (STATEMENT.test(node.nodeType) && !isPartOfFor) lines.add(lineAt(source, spanOf(node).start))
    for (const condition of conditionsOf(node)) {
      const leaf = strip(condition)
      if (leaf !== undefined) conditions.set(leaf.src, spanOf(leaf))
    }
  })
  const branches: Branch[] = []
  const insertions: { readonly at: number; readonly rank: number; readonly text: string }[] = []
  const numbers: number[] = []
  for (const { start, end } of [...conditions.values()].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const number = functions.length / 2
    numbers.push(number)
    const takenLine = BRANCHES_HEAD.length + functions.length + 1
    functions.push(`function __taken${number}() pure returns (bool) { return true; }`)
    functions.push(`function __passed${number}() pure returns (bool) { return false; }`)
    const text = source.subarray(start, end).toString().replaceAll(/\s+/g, ' ')
    branches.push({ line: lineAt(source, start), text, takenLine, passedLine: takenLine + 1 })
    // Where two begin the longer is outside; where two end the shorter is inside.
    insertions.push({ at: start, rank: -end, text: '((' })
    insertions.push({ at: end, rank: -start, text: `) ? __taken${number}() : __passed${number}())` })
  }
  return {
    path,
    text: insert(source, insertions, importOf(path, numbers), ast),
    statementLines: [...lines].sort((a, b) => a - b),
    branches,
  }
}

/** The import stands on the pragma's line. */
function importOf(path: string, numbers: readonly number[]): string {
  if (numbers.length === 0) return ''
  const names = numbers.flatMap((number) => [`__taken${number}`, `__passed${number}`])
  const from = relative(dirname(path), BRANCHES_PATH)
  return ` import {${names.join(', ')}} from "${from.startsWith('.') ? from : `./${from}`}";`
}

function insert(
  source: Buffer,
  insertions: readonly { readonly at: number; readonly rank: number; readonly text: string }[],
  importText: string,
  ast: AstNode,
): string {
  const pragma = children(ast).find(({ nodeType }) => nodeType === 'PragmaDirective')
  if (pragma === undefined) throw new Error('a source without a pragma')
  const all = [...insertions, { at: spanOf(pragma).end, rank: 0, text: importText }]
  let text = ''
  let from = 0
  for (const { at, text: inserted } of all.sort((a, b) => a.at - b.at || a.rank - b.rank)) {
    text += source.subarray(from, at).toString() + inserted
    from = at
  }
  return text + source.subarray(from).toString()
}

/** Expressions whose value decides what runs next. */
function conditionsOf(node: AstNode): readonly AstNode[] {
  switch (node.nodeType) {
    case 'IfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
    case 'Conditional':
      return isNode(node.condition) ? [node.condition] : []
    case 'BinaryOperation':
      return isLogical(node) ? [node.leftExpression, node.rightExpression].filter(isNode) : []
    default:
      return []
  }
}

/** Without brackets and negations; nothing for what is made of operands, which are conditions themselves. */
function strip(node: AstNode): AstNode | undefined {
  if (node.nodeType === 'TupleExpression' && Array.isArray(node.components)) {
    const [only] = node.components
    return isNode(only) ? strip(only) : node
  }
  if (node.nodeType === 'UnaryOperation' && node.operator === '!' && isNode(node.subExpression)) {
    return strip(node.subExpression)
  }
  return isLogical(node) ? undefined : node
}

function isLogical(node: AstNode): boolean {
  return node.nodeType === 'BinaryOperation' && (node.operator === '&&' || node.operator === '||')
}

function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'nodeType' in value && 'src' in value
}

function children(node: AstNode): readonly AstNode[] {
  return Object.values(node).flat().filter(isNode)
}

type Visitor = (node: AstNode, parent: AstNode | undefined, key: string) => void

/** Solidity's nodes; assembly is one statement. */
function walk(node: AstNode, visit: Visitor, parent?: AstNode, key = ''): void {
  visit(node, parent, key)
  if (node.nodeType === 'InlineAssembly') return
  for (const [name, value] of Object.entries(node))
    for (const child of [value].flat()) if (isNode(child)) walk(child, visit, node, name)
}

function spanOf(node: AstNode): Span {
  const [start = Number.NaN, length = Number.NaN] = node.src.split(':').map(Number)
  return { start, end: start + length }
}

function lineAt(source: Buffer, offset: number): number {
  let line = 1
  for (let at = source.indexOf(10); at !== -1 && at < offset; at = source.indexOf(10, at + 1)) line++
  return line
}

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly sources: Readonly<Record<string, { readonly ast: AstNode }>>
}

function parse(root: string, paths: readonly string[]): (path: string) => AstNode {
  const solc = require('solc') as {
    compile(input: string, callbacks: { import(path: string): { contents: string } }): string
  }
  const sources = Object.fromEntries(
    paths.map((path) => [path, { content: readFileSync(join(root, path), 'utf8') }]),
  )
  const input = {
    language: 'Solidity',
    sources,
    settings: { evmVersion: 'osaka', outputSelection: { '*': { '': ['ast'] } } },
  }
  const readImport = (path: string) => ({ contents: readFileSync(join(root, 'node_modules', path), 'utf8') })
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport })) as CompilerOutput
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error')
  if (errors.length !== 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'))
  return (path) => {
    const ast = output.sources[path]?.ast
    if (ast === undefined) throw new Error(`the compiler gave no syntax tree of ${path}`)
    return ast
  }
}
