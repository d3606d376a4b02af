/**
 * A circuit's witness is the same bytes under every version of Node: whoever proves has what the author tested. `npm run fuzz:engines`
 * compares more engines, which it loads.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CIRCUITS, compileCircuit } from '../../scripts/circuits.ts'
import { bundleRunner, installedNodes } from './engines.ts'
import { WITNESSED, witnessHash } from './witness.ts'

const others = installedNodes()
const skip =
  others.length === 0 &&
  `no Node but ${process.version} is on this machine: npm run fuzz:engines loads others`

describe('the witness of a circuit [CIR-1]', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dikast-witness-'))
  let runner: string
  before(async () => {
    runner = await bundleRunner(folder)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const circuit of WITNESSED.keys())
    it(`of ${circuit} is the same bytes under ${others.map(({ name }) => name).join(' and ') || 'another Node'}`, {
      skip,
    }, async () => {
      const { wasm } = await compileCircuit(CIRCUITS.get(circuit) ?? '')
      const here = witnessHash(circuit, new Uint8Array(readFileSync(wasm)))
      for (const { name, command } of others) {
        const [executable = '', ...args] = [...command, runner, 'witness', circuit, wasm]
        const there = execFileSync(executable, args, { encoding: 'utf8' })
        assert.equal(JSON.parse(there), here, name)
      }
    })
})
