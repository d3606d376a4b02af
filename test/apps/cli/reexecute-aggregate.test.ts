/** Making an aggregate again of its members' signed observations, of real keys; its own rule is a real guest's. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createLibp2pTransport } from '../../../src/adapters/transport/libp2p.ts'
import { decimalText, linesOf } from '../../../src/apps/cli/observations.ts'
import { createOutput } from '../../../src/apps/cli/output.ts'
import { reexecute } from '../../../src/apps/cli/reexecute.ts'
import type { Files } from '../../../src/apps/cli/rerun.ts'
import type { ChainAccess } from '../../../src/apps/shared/chain-access.ts'
import { encodeEvidence, evidenceHashOf } from '../../../src/core/consensus/aggregate/evidence.ts'
import { type Observation, observationDigest } from '../../../src/core/consensus/aggregate/observation.ts'
import { encodeTranscript, transcriptDigest } from '../../../src/core/transcript.ts'
import { toBytesBE, toHex } from '../../../src/crypto/bytes.ts'
import { functionIdOf } from '../../../src/crypto/function-id.ts'
import { sha256Hex } from '../../../src/crypto/hash.ts'
import { signDigest } from '../../../src/crypto/signature.ts'
import { silentLog } from '../../../src/ports/log.ts'
import type { Transport } from '../../../src/ports/transport.ts'
import type { Fulfillment, FunctionSpec, Hex } from '../../../src/protocol/types.ts'
import { serveEvidence } from '../../../src/runtime/evidence-exchange.ts'
import { encodePeers, PEERS } from '../../../src/runtime/wire.ts'
import { createScene, domain, postedRound } from '../../core/audit/scene.ts'
import { AGREEING } from '../../fixtures/wasm/agreeing.ts'
import { assembled } from '../../fixtures/wasm/wat.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-remake-'))
const moduleFile = join(scratch, 'guest.wasm')
const owner: Hex = `0x${'04'.repeat(20)}`
const FUEL_LIMIT = 5_000_000n
const MEDIAN = 'decimals=2;deviation=5000;kind=median;max=100000;type=uint256'
let moduleHash: Hex
const transports: Transport[] = []

before(async () => {
  const module = await assembled(AGREEING)
  writeFileSync(moduleFile, module)
  moduleHash = sha256Hex(module)
})
after(async () => {
  for (const transport of transports) await transport.stop()
  rmSync(scratch, { recursive: true, force: true })
})

/** A function of this agreement, a request of it, and its drawn members. */
function sceneOf(agreement: string, committeeSize = 5) {
  const spec: FunctionSpec = {
    kind: 'wasm',
    moduleHash,
    entry: '_start',
    runtime: 'deterministic-1',
    capabilities: `0x${'00'.repeat(32)}`,
    permissions: [],
    consensus: 2,
    agreement,
    committeeSize,
    fuelLimit: FUEL_LIMIT,
    memoryBytesMax: 16_777_216n,
    outputBytesMax: 64,
    windowSeconds: 20,
    flatFeePerSeat: 1n,
    fuelPrice: 0n,
    royalty: 0n,
    verifierSelector: '0x00000001',
    verificationKeyHash: `0x${'00'.repeat(32)}`,
    challengeWindow: 0,
  }
  const functionId = functionIdOf(owner, spec)
  const scene = createScene(7, {
    functionId,
    committeeSize,
    consensus: 'aggregate',
    fuelLimit: FUEL_LIMIT,
    outputBytesMax: 64,
  })
  const { requestId, keys, committee } = scene
  /** Signed by the member of that seat, or by another. */
  const seen = (seat: number, patch: Partial<Observation> & { readonly by?: number } = {}): Observation => {
    const { by = seat, ...more } = patch
    const observed = { exit: 0, fuelUsed: BigInt(10 + seat), output: new Uint8Array(), ...more }
    const digest = observationDigest({ domain, requestId, attempt: 0 }, observed)
    const signature = signDigest(keys[committee[by] ?? 0] ?? new Uint8Array(32), digest)
    return { signature, ...observed, seat }
  }
  return { ...scene, known: { functionId, owner, spec, uris: [] }, seen }
}

type Scene = ReturnType<typeof sceneOf>
type Certified = Partial<Pick<Fulfillment, 'exit' | 'fuelUsed' | 'output' | 'evidenceHash'>>

async function again(
  scene: Scene,
  evidence: Uint8Array,
  certified: Certified,
  told: { readonly files?: Files; readonly coordinators?: readonly string[] } = {},
) {
  const file = join(scratch, 'observations')
  writeFileSync(file, evidence)
  const chain = {
    reads: { functionById: async () => scene.known, nodeCount: async () => 1 },
    audits: { postedRound: async () => postedRound(101n) },
    network: { coordinators: told.coordinators ?? [] },
  } as unknown as ChainAccess // All that is asked of a chain here.
  const fulfillment = {
    ...scene.fulfilled.fulfillment,
    evidenceHash: evidenceHashOf(evidence),
    exit: 0,
    ...certified,
  }
  const found = { ...scene.honest, fulfilled: { ...scene.fulfilled, fulfillment } }
  return reexecute(chain, found, told.files ?? { evidence: file }, createOutput({ json: true }))
}

const word = (value: number) => toBytesBE(BigInt(value), 32)
const hex = (value: number) => toHex(word(value))
const valued = (scene: Scene, ...values: readonly number[]) =>
  values.map((value, seat) => scene.seen(seat, { output: word(value) }))

describe('re-execution of an aggregate', () => {
  it('passes when its report follows from what members signed, and shows what each of them saw [AUD-2]', async () => {
    const scene = sceneOf(MEDIAN)
    const observations = [
      ...valued(scene, 1200, 1000, 9000),
      scene.seen(3, { output: word(1100) }),
      scene.seen(4, { exit: 7 }),
    ]
    // Of the three that count seat 3 used the most.
    const step = await again(scene, encodeEvidence(observations), { output: hex(1100), fuelUsed: 11n })
    assert.equal(step.verdict, 'passed', step.detail)
    assert.match(step.detail, /by median of 5 signed observations: what each member saw is its own word$/)
    assert.deepEqual(
      step.observations?.map(({ seat, values, counts, exit }) => [seat, values, counts, exit]),
      [
        [0, ['12.00'], true, 0],
        [1, ['10.00'], true, 0],
        [2, ['90.00'], false, 0],
        [3, ['11.00'], true, 0],
        [4, undefined, false, 7],
      ],
    )
    const { snapshot, committee } = scene
    assert.equal(step.observations?.[2]?.attestor, snapshot.members[committee[2] ?? 0]?.attestor)
    const lines = linesOf({ observations: step.observations ?? [] })
    assert.match(lines[2] ?? '', /^seat 2 {2}0x[0-9a-fA-F]{40} {2}90\.00, left out: too far from the median$/)
    assert.match(lines[4] ?? '', /failed with exit 7$/)
  })

  it('fails when output, fuel or exit certified is another than they make [AUD-2]', async () => {
    const scene = sceneOf(MEDIAN)
    const evidence = encodeEvidence(valued(scene, 1200, 1000, 1100, 1150))
    const right = { output: hex(1100), fuelUsed: 11n }
    assert.equal((await again(scene, evidence, right)).verdict, 'passed')
    for (const wrong of [{ output: hex(1101) }, { fuelUsed: 12n }, { exit: 3 }]) {
      const { verdict, detail, observations } = await again(scene, evidence, { ...right, ...wrong })
      assert.equal(verdict, 'failed')
      assert.match(detail, /this machine gives/)
      assert.equal(observations?.length, 4)
    }
  })

  it('fails when an observation is not signed by its seat, is out of bounds, or too few are there [AUD-2] [AGG-10]', async () => {
    const scene = sceneOf(MEDIAN)
    const three = valued(scene, 1200, 1000, 1100)
    const right = { output: hex(1100), fuelUsed: 11n }
    const broken: readonly [readonly Observation[], RegExp][] = [
      [[...three, scene.seen(3, { output: word(1150), by: 2 })], /seat 3 does not count: bad-signature/],
      [[...three, scene.seen(3, { fuelUsed: FUEL_LIMIT + 1n })], /seat 3 does not count: fuel-above-limit/],
      [[...three, scene.seen(3, { output: new Uint8Array(33) })], /seat 3 does not count: output-too-large/],
      [three, /3 observations of the 4/],
    ]
    for (const [observations, reason] of broken) {
      const { verdict, detail } = await again(scene, encodeEvidence(observations), right)
      assert.equal(verdict, 'failed')
      assert.match(detail, reason)
    }
    const four = sceneOf(MEDIAN, 4)
    const undecided = [...valued(four, 1200, 1000), four.seen(2, { exit: 1 })]
    const { verdict, detail } = await again(four, encodeEvidence(undecided), right)
    assert.deepEqual([verdict, /decide nothing/.test(detail)], ['failed', true])
  })

  it('fails when what was certified is no list of observations [AUD-2] [AGG-3]', async () => {
    const scene = sceneOf(MEDIAN)
    const transcript = [
      { capability: 'http', operation: 'request', request: Uint8Array.of(1), response: Uint8Array.of(2) },
    ] as const
    const told = await again(scene, encodeTranscript(transcript), {
      evidenceHash: transcriptDigest(transcript),
    })
    assert.deepEqual([told.verdict, told.detail], ['failed', 'what it rests on is no list of observations'])
    const cut = encodeEvidence(valued(scene, 1, 2, 3, 4)).subarray(0, -1)
    const short = await again(scene, cut, {})
    assert.deepEqual([short.verdict, /cut short/.test(short.detail)], ['failed', true])
  })

  it('weighs members by their stake in the snapshot that drew them [AUD-2] [AGG-4]', async () => {
    const scene = sceneOf('kind=weighted-mean;type=uint256')
    const values = [1000, 2000, 4000, 9000]
    const weights = scene.committee.slice(0, 4).map((index) => scene.snapshot.members[index]?.weight ?? 0n)
    const total = weights.reduce((sum, weight) => sum + weight)
    const mean = weights.reduce((sum, weight, i) => sum + weight * BigInt(values[i] ?? 0), 0n) / total
    assert.notEqual(mean, 4000n)
    const evidence = encodeEvidence(valued(scene, ...values))
    const step = await again(scene, evidence, { output: hex(Number(mean)), fuelUsed: 11n })
    assert.equal(step.verdict, 'passed', step.detail)
    assert.equal((await again(scene, evidence, { output: hex(4000), fuelUsed: 11n })).verdict, 'failed')
  })

  it('says of a mode how many saw each [AUD-2]', async () => {
    const scene = sceneOf('kind=mode;type=uint8')
    const evidence = encodeEvidence(valued(scene, 3, 5, 3, 3, 5))
    const step = await again(scene, evidence, { output: hex(3), fuelUsed: 12n })
    assert.equal(step.verdict, 'passed', step.detail)
    const shares = [
      { values: ['3'], count: 3, percent: 60 },
      { values: ['5'], count: 2, percent: 40 },
    ]
    assert.deepEqual(step.shares, shares)
    const lines = linesOf({ observations: [], shares })
    assert.deepEqual(lines, ['3: 3 that count, 60 % of them', '5: 2 that count, 40 % of them'])
  })

  it('fetches the observations from the nodes that keep them [AUD-2] [RUN-95]', async () => {
    const scene = sceneOf(MEDIAN)
    const evidence = encodeEvidence(valued(scene, 1200, 1000, 1100, 1150))
    const [coordinator, member] = [await peer(), await peer()]
    const peers = encodePeers([{ peer: member.self, addresses: member.addresses() }])
    await coordinator.handle(PEERS, async () => peers)
    const kept = { has: () => true, get: async () => evidence }
    await serveEvidence({ transport: member, evidence: kept, log: silentLog, isRegistered: () => false })
    const told = { files: {}, coordinators: coordinator.addresses() }
    const step = await again(scene, evidence, { output: hex(1100), fuelUsed: 11n }, told)
    assert.equal(step.verdict, 'passed', step.detail)
  })

  it('has no verdict when nobody serves them, and takes no module where none is run [AUD-2]', async () => {
    const scene = sceneOf(MEDIAN)
    const evidence = encodeEvidence(valued(scene, 1200, 1000, 1100, 1150))
    await assert.rejects(again(scene, evidence, {}, { files: {} }), { code: 'EVIDENCE_UNAVAILABLE' })
    const files = { module: moduleFile, evidence: join(scratch, 'observations') }
    await assert.rejects(again(scene, evidence, {}, { files }), { code: 'INVALID_INPUT' })
  })
})

describe('re-execution of an aggregate of the function’s own rule', () => {
  /** The guest gives the first bytes of what it reads and its length, and ends with the second byte: the count. */
  const combined = (scene: Scene) => {
    const observations = [0, 1, 2, 3].map((seat) => scene.seen(seat, { output: Uint8Array.of(seat, 9) }))
    const read = 2 + 4 * (16 + 2)
    const head = concatBytes([0, 4, 0, 0, 0, 0, 0, 0], [read, 0, 0, 0])
    return { evidence: encodeEvidence(observations), output: head }
  }
  const files = () => ({ module: moduleFile, evidence: join(scratch, 'observations') })

  it('runs the module’s aggregate on what members signed [AUD-2] [AGG-7]', async () => {
    const scene = sceneOf('kind=custom')
    const { evidence, output } = combined(scene)
    const right = { exit: 4, output, fuelUsed: 11n }
    const step = await again(scene, evidence, right, { files: files() })
    assert.equal(step.verdict, 'passed', step.detail)
    assert.match(step.detail, /by the function’s own aggregate of 4 signed observations/)
    assert.deepEqual(
      step.observations?.map(({ output: bytes, values, counts }) => [bytes, values, counts]),
      [0, 1, 2, 3].map((seat) => [`0x0${seat}09`, undefined, undefined]),
    )
    assert.match(linesOf({ observations: step.observations ?? [] })[1] ?? '', / 0x0109$/)
    for (const wrong of [{ exit: 5 }, { output: `${output.slice(0, -2)}01` as Hex }, { fuelUsed: 10n }])
      assert.equal(
        (await again(scene, evidence, { ...right, ...wrong }, { files: files() })).verdict,
        'failed',
      )
  })
})

describe('a value with decimals', () => {
  it('is written with its point where the agreement has it, and its sign before', () => {
    const cases: readonly [bigint, number, string][] = [
      [0n, 0, '0'],
      [5n, 2, '0.05'],
      [-5n, 2, '-0.05'],
      [-1234n, 0, '-1234'],
      [123_456n, 3, '123.456'],
    ]
    for (const [value, decimals, text] of cases) assert.equal(decimalText(value, decimals), text)
  })
})

function concatBytes(...parts: readonly (readonly number[])[]): Hex {
  return toHex(Uint8Array.from(parts.flat()))
}

async function peer(): Promise<Transport> {
  const transport = await createLibp2pTransport({
    privateKey: randomBytes(32),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    log: silentLog,
  })
  transports.push(transport)
  return transport
}
