import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryNetwork } from '../../src/adapters/transport/memory.ts'
import { encodeEvidence, evidenceHashOf } from '../../src/core/consensus/aggregate/evidence.ts'
import { encodeTranscript, type Transcript, transcriptDigest } from '../../src/core/transcript.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { Transport } from '../../src/ports/transport.ts'
import { MODULE_CHUNK_BYTES_MAX } from '../../src/protocol/limits.ts'
import type { Hash } from '../../src/protocol/types.ts'
import {
  EvidenceUnavailableError,
  fetchEvidence,
  serveEvidence,
} from '../../src/runtime/evidence-exchange.ts'
import {
  decodeEvidenceQuery,
  EVIDENCE_GET,
  encodeEvidenceBytes,
  encodeEvidenceQuery,
} from '../../src/runtime/wire.ts'
import { nodeOf, promptly, recordingLog } from './support.ts'

const entry = (fill: number, bytes = 4) =>
  ({
    capability: 'http',
    operation: 'request',
    request: Uint8Array.of(fill),
    response: new Uint8Array(bytes).fill(fill),
  }) as const
/** Three parts. */
const TRANSCRIPT: Transcript = [entry(1, 2 * MODULE_CHUNK_BYTES_MAX), entry(2)]
const DIGEST = transcriptDigest(TRANSCRIPT)
const FILE = encodeTranscript(TRANSCRIPT)

async function networkOf(count: number) {
  const network = new MemoryNetwork({ schedule: promptly })
  const peers = Array.from({ length: count }, (_, i) => network.join(nodeOf(`evidence peer ${i}`).peer))
  for (const one of peers) for (const other of peers) await one.learn(other.self, other.addresses())
  return peers as readonly Transport[] as [Transport, Transport, ...Transport[]]
}

function serve(transport: Transport, ...kept: readonly Transcript[]) {
  const held = new Map<Hash, Uint8Array>(kept.map((one) => [transcriptDigest(one), encodeTranscript(one)]))
  const evidence = { has: (digest: Hash) => held.has(digest), get: async (digest: Hash) => held.get(digest) }
  return { held, served: serveEvidence({ transport, evidence, log: silentLog, isRegistered: () => false }) }
}

describe('evidence between peers', () => {
  it('is read by anyone from whoever has it, part by part [RUN-95]', async () => {
    const [auditor, without, member] = (await networkOf(3)) as [Transport, Transport, Transport]
    await serve(without).served
    await serve(member, [entry(9)], TRANSCRIPT).served
    assert.deepEqual(await fetchEvidence(auditor, DIGEST, [without.self, member.self]), FILE)
  })

  it('may be the observations of an aggregate, under their own digest [RUN-95] [AGG-3]', async () => {
    const [auditor, liar, member] = (await networkOf(3)) as [Transport, Transport, Transport]
    const observations = encodeEvidence([
      { seat: 1, exit: 0, fuelUsed: 3n, output: Uint8Array.of(7), signature: `0x${'0b'.repeat(64)}` },
    ])
    const digest = evidenceHashOf(observations)
    const serving = (transport: Transport, bytes: Uint8Array) =>
      serveEvidence({
        transport,
        evidence: { has: () => true, get: async () => bytes },
        log: silentLog,
        isRegistered: () => false,
      })
    await serving(liar, Uint8Array.of(...observations.subarray(0, -1), 0x0c))
    await serving(member, observations)
    await assert.rejects(fetchEvidence(auditor, digest, [liar.self]), EvidenceUnavailableError)
    assert.deepEqual(await fetchEvidence(auditor, digest, [liar.self, member.self]), observations)
  })

  it('counts only with its digest, whatever peers send [RUN-95]', async () => {
    const hostile: ((offset: number) => Uint8Array)[] = [
      // Another transcript, whole and well-formed.
      () =>
        encodeEvidenceBytes({
          total: encodeTranscript([entry(7)]).length,
          bytes: encodeTranscript([entry(7)]),
        }),
      // The right digest written above other entries.
      () => {
        const forged = encodeTranscript([entry(7)])
        forged.set(FILE.subarray(0, 60))
        return encodeEvidenceBytes({ total: forged.length, bytes: forged })
      },
      () => Uint8Array.of(0xff),
      () => encodeEvidenceBytes({ total: 3 * MODULE_CHUNK_BYTES_MAX, bytes: Uint8Array.of(1) }),
      () => {
        throw new Error('no')
      },
    ]
    const peers = await networkOf(hostile.length + 2)
    const asked: number[][] = []
    for (const [i, answer] of hostile.entries()) {
      const offsets: number[] = []
      asked.push(offsets)
      await peers[i + 1]?.handle(EVIDENCE_GET, async (_from, payload) => {
        const { offset } = decodeEvidenceQuery(payload)
        offsets.push(offset)
        return answer(offset)
      })
    }
    const liars = peers.slice(1, -1).map(({ self }) => self)
    await assert.rejects(fetchEvidence(peers[0], DIGEST, liars), EvidenceUnavailableError)
    assert.ok(asked.every(({ length }) => length === 1))
    const member = peers.at(-1) as Transport
    await serve(member, TRANSCRIPT).served
    assert.deepEqual(await fetchEvidence(peers[0], DIGEST, [...liars, member.self]), FILE)
  })

  it('is not served once it is not held, not even from memory [RUN-95]', async () => {
    const [auditor, member] = await networkOf(2)
    const { held, served } = serve(member, TRANSCRIPT)
    await served
    await fetchEvidence(auditor, DIGEST, [member.self])
    held.clear()
    await assert.rejects(fetchEvidence(auditor, DIGEST, [member.self]), { code: 'EVIDENCE_UNAVAILABLE' })
  })

  it('tells peers nothing of what ails this machine [RUN-95]', async () => {
    const [auditor, member] = await networkOf(2)
    const log = recordingLog()
    const evidence = {
      has: () => true,
      get: async () => {
        throw new Error('EIO: /home/op')
      },
    }
    await serveEvidence({ transport: member, evidence, log, isRegistered: () => false })
    const query = encodeEvidenceQuery({ evidenceHash: DIGEST, offset: 0 })
    await assert.rejects(auditor.call(member.self, EVIDENCE_GET, query), /could not be taken now$/)
    assert.match(String(log.lines[0]?.fields.reason), /EIO/)
  })
})
