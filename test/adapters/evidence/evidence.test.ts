import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { after, describe, it } from 'node:test'
import { openEvidence } from '../../../src/adapters/evidence/evidence.ts'
import {
  decodeTranscript,
  TRANSCRIPT_FILE_BYTES_MAX,
  type Transcript,
  transcriptDigest,
} from '../../../src/core/transcript.ts'
import { EvidenceFullError } from '../../../src/ports/evidence.ts'
import { EVIDENCE_PERIOD_SECONDS } from '../../../src/protocol/limits.ts'
import type { Hash } from '../../../src/protocol/types.ts'
import { handClock, recordingLog } from '../../runtime/support.ts'

const scratch = mkdtempSync(join(tmpdir(), 'dikast-evidence-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const NOW_MS = 1_700_000_000_000
const PERIOD_MS = EVIDENCE_PERIOD_SECONDS * 1000

const transcriptOf = (bytes: number, fill = 1): Transcript => [
  {
    capability: 'http',
    operation: 'request',
    request: Uint8Array.of(fill),
    response: new Uint8Array(bytes).fill(fill),
  },
]

async function folderWith(quotaBytes = 1_000_000, dir = mkdtempSync(join(scratch, 'kept-'))) {
  const clock = handClock(NOW_MS)
  const log = recordingLog()
  const open = () => openEvidence({ dir, quotaBytes, clock, log })
  return { dir, clock, log, open, evidence: await open() }
}

describe('kept evidence', () => {
  it('is read back by its digest, also after a restart [RUN-93]', async () => {
    const { evidence, open } = await folderWith()
    const transcript = transcriptOf(20_000)
    const digest = await evidence.keep(transcript)
    assert.equal(digest, transcriptDigest(transcript))
    for (const folder of [evidence, await open()]) {
      assert.equal(folder.has(digest), true)
      assert.deepEqual(decodeTranscript((await folder.get(digest)) ?? new Uint8Array()), transcript)
    }
    assert.equal(evidence.has(transcriptDigest(transcriptOf(1))), false)
    assert.equal(await evidence.get(transcriptDigest(transcriptOf(1))), undefined)
  })

  it('is for its owner alone on disk: responses may hold secrets [RUN-93]', async () => {
    const { dir, evidence } = await folderWith()
    await evidence.keep(transcriptOf(1))
    const [name = ''] = readdirSync(dir)
    assert.equal(statSync(join(dir, name)).mode & 0o077, 0)
  })

  it('goes when its period is over, by the clock and across restarts, and not before [RUN-93]', async () => {
    const { dir, clock, evidence, open } = await folderWith()
    const digest = await evidence.keep(transcriptOf(1))
    clock.advance(PERIOD_MS - 1)
    await evidence.sweep()
    const again = await open()
    assert.deepEqual([evidence.has(digest), again.has(digest)], [true, true])
    clock.advance(1)
    assert.deepEqual([again.has(digest), await again.get(digest)], [false, undefined])
    await again.sweep()
    assert.deepEqual([readdirSync(dir), again.usedBytes()], [[], 0])
  })

  it('begins its period anew when it is kept again, and counts once [RUN-93]', async () => {
    const { clock, evidence } = await folderWith()
    const digest = await evidence.keep(transcriptOf(20_000))
    const used = evidence.usedBytes()
    clock.advance(PERIOD_MS - 1)
    await evidence.keep(transcriptOf(20_000))
    clock.advance(PERIOD_MS - 1)
    assert.deepEqual([evidence.has(digest), evidence.usedBytes()], [true, used])
  })

  it('has a quota nothing exceeds; nothing makes room before its time, and small files count 16 KiB [RUN-93]', async () => {
    const { dir, clock, evidence } = await folderWith(3 * 16_384)
    for (const fill of [1, 2, 3]) await evidence.keep(transcriptOf(1, fill))
    await assert.rejects(evidence.keep(transcriptOf(1, 4)), EvidenceFullError)
    assert.equal(readdirSync(dir).length, 3)
    assert.equal(evidence.has(transcriptDigest(transcriptOf(1, 1))), true)
    clock.advance(PERIOD_MS)
    await evidence.sweep()
    await evidence.keep(transcriptOf(1, 4))
  })

  it('holds to its quota when many are kept at once [RUN-93]', async () => {
    const { dir, evidence } = await folderWith(3 * 16_384)
    const kept = await Promise.allSettled([1, 2, 3, 4, 5].map((fill) => evidence.keep(transcriptOf(1, fill))))
    assert.equal(kept.filter(({ status }) => status === 'fulfilled').length, 3)
    assert.equal(readdirSync(dir).length, 3)
  })

  it('says beforehand when the largest transcript would find no room [RUN-93]', async () => {
    const { evidence } = await folderWith(TRANSCRIPT_FILE_BYTES_MAX + 16_384)
    assert.doesNotThrow(() => evidence.assertRoom())
    await evidence.keep(transcriptOf(1, 1))
    assert.doesNotThrow(() => evidence.assertRoom())
    await evidence.keep(transcriptOf(1, 2))
    assert.throws(() => evidence.assertRoom(), EvidenceFullError)
  })

  it('is no evidence any more when its file is another’s: it is removed, reported and not had [RUN-93]', async () => {
    for (const spoil of [
      (bytes: Buffer) => bytes.fill(0, bytes.length - 1),
      (bytes: Buffer) => bytes.subarray(0, -1),
      () => Buffer.from('nonsense'),
    ]) {
      const { dir, log, evidence } = await folderWith()
      const digest = await evidence.keep(transcriptOf(100))
      const path = join(dir, readdirSync(dir)[0] ?? '')
      writeFileSync(path, spoil(readFileSync(path)))
      assert.equal(await evidence.get(digest), undefined)
      assert.deepEqual([evidence.has(digest), readdirSync(dir)], [false, []])
      assert.deepEqual(
        log.lines.map(({ event }) => event),
        ['evidence corrupt'],
      )
    }
  })

  it('that a crash left half written is cleared away [RUN-93]', async () => {
    const { dir, open } = await folderWith()
    writeFileSync(join(dir, '.new-half'), 'half')
    await open()
    assert.deepEqual(readdirSync(dir), [])
  })

  it('leaves the node free while it is digested, written and checked [RUN-93]', async () => {
    const { evidence } = await folderWith(100_000_000)
    // Digesting it takes far longer than all else that is done with it.
    const transcript = transcriptOf(8 * 1024 * 1024)
    const busyDuring = async (work: () => Promise<unknown>) => {
      const before = performance.eventLoopUtilization()
      await work()
      return performance.eventLoopUtilization(before).utilization
    }
    let digest: Hash = '0x'
    const keeping = await busyDuring(async () => {
      digest = await evidence.keep(transcript)
    })
    assert.ok(keeping < 0.5, `the loop was busy for ${keeping} of it`)
    const reading = await busyDuring(async () => assert.ok(await evidence.get(digest)))
    assert.ok(reading < 0.5, `the loop was busy for ${reading} of it`)
  })
})
