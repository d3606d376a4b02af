/** A function's terms from the command line, within the registry's bounds. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { termsFrom } from '../../../src/apps/cli/function-spec.ts'

const ZERO_HASH = `0x${'00'.repeat(32)}`
const usual = {
  entry: '_start',
  runtime: 'deterministic-1',
  verifier: 'ecdsa',
  committee: '5',
  fuel: '1000000000',
  fuelPrice: '1000',
  memory: '67108864',
  output: '1024',
  window: '30',
  fee: '0.0001',
  royalty: '0',
  challengeWindow: '0',
  consensus: 'exact',
  agreement: '',
  permission: [] as readonly string[],
}
const of = (options: Partial<typeof usual>) => termsFrom({ ...usual, ...options })

describe('the terms of a function to deploy', () => {
  it('are fees in wei, fuel in units, and nothing outside for what is exact [FUN-7]', () => {
    const { flatFeePerSeat, royalty, fuelLimit, fuelPrice, runtime, capabilities, permissions } = of({})
    assert.deepEqual([flatFeePerSeat, royalty], [10n ** 14n, 0n])
    assert.deepEqual([fuelLimit, fuelPrice, runtime], [1_000_000_000n, 1_000n, 'deterministic-1'])
    assert.deepEqual([capabilities, permissions], [ZERO_HASH, []])
  })

  const accepted: readonly Partial<typeof usual>[] = [
    { fuel: '1000000' },
    { fuel: '16777215000000' },
    { fuelPrice: '0' },
    { fuelPrice: '16777215' },
    { fee: '0' },
    { fee: '1099.511627775' },
    { royalty: '0.000000001' },
    { runtime: 'wasmer-1' },
    { verifier: 'bls' },
    { consensus: 'raft' },
    { consensus: 'aggregate', agreement: 'kind=custom', output: '32768', committee: '15' },
    { agreement: 'grace=5' },
    { consensus: 'pbft', committee: '64', permission: ['https://a.example'] },
    { consensus: 'aggregate', agreement: 'kind=median;type=uint256' },
    { challengeWindow: '900', committee: '127' },
    { challengeWindow: '114300' },
  ]
  for (const options of accepted)
    it(`may be ${JSON.stringify(options)} [FUN-1] [FUN-6]`, () => {
      assert.doesNotThrow(() => of(options))
    })

  const refused: readonly (readonly [string, Partial<typeof usual>])[] = [
    ['--consensus', { consensus: 'paxos' }],
    ['--permission', { permission: ['https://a.example'] }],
    ['--committee', { consensus: 'pbft', committee: '65' }],
    ['--agreement', { consensus: 'aggregate' }],
    ['--output', { consensus: 'aggregate', agreement: 'kind=custom', output: '32768', committee: '16' }],
    ['--agreement', { agreement: 'grace=10001' }],
    ['--challenge-window', { challengeWindow: '901' }],
    ['--challenge-window', { challengeWindow: '115200' }],
    ['--committee with a challenge window', { challengeWindow: '900', committee: '128' }],
    ['--fuel', { fuel: '0' }],
    ['--fuel', { fuel: '999999' }],
    ['--fuel', { fuel: '1000001' }],
    ['--fuel', { fuel: '16777216000000' }],
    ['--fuel', { fuel: '1e9' }],
    ['--fuel-price', { fuelPrice: '16777216' }],
    ['--fuel-price', { fuelPrice: '-1' }],
    ['--fee', { fee: '1099.511627776' }],
    ['--fee', { fee: '0.0000000001' }],
    ['--royalty', { royalty: '0.0000000001' }],
    ['--royalty', { royalty: '1100' }],
    ['--runtime', { runtime: 'unmetered' }],
    ['--runtime', { runtime: 'deterministic-2' }],
    ['--runtime', { runtime: '' }],
    ['--verifier', { verifier: 'schnorr' }],
  ]
  for (const [field, options] of refused)
    it(`may not be ${JSON.stringify(options)} [FUN-1] [FUN-6]`, () => {
      assert.throws(() => of(options), { code: 'INVALID_INPUT', field })
    })
})
