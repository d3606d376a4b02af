/** Running again what was told from outside: a guest of the Blockless SDK, recorded against a server that is then gone. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createSandbox } from '../../../src/adapters/sandbox/sandbox.ts'
import { createLibp2pTransport } from '../../../src/adapters/transport/libp2p.ts'
import { failureOf } from '../../../src/apps/cli/failure.ts'
import { createOutput } from '../../../src/apps/cli/output.ts'
import { reexecute } from '../../../src/apps/cli/reexecute.ts'
import type { Files } from '../../../src/apps/cli/rerun.ts'
import type { ChainAccess } from '../../../src/apps/shared/chain-access.ts'
import type { AuditEvidence } from '../../../src/core/audit/evidence.ts'
import { evidenceHashOf } from '../../../src/core/consensus/aggregate/evidence.ts'
import { NO_EVIDENCE } from '../../../src/core/request/attestation.ts'
import {
  encodeTranscript,
  recordingSession,
  type Transcript,
  transcriptDigest,
} from '../../../src/core/transcript.ts'
import { toHex } from '../../../src/crypto/bytes.ts'
import { beaconPublicKey, decompressG1, randomnessOf, signRound } from '../../../src/crypto/drand.ts'
import { functionIdOf } from '../../../src/crypto/function-id.ts'
import { sha256Hex } from '../../../src/crypto/hash.ts'
import { silentLog } from '../../../src/ports/log.ts'
import type { SandboxResult } from '../../../src/ports/sandbox.ts'
import type { Transport } from '../../../src/ports/transport.ts'
import type { Consensus, FunctionSpec, Hex } from '../../../src/protocol/types.ts'
import { serveEvidence } from '../../../src/runtime/evidence-exchange.ts'
import { encodePeers, PEERS } from '../../../src/runtime/wire.ts'
import { serve, sessionWith, stop } from '../../adapters/host/support.ts'
import { compileGuest } from '../../fixtures/blockless/compile.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-again-'))
const moduleFile = join(scratch, 'guest.wasm')
const evidenceFile = join(scratch, 'run.transcript')
const ZERO: Hex = `0x${'00'.repeat(32)}`
const owner: Hex = `0x${'04'.repeat(20)}`
const secret: Hex = `0x${'07'.repeat(32)}`
const compressed = signRound(secret, 101n)
const posted = { round: 101n, randomness: randomnessOf(compressed), signature: decompressG1(compressed) }

let spec: FunctionSpec
let input: Uint8Array
let certified: SandboxResult
let transcript: Transcript
const transports: Transport[] = []

before(async () => {
  const local = await serve((_incoming, outgoing) => void outgoing.end('the price is 7'))
  const module = await compileGuest('guest')
  writeFileSync(moduleFile, module)
  spec = {
    kind: 'wasm',
    moduleHash: sha256Hex(module),
    entry: '_start',
    runtime: 'deterministic-1',
    capabilities: `0x${'00'.repeat(31)}01`,
    permissions: [local.origin],
    consensus: 1,
    agreement: '',
    committeeSize: 5,
    fuelLimit: 1_000_000_000n,
    memoryBytesMax: 16_777_216n,
    outputBytesMax: 32_768,
    windowSeconds: 30,
    flatFeePerSeat: 1n,
    fuelPrice: 0n,
    royalty: 0n,
    verifierSelector: '0x00000001',
    verificationKeyHash: ZERO,
    challengeWindow: 0,
  }
  input = new TextEncoder().encode(`twice|${local.origin}/1|${local.origin}/2`)
  const config = { grants: [{ permission: local.origin, allowPrivate: true }] }
  const session = recordingSession(sessionWith(config).session)
  const sandbox = createSandbox({ workers: 1 })
  try {
    certified = await sandbox.run({
      moduleHash: spec.moduleHash,
      module,
      runtime: spec.runtime,
      fuelLimit: spec.fuelLimit,
      entry: spec.entry,
      input,
      seed: new Uint8Array(32),
      clockNs: 0n,
      memoryBytesMax: Number(spec.memoryBytesMax),
      outputBytesMax: spec.outputBytesMax,
      wallClockMsMax: 60_000,
      host: session,
    })
  } finally {
    await sandbox.close()
    await session.close()
    await stop(local)
  }
  transcript = session.transcript()
  assert.ok(transcript.length >= 2, `${transcript.length} calls`)
  writeFileSync(evidenceFile, encodeTranscript(transcript))
})
after(async () => {
  for (const transport of transports) await transport.stop()
  rmSync(scratch, { recursive: true, force: true })
})

interface Told {
  readonly evidenceHash?: Hex
  readonly consensus?: Consensus
  readonly permissions?: readonly string[]
  readonly agreement?: string
  readonly fuelMore?: bigint
  readonly coordinators?: readonly string[]
}

function again(files: Files, told: Told = {}) {
  const { permissions = spec.permissions, agreement = spec.agreement } = told
  const known = { ...spec, permissions, agreement }
  const functionId = functionIdOf(owner, known)
  const chain = {
    reads: {
      functionById: async () => ({ functionId, owner, spec: known, uris: [] }),
      nodeCount: async () => 1,
    },
    audits: { postedRound: async () => posted },
    network: { coordinators: told.coordinators ?? [] },
  } as unknown as ChainAccess // All that is asked of a chain here.
  const evidence = {
    requestId: `0x${'0a'.repeat(32)}`,
    submitted: {
      request: {
        functionId,
        consensus: told.consensus ?? 'pbft',
        input: toHex(input),
        fuelLimit: spec.fuelLimit,
        outputBytesMax: spec.outputBytesMax,
        attempts: [{ round: 101n }],
      },
    },
    beacon: { publicKey: beaconPublicKey(secret), genesisTime: 1_000n, periodSeconds: 1n },
    fulfilled: {
      fulfillment: {
        attempt: 0,
        exit: certified.exit,
        fuelUsed: certified.fuelUsed + (told.fuelMore ?? 0n),
        output: toHex(certified.output),
        evidenceHash: told.evidenceHash ?? transcriptDigest(transcript),
      },
    },
  } as unknown as AuditEvidence // The rest of it is the audit's business.
  return reexecute(chain, evidence, { module: moduleFile, ...files }, createOutput({ json: true }))
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

describe('re-execution of a function that reaches outside', () => {
  it('passes from the transcript of a file, without the server it was recorded from [RUN-96]', async () => {
    const { verdict, detail } = await again({ evidence: evidenceFile })
    assert.equal(verdict, 'passed', detail)
    assert.match(detail, new RegExp(`told what ${transcript.length} recorded calls answered$`))
  })

  it('says that a function’s validate is not asked again: what it was asked about is gone [AUD-3]', async () => {
    const validated = await again({ evidence: evidenceFile }, { agreement: 'check=validate' })
    assert.equal(validated.verdict, 'passed', validated.detail)
    assert.match(validated.detail, /validate is not asked again/)
    const compared = await again({ evidence: evidenceFile }, { agreement: 'check=rerun' })
    assert.doesNotMatch(compared.detail, /validate/)
  })

  it('runs what a leader of raft ran, from its transcript [AUD-3]', async () => {
    const led = await again({ evidence: evidenceFile }, { consensus: 'raft' })
    assert.equal(led.verdict, 'passed', led.detail)
    assert.equal(
      (await again({ evidence: evidenceFile }, { consensus: 'raft', fuelMore: 1n })).verdict,
      'failed',
    )
  })

  it('fails when no node can read how the function agrees, and when observations are certified for a run [AUD-3]', async () => {
    const unread = await again({ evidence: evidenceFile }, { agreement: 'check=maybe' })
    assert.deepEqual([unread.verdict, /no node can read/.test(unread.detail)], ['failed', true])
    const observations = new Uint8Array(32)
    const file = join(scratch, 'observations')
    writeFileSync(file, observations)
    const other = await again({ evidence: file }, { evidenceHash: evidenceHashOf(observations) })
    assert.deepEqual([other.verdict, /is no transcript of a run/.test(other.detail)], ['failed', true])
  })

  it('passes from the transcript that a node serves [RUN-95] [RUN-96]', async () => {
    const [coordinator, member] = [await peer(), await peer()]
    const told = encodePeers([{ peer: member.self, addresses: member.addresses() }])
    await coordinator.handle(PEERS, async () => told)
    const evidence = { has: () => true, get: async () => encodeTranscript(transcript) }
    await serveEvidence({ transport: member, evidence, log: silentLog, isRegistered: () => false })
    const { verdict, detail } = await again({}, { coordinators: coordinator.addresses() })
    assert.equal(verdict, 'passed', detail)
  })

  it('has no verdict when nobody serves the transcript: that is the network’s failure [RUN-96]', async () => {
    await assert.rejects(again({}), (error) => {
      const { code, exit, message, fix } = failureOf(error)
      assert.deepEqual([code, exit], ['EVIDENCE_UNAVAILABLE', 3])
      assert.match(message, /cannot be made again now/)
      assert.match(fix ?? '', /--evidence/)
      return true
    })
  })

  it('refuses a file that is another’s transcript, none, or for a result without evidence [RUN-96]', async () => {
    const other = join(scratch, 'other.transcript')
    writeFileSync(other, encodeTranscript(transcript.slice(1)))
    const nonsense = join(scratch, 'nonsense')
    writeFileSync(nonsense, 'nonsense')
    for (const evidence of [other, nonsense, join(scratch, 'missing')])
      await assert.rejects(again({ evidence }), { code: 'INVALID_INPUT' })
    await assert.rejects(again({ evidence: evidenceFile }, { evidenceHash: NO_EVIDENCE }), {
      code: 'INVALID_INPUT',
    })
  })

  /** A transcript that is certified, and not of this run. */
  const certifying = (certifiedTranscript: Transcript) => {
    const file = join(scratch, 'certified.transcript')
    writeFileSync(file, encodeTranscript(certifiedTranscript))
    return again({ evidence: file }, { evidenceHash: transcriptDigest(certifiedTranscript) })
  }

  it('fails when the run asks for what the transcript does not hold, and for less than it holds [RUN-96]', async () => {
    const [first, ...rest] = transcript
    assert.ok(first !== undefined)
    const swapped = await certifying([...rest, first])
    assert.deepEqual([swapped.verdict, /asks for something else/.test(swapped.detail)], ['failed', true])
    const short = await certifying(transcript.slice(0, -1))
    assert.deepEqual([short.verdict, /no more calls/.test(short.detail)], ['failed', true])
    const long = await certifying([...transcript, first])
    assert.deepEqual([long.verdict, /asks for less/.test(long.detail)], ['failed', true])
    const none = await again({}, { evidenceHash: NO_EVIDENCE })
    assert.deepEqual([none.verdict, /no more calls/.test(none.detail)], ['failed', true])
  })

  it('fails when another answer was recorded, or one unit of fuel more was certified [RUN-96]', async () => {
    const forged = transcript.map((entry) => ({
      ...entry,
      response: Uint8Array.from(Buffer.from(entry.response.map((byte) => (byte === 0x37 ? 0x38 : byte)))),
    }))
    const other = await certifying(forged)
    assert.deepEqual([other.verdict, /this machine gives/.test(other.detail)], ['failed', true])
    assert.equal((await again({ evidence: evidenceFile }, { fuelMore: 1n })).verdict, 'failed')
  })

  it('fails when evidence is certified for a function that reaches nothing [RUN-96]', async () => {
    for (const told of [{ consensus: 'exact' }, { permissions: [] }] as const) {
      const { verdict, detail } = await again({ evidence: evidenceFile }, told)
      assert.equal(verdict, 'failed')
      assert.match(detail, /reaches nothing outside/)
    }
  })
})
