/** Steps of a ceremony in their process, and what is read of a key's contributions. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { Q } from '../../../src/adapters/prover/bn254.ts'
import { makeKey, performStep } from '../../../src/adapters/prover/ceremony.ts'
import { contributionsOf } from '../../../src/adapters/prover/contributions.ts'
import { ProverError } from '../../../src/ports/prover.ts'
import { InvalidInputError } from '../../../src/protocol/errors.ts'
import { type Ceremony, holdCeremony } from '../../apps/cli/support/ceremony.ts'

let world: Ceremony
before(async () => {
  world = await holdCeremony()
})
after(() => world?.close())

const start = (to: string, powers = 'powers.ptau') =>
  ({ type: 'start', constraints: world.at('sum.r1cs'), powers: world.at(powers), to: world.at(to) }) as const

describe('a step of a ceremony', () => {
  it('is ended when it takes too long, and leaves nothing that looks like a key [CER-4] [CER-8]', async () => {
    const before = readdirSync(world.folder)
    await assert.rejects(makeKey(start('late.zkey'), { stepMsMax: 1 }), (error) => {
      assert.ok(error instanceof ProverError)
      assert.equal(error.reason, 'died')
      assert.match(error.message, /more than 1 ms/)
      return true
    })
    assert.deepEqual(readdirSync(world.folder), before)
  })

  it('writes over nothing, and leaves nothing when it is refused [CER-4]', async () => {
    const before = readdirSync(world.folder)
    await assert.rejects(makeKey(start('sum.zkey')), InvalidInputError)
    await assert.rejects(makeKey(start('none.zkey', 'powers-0.ptau')), /not prepared/)
    await assert.rejects(makeKey(start('none.zkey', 'sum.wasm')), InvalidInputError)
    await assert.rejects(makeKey(start('none.zkey', 'missing.ptau')), InvalidInputError)
    assert.deepEqual(readdirSync(world.folder), before)
    await makeKey(start('made.zkey'))
    assert.ok(existsSync(world.at('made.zkey')))
  })

  it('tells what snarkjs makes of a key that is none, and does not fail itself [CER-8]', async () => {
    const step = {
      type: 'verifyKey',
      constraints: world.at('sum.r1cs'),
      powers: world.at('powers.ptau'),
    } as const
    const { isDone, detail } = await performStep({ ...step, provingKey: world.at('sum.wasm') })
    assert.equal(isDone, false)
    assert.notEqual(detail, '')
    assert.equal((await performStep({ ...step, provingKey: world.at('sum.zkey') })).isDone, true)
  })
})

describe("a key's contributions", () => {
  it('are none of a key that is cut short or changed where its contributions stand, or as before [CER-2]', () => {
    const zkey = world.bytes('sum.zkey')
    const whole = contributionsOf(zkey)
    assert.deepEqual(
      whole.map(({ name, beacon }) => [name, beacon?.iterationsLog]),
      [
        ['Alice', undefined],
        ['Bob, Zürich', undefined],
        ['beacon', 10],
      ],
    )
    const from = zkey.length - lengthOfLast(zkey)
    let refused = 0
    for (let at = from; at < zkey.length; at++) {
      const changed = zkey.slice()
      changed[at] = (changed[at] as number) ^ 0xff
      try {
        const found = contributionsOf(changed)
        // The circuit's digest is snarkjs's to compare; all else is in a hash, a name or a beacon.
        if (at >= from + 64) assert.notDeepEqual(found, whole, `byte ${at - from}`)
      } catch (error) {
        assert.ok(error instanceof ProverError, String(error))
        refused++
      }
      assert.throws(() => contributionsOf(zkey.slice(0, at)), ProverError)
    }
    assert.ok(refused > 20)
  })

  it('are none with a coordinate written as another number of the field would be [CER-2]', () => {
    const zkey = world.bytes('sum.zkey')
    // The first one's first coordinate, little-endian, behind the circuit's digest and the count.
    const coordinate = zkey.subarray(zkey.length - lengthOfLast(zkey) + 68).subarray(0, 32)
    const value = BigInt(`0x${Buffer.from(coordinate).reverse().toString('hex')}`) + Q
    coordinate.set(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse())
    assert.throws(() => contributionsOf(zkey), ProverError)
  })
})

/** Of the section that ends the file. */
function lengthOfLast(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let length = 0
  for (let at = 12; at < file.length; at += 12 + length) length = Number(view.getBigUint64(at + 4, true))
  return length
}
