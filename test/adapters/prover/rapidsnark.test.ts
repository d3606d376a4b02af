import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, describe, it } from 'node:test'
import {
  openRapidsnark,
  RapidsnarkMissingError,
  RapidsnarkProver,
} from '../../../src/adapters/prover/rapidsnark.ts'
import { describeProver, failsWith } from './conformance.ts'
import { squares, witnessBytes } from './support/circuit.ts'
import { keyOf } from './support/proofs.ts'

const binary = process.env.DIKAST_RAPIDSNARK ?? 'rapidsnark'
const isInstalled = spawnSync(binary, [], { stdio: 'ignore' }).error === undefined

if (isInstalled)
  describeProver('rapidsnark', { create: () => new RapidsnarkProver({ binary }), checksPoints: false })
else
  it(`proves with rapidsnark (skipped: no «${binary}» on PATH, and none named by DIKAST_RAPIDSNARK)`, {
    skip: true,
  })

describe('a program in the place of rapidsnark', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dikast-test-'))
  after(() => rmSync(folder, { recursive: true }))
  const circuit = squares(7n, 4)
  const witness = witnessBytes(circuit.witness)

  /** Runs as the binary, with its arguments in `process.argv` from 2 on. */
  function program(body: string): string {
    const path = join(folder, `program-${readdirSync(folder).length}.cjs`)
    writeFileSync(path, `#!${process.execPath}\nconst fs = require('node:fs')\n${body}\n`)
    chmodSync(path, 0o755)
    return path
  }

  async function fails(body: string): Promise<unknown> {
    const prover = new RapidsnarkProver({ binary: program(body) })
    const { provingKey } = await keyOf(circuit)
    const error = await prover.prove({ provingKey, witness }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    await prover.close()
    return error
  }

  it('must be there when the prover is opened: by its path, or on PATH [PRV-15]', async () => {
    const path = program('')
    for (const binary of [path, basename(path)]) {
      const before = process.env.PATH
      process.env.PATH = `${folder}:${before}`
      try {
        await (await openRapidsnark({ binary })).close()
      } finally {
        process.env.PATH = before
      }
    }
    chmodSync(path, 0o644)
    for (const binary of [path, basename(path), join(folder, 'none'), folder, 'none', ''])
      await assert.rejects(openRapidsnark({ binary }), RapidsnarkMissingError, binary)
  })

  it('is given four files, and its proof is read', async () => {
    const prover = new RapidsnarkProver({
      binary: program(`
        const [key, witness, proof, signals] = process.argv.slice(2)
        if (fs.readFileSync(key, 'latin1').slice(0, 4) !== 'zkey') process.exit(3)
        if (fs.readFileSync(witness, 'latin1').slice(0, 4) !== 'wtns') process.exit(4)
        fs.writeFileSync(proof, JSON.stringify({ pi_a: ['1', '2', '1'], pi_b: [['3', '4'], ['5', '6'], ['1', '0']], pi_c: ['7', '8', '1'] }))
        fs.writeFileSync(signals, '["9"]')`),
    })
    const { provingKey } = await keyOf(circuit)
    const { proof, publicSignals } = await prover.prove({ provingKey, witness })
    const words = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => proof[32 * i + 31])
    assert.deepEqual([words, publicSignals], [[1, 2, 4, 3, 6, 5, 7, 8], [9n]])
    await prover.close()
  })

  it('that fails, writes nothing, or something else is no prover', async () => {
    const write = (proof: string, signals: string) =>
      `fs.writeFileSync(process.argv[4], ${JSON.stringify(proof)}); fs.writeFileSync(process.argv[5], ${JSON.stringify(signals)})`
    const good = '{"pi_a":["1","2"],"pi_b":[["3","4"],["5","6"]],"pi_c":["7","8"]}'
    for (const body of [
      'process.exit(1)',
      write('not JSON', '[]'),
      write('null', '[]'),
      write(good, '{}'),
      write(good, '["-1"]'),
      write(good.replace('"1"', '1'), '[]'),
      write(good.replace('"1"', `"${'9'.repeat(78)}"`), '[]'),
      write(good.replace('["3","4"],', ''), '[]'),
      write(`${good}${' '.repeat(200_000)}`, '[]'),
    ])
      assert.ok(failsWith('died')(await fails(body)), body)
  })

  it('that is not there is no prover either', async () => {
    const prover = new RapidsnarkProver({ binary: join(folder, 'none') })
    const { provingKey } = await keyOf(circuit)
    await assert.rejects(prover.prove({ provingKey, witness }), failsWith('died'))
    await prover.close()
  })

  it('that never ends is killed when its time is up, or when whoever asked gives up', async () => {
    const binary = program('setInterval(() => {}, 1000)')
    const { provingKey } = await keyOf(circuit)
    const late = new RapidsnarkProver({ binary, proofMsMax: 300 })
    await assert.rejects(late.prove({ provingKey, witness }), failsWith('died'))
    await late.close()
    const prover = new RapidsnarkProver({ binary })
    const cancelling = new AbortController()
    const proving = prover.prove(
      { provingKey, witness },
      {
        signal: cancelling.signal,
        onProgress: (phase) => phase === 'quotient' && setTimeout(() => cancelling.abort(), 50),
      },
    )
    await assert.rejects(proving, failsWith('cancelled'))
    const other = prover.prove(
      { provingKey, witness },
      { onProgress: (phase) => phase === 'quotient' && setTimeout(() => void prover.close(), 50) },
    )
    await assert.rejects(other, failsWith('closed'))
  })
})
