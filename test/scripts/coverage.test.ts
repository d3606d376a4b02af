/** How the coverage of contracts is measured: what counts as a line and as a branch, and what as run. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { BRANCHES_PATH, type Instrumented, instrument } from '../../scripts/contract-coverage/instrument.ts'
import { coverageOf, readLcov } from '../../scripts/contract-coverage/report.ts'

const PATH = 'contracts/market/Sample.sol'
/** «é» is two bytes: the compiler counts bytes. */
const SAMPLE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title é
contract Sample {
    uint256 private _x;

    modifier once() {
        if (_x != 0) revert();
        _;
    }

    function f(bool a, bool b, bool c) external once returns (bool) {
        while (!(a && (b || c))) {
            a = true;
        }
        for (uint256 i; i < 3; ++i) _x += b ? (c ? 1 : 2) : 3;
        assembly {
            if iszero(a) { revert(0, 0) }
        }
        return a ||
            b;
    }

    function g(bool a, bool b, bool c) external {
        if (a ? b : c || b) return;
        for (
            uint256 i;
            i < 3;
            ++i
        ) _x += 1;
    }
}
`

async function treeOf(source: string): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'dikast-sample-'))
  await mkdir(join(tree, 'contracts', 'market'), { recursive: true })
  await symlink(resolve('node_modules'), join(tree, 'node_modules'))
  await writeFile(join(tree, PATH), source)
  return tree
}

describe('an instrumented contract', () => {
  let instrumented: Instrumented
  let tree: string
  before(async () => {
    tree = await treeOf(SAMPLE)
    instrumented = instrument(tree)
  })
  after(async () => await rm(tree, { recursive: true }))

  const file = () => {
    const [only] = instrumented.files
    assert(only)
    return only
  }

  it('has as its branches every condition, of a logical one its operands alone, and none of assembly', () => {
    assert.deepEqual(
      file().branches.map(({ line, text }) => `${line} ${text}`),
      [
        '9 _x != 0',
        '14 a',
        '14 b',
        '14 c',
        '17 i < 3',
        '17 b',
        '17 c',
        '21 a',
        '22 b',
        '26 a ? b : c || b',
        '26 a',
        '26 c',
        '26 b',
        '29 i < 3',
      ],
    )
  })

  it('has as its lines those on which a statement begins', () => {
    assert.deepEqual(file().statementLines, [9, 10, 14, 15, 17, 18, 21, 26, 27, 31])
  })

  it('asks the functions of a branch for what its condition was, and keeps every line where it is', () => {
    const lines = file().text.split('\n')
    assert.equal(lines.length, SAMPLE.split('\n').length)
    assert.match(
      lines[1] ?? '',
      /^pragma solidity 0\.8\.37; import \{__taken0, .*\} from "\.\.\/coverage\/Branches\.sol";$/,
    )
    assert.equal(lines[8], '        if (((_x != 0) ? __taken0() : __passed0())) revert();')
    assert.equal(
      lines[13],
      '        while (!(((a) ? __taken1() : __passed1()) && (((b) ? __taken2() : __passed2()) || ((c) ? __taken3() : __passed3())))) {',
    )
    // The outer condition and its last operand end together: the operand's own functions come first.
    assert.equal(
      lines[25],
      '        if (((((a) ? __taken10() : __passed10()) ? b : ((c) ? __taken11() : __passed11()) || ((b) ? __taken12() : __passed12())) ? __taken9() : __passed9())) return;',
    )
    assert.match(lines[16] ?? '', /_x \+= \(\(b\) \? __taken5\(\) : __passed5\(\)\) \? \(\(\(c\) \?/)
  })

  it('compiles, with its functions on the lines they are said to be on', async () => {
    for (const { path, text } of instrumented.files) await writeFile(join(tree, path), text)
    await mkdir(join(tree, 'contracts', 'coverage'))
    await writeFile(join(tree, BRANCHES_PATH), instrumented.branchesFile)
    const again = instrument(tree)
    assert.equal(again.files.length, 2)
    const lines = instrumented.branchesFile.split('\n')
    for (const [number, { takenLine, passedLine }] of file().branches.entries()) {
      assert.match(lines[takenLine - 1] ?? '', new RegExp(`__taken${number}\\(.*return true`))
      assert.match(lines[passedLine - 1] ?? '', new RegExp(`__passed${number}\\(.*return false`))
    }
  })

  /** As Hardhat would report it, but for the lines said not to have run. */
  const lcovWithout = (lines: readonly number[], branchLines: readonly number[]) => {
    const record = (path: string, all: readonly number[], missed: readonly number[]) =>
      `TN:\nSF:${path}\n${all.map((line) => `DA:${line},${missed.includes(line) ? 0 : 1}\n`).join('')}end_of_record\n`
    const sides = file().branches.flatMap(({ takenLine, passedLine }) => [takenLine, passedLine])
    return record(PATH, file().statementLines, lines) + record(BRANCHES_PATH, sides, branchLines)
  }

  it('is covered when each line and both sides of each condition ran', () => {
    const { total } = coverageOf(instrumented, readLcov(lcovWithout([], [])))
    assert.deepEqual(total.lines, { run: 10, of: 10, percent: 100 })
    assert.deepEqual(total.branches, { run: 28, of: 28, percent: 100 })
  })

  it('tells which lines did not run, and what a condition never was', () => {
    const [first, , , , loop] = file().branches
    assert(first && loop)
    const lcov = lcovWithout([15], [first.takenLine, loop.passedLine])
    const { files, total } = coverageOf(instrumented, readLcov(lcov))
    assert.deepEqual(files[0]?.missedLines, [15])
    assert.deepEqual(files[0]?.missedBranches, [
      { line: 9, condition: '_x != 0', never: true },
      { line: 17, condition: 'i < 3', never: false },
    ])
    assert.equal(total.lines.run, 9)
    assert.equal(total.branches.run, 26)
  })

  it('is not taken for covered where the counter says nothing of a line', () => {
    const lcov = lcovWithout([], []).replace('DA:10,1\n', '')
    assert.throws(() => coverageOf(instrumented, readLcov(lcov)), /line 10 of contracts\/market\/Sample.sol/)
    assert.throws(() => coverageOf(instrumented, readLcov('')), /was not counted/)
  })
})

it('nothing at all is not covered', () => {
  assert.equal(coverageOf({ files: [], branchesFile: '' }, new Map()).total.lines.percent, 0)
})

it('a source that does not compile is not measured', async () => {
  const tree = await treeOf(SAMPLE.replace('_x += b', '_x += y'))
  try {
    assert.throws(() => instrument(tree), /Undeclared identifier/)
  } finally {
    await rm(tree, { recursive: true })
  }
})
