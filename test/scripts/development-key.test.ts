/** Keys for development are made once for each circuit, whoever asks and however many at a time. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { developmentKey } from '../../scripts/development-key.ts'
import { verificationKeyOf } from '../../src/adapters/prover/verification-key.ts'
import { InvalidInputError } from '../../src/protocol/errors.ts'
import { r1csOf, squares } from '../adapters/prover/support/circuit.ts'

describe('a key for development that is kept', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dikast-keys-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const kept = () => readdirSync(folder).sort()

  it('is one whole file by the hash of the constraints, though two make it at a time', async () => {
    const r1cs = r1csOf(squares(7n, 3))
    const files = await Promise.all([developmentKey(r1cs, folder), developmentKey(r1cs, folder)])
    assert.equal(files[0], files[1])
    assert.deepEqual(
      kept().map((name) => join(folder, name)),
      [files[0]],
    )
    const key = verificationKeyOf(readFileSync(files[0]), { isCeremony: false, isBound: false, outputs: 0 })
    assert.equal(key.ic.length, 2)
  })

  it('is not made again, and is another for other constraints', async () => {
    const file = await developmentKey(r1csOf(squares(7n, 3)), folder)
    writeFileSync(file, 'kept')
    assert.equal(await developmentKey(r1csOf(squares(7n, 3)), folder), file)
    assert.equal(readFileSync(file, 'utf8'), 'kept')
    assert.notEqual(await developmentKey(r1csOf(squares(7n, 4)), folder), file)
    assert.equal(kept().length, 2)
  })

  it('leaves nothing of constraints that are none', async () => {
    const before = kept()
    await assert.rejects(developmentKey(new Uint8Array(8), folder), InvalidInputError)
    assert.deepEqual(kept(), before)
  })
})
