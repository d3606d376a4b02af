/** What the compiler makes of the circuits: as many constraints as are recorded, and the manifest. */
import assert from 'node:assert/strict'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { CIRCUITS, compileCircuit } from '../../scripts/circuits.ts'
import { constraintCounts } from '../../src/apps/cli/circuit-compile.ts'
import { COMMITTEE_FEEDS } from '../../src/core/circuit/known-circuits.ts'
import { readManifest } from '../../src/core/circuit/manifest.ts'
import { sha256Hex } from '../../src/crypto/hash.ts'

const RECORD = new URL('constraints.json', import.meta.url)
/** `DIKAST_RECORD=1` writes the record anew. */
const RECORDS = process.env.DIKAST_RECORD === '1'
const KEY_POINTS = 2 ** 16

interface Counted {
  readonly constraints: number
  readonly publicOutputs: number
  readonly publicInputs: number
  readonly privateInputs: number
}

async function counted(source: string): Promise<Counted> {
  const { r1cs } = await compileCircuit(source)
  const { constraints, publicOutputs, publicInputs, privateInputs } = constraintCounts(readFileSync(r1cs))
  return { constraints, publicOutputs, publicInputs, privateInputs }
}

describe('the circuits, compiled [CIR-1]', () => {
  const found: Record<string, Counted> = {}

  before(async () => {
    for (const [name, source] of CIRCUITS) found[name] = await counted(source)
    if (RECORDS) writeFileSync(RECORD, `${JSON.stringify(found, undefined, 2)}\n`)
  })

  it('have as many constraints as are recorded', () => {
    assert.deepEqual(found, JSON.parse(readFileSync(RECORD, 'utf8')))
  })

  it('fit keys of 2^16 points: constraints, public signals and one', () => {
    for (const [name, { constraints, publicInputs, publicOutputs }] of Object.entries(found))
      assert.ok(constraints + publicInputs + publicOutputs + 1 <= KEY_POINTS, name)
  })

  it('are known to auditors by their constraints, where their output has a meaning', async () => {
    for (const [hash, seats] of COMMITTEE_FEEDS) {
      const { r1cs } = await compileCircuit(CIRCUITS.get(`committee-feed-${seats}`) ?? assert.fail())
      assert.equal(sha256Hex(readFileSync(r1cs)), hash)
    }
  })

  it('say in their calculators what they are given', async () => {
    for (const [name, source] of CIRCUITS) {
      const { wasm } = await compileCircuit(source)
      const { outputs, inputs } = readManifest(readFileSync(wasm))
      const sizeOf = (isPublic: boolean) =>
        inputs.reduce((sum, one) => sum + (one.isPublic === isPublic ? one.size : 0), 0)
      const { publicOutputs, publicInputs, privateInputs } = found[name] ?? assert.fail(name)
      assert.deepEqual([outputs, sizeOf(true), sizeOf(false)], [publicOutputs, publicInputs, privateInputs])
    }
  })

  it('are refused with the compiler’s words when they do not compile, and leave nothing behind', async () => {
    const source = `artifacts/broken-${process.pid}.circom`
    writeFileSync(
      source,
      'pragma circom 2.2.3;\ntemplate T() { signal input a; a === b; }\ncomponent main = T();\n',
    )
    try {
      await assert.rejects(compileCircuit(source), /broken.*does not compile[\s\S]*Undeclared symbol/)
      assert.deepEqual(globSync('artifacts/circuits/{.stage-*,broken-*}'), [])
    } finally {
      rmSync(source)
    }
  })
})
