/** Running a fulfilled request again, against a chain of made-up answers. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'
import { createOutput } from '../../../src/apps/cli/output.ts'
import { reexecute } from '../../../src/apps/cli/reexecute.ts'
import type { ChainAccess } from '../../../src/apps/shared/chain-access.ts'
import type { AuditEvidence, AuditStep, PostedRound } from '../../../src/core/audit/evidence.ts'
import { toHex } from '../../../src/crypto/bytes.ts'
import { beaconPublicKey, decompressG1, randomnessOf, signRound } from '../../../src/crypto/drand.ts'
import { functionIdOf } from '../../../src/crypto/function-id.ts'
import { sha256Hex } from '../../../src/crypto/hash.ts'
import type { FunctionSpec, Hex } from '../../../src/protocol/types.ts'
import { ROOT } from './support/run.ts'

const MODULE = join(ROOT, 'examples', 'price-feed', 'build', 'price-feed.wasm')
const PRICES = readFileSync(join(ROOT, 'examples', 'price-feed', 'prices.json'))
const ZERO: Hex = `0x${'00'.repeat(32)}`
const owner: Hex = `0x${'04'.repeat(20)}`
const secret: Hex = `0x${'07'.repeat(32)}`
const ROUND = 101n
const spec: FunctionSpec = {
  kind: 'wasm',
  moduleHash: sha256Hex(new Uint8Array(readFileSync(MODULE))),
  entry: '_start',
  runtime: 'deterministic-1',
  capabilities: ZERO,
  permissions: [],
  consensus: 0,
  agreement: '',
  committeeSize: 5,
  fuelLimit: 10_000_000n,
  memoryBytesMax: 16_777_216n,
  outputBytesMax: 32,
  windowSeconds: 30,
  flatFeePerSeat: 1n,
  fuelPrice: 0n,
  royalty: 0n,
  verifierSelector: '0x00000001',
  verificationKeyHash: ZERO,
  challengeWindow: 0,
}
const compressed = signRound(secret, ROUND)
const posted: PostedRound = {
  round: ROUND,
  randomness: randomnessOf(compressed),
  signature: decompressG1(compressed),
}
/** 3012.40, the middle one of these prices, with eight decimals. */
const MEDIAN: Hex = `0x${301_240_000_000n.toString(16).padStart(64, '0')}`

/** What nodes count for these prices: seed and clock mean nothing to this function. */
let counted = 0n
before(async () => {
  const sandbox = createSandbox({ workers: 1 })
  try {
    const { fuelUsed } = await sandbox.run({
      moduleHash: spec.moduleHash,
      module: new Uint8Array(readFileSync(MODULE)),
      runtime: spec.runtime,
      fuelLimit: spec.fuelLimit,
      entry: spec.entry,
      input: PRICES,
      seed: new Uint8Array(32),
      clockNs: 0n,
      memoryBytesMax: Number(spec.memoryBytesMax),
      outputBytesMax: spec.outputBytesMax,
      wallClockMsMax: 60_000,
    })
    counted = fuelUsed
  } finally {
    await sandbox.close()
  }
  assert.ok(counted > 1_000n, `${counted} units`)
})

interface Told {
  readonly output?: Hex
  readonly exit?: number
  /** Units certified beyond what nodes count. */
  readonly fuelMore?: bigint
  readonly posted?: PostedRound | undefined
  readonly spec?: FunctionSpec
}

async function step(told: Told): Promise<AuditStep> {
  const functionId = functionIdOf(owner, spec)
  const known = { functionId, owner, spec: told.spec ?? spec, uris: [] }
  const chain = {
    reads: { functionById: async () => known },
    audits: { postedRound: async () => ('posted' in told ? told.posted : posted) },
  } as unknown as ChainAccess // All that is asked of a chain when the module is in a file.
  const evidence = {
    requestId: `0x${'0a'.repeat(32)}`,
    submitted: {
      request: {
        functionId,
        input: toHex(PRICES),
        fuelLimit: spec.fuelLimit,
        outputBytesMax: 32,
        consensus: 'exact',
        attempts: [{ round: ROUND }],
      },
    },
    beacon: { publicKey: beaconPublicKey(secret), genesisTime: 1_000n, periodSeconds: 1n },
    fulfilled: {
      fulfillment: {
        attempt: 0,
        exit: told.exit ?? 0,
        evidenceHash: ZERO,
        fuelUsed: counted + (told.fuelMore ?? 0n),
        output: told.output ?? MEDIAN,
      },
    },
  } as unknown as AuditEvidence // The rest of it is the audit's business.
  return reexecute(chain, evidence, { module: MODULE }, createOutput({ json: true }))
}

describe('re-execution', () => {
  it('passes when this machine gives the same exit, bytes and fuel', async () => {
    const { verdict, detail } = await step({})
    assert.equal(verdict, 'passed', detail)
    assert.match(detail, new RegExp(`the same 32 bytes and the same ${counted} fuel`))
  })

  const cases: readonly [string, Told, RegExp][] = [
    ['one byte certified was another', { output: `${MEDIAN.slice(0, -2)}ff` as Hex }, /this machine gives/],
    ['the exit certified was another', { exit: 1 }, /certified was exit 1/],
    ['one unit of fuel more was certified', { fuelMore: 1n }, /certified was exit 0, \d+ fuel/],
    ['one unit of fuel less was certified', { fuelMore: -1n }, /certified was exit 0, \d+ fuel/],
    ['attempt 0’s round was never posted', { posted: undefined }, /round 101 of attempt 0 was never posted/],
    [
      'attempt 0’s round is another’s',
      { posted: { ...posted, signature: decompressG1(signRound(secret, 102n)) } },
      /attempt 0: the signature of round 101 is not the beacon's/,
    ],
    [
      'attempt 0’s signature is no point of the curve',
      { posted: { ...posted, signature: `0x${'11'.repeat(128)}` } },
      /attempt 0: round 101 as posted is no signature/,
    ],
    [
      'the function told is not the one the request names',
      { spec: { ...spec, entry: 'other' } },
      /not the one the request names/,
    ],
  ]
  for (const [name, told, detail] of cases) {
    it(`fails, and says why, when ${name}`, async () => {
      const { verdict, detail: reason } = await step(told)
      assert.equal(verdict, 'failed')
      assert.match(reason, detail)
    })
  }
})
