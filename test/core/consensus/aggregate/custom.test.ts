import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeCombineInput, reportOfCombined } from '../../../../src/core/consensus/aggregate/custom.ts'
import { encodeEvidence } from '../../../../src/core/consensus/aggregate/evidence.ts'
import type { Observation } from '../../../../src/core/consensus/aggregate/observation.ts'
import { toHex } from '../../../../src/crypto/bytes.ts'

const FUEL_LIMIT = 1_000n

function observation(seat: number, patch: Partial<Observation> = {}): Observation {
  return {
    seat,
    exit: 0,
    fuelUsed: 10n + BigInt(seat),
    output: Uint8Array.of(seat, 0xff),
    signature: `0x${'5a'.repeat(64)}`,
    ...patch,
  }
}

describe('what a function’s own aggregate reads', () => {
  it('is the observations in the order of seats, byte by byte [AGG-7]', () => {
    const failed = observation(258, { exit: 0x101, fuelUsed: FUEL_LIMIT, output: new Uint8Array() })
    assert.equal(
      toHex(encodeCombineInput([failed, observation(3)])),
      `0x${['0002', '0003 0000 000000000000000d 00000002 03ff', '0102 0101 00000000000003e8 00000000']
        .join('')
        .replaceAll(' ', '')}`,
    )
    assert.equal(toHex(encodeCombineInput([])), '0x0000')
  })

  it('does not change with what a signer may vary without seeing anything else, nor with the order [AGG-7]', () => {
    const seen = [0, 1, 2].map((seat) => observation(seat))
    const resigned = seen.map((one): Observation => ({ ...one, signature: `0x${'a5'.repeat(64)}` }))
    assert.deepEqual(encodeCombineInput(resigned.reverse()), encodeCombineInput(seen))
  })
})

describe('what it gave', () => {
  const seen = [0, 1, 2, 3].map((seat) => observation(seat))

  it('is the report, output and exit as they are, with the lower middle of the observations’ fuel [AGG-7]', () => {
    const output = Uint8Array.of(7)
    const { outcome, evidence } = reportOfCombined(FUEL_LIMIT, seen, { exit: 4, output })
    assert.deepEqual([outcome.exit, outcome.output, outcome.fuelUsed], [4, output, 11n])
    assert.deepEqual(evidence, encodeEvidence(seen))
  })

  it('takes all the fuel there is when it trapped [AGG-7] [FEE-6]', () => {
    const { outcome } = reportOfCombined(FUEL_LIMIT, seen, { exit: 0x101, output: new Uint8Array() })
    assert.equal(outcome.fuelUsed, FUEL_LIMIT)
  })
})
