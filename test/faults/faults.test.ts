/**
 * All modes over real libp2p, with f members killed, frozen, cut off or lying: every request is certified once, with the right
 * result. With more than f, nothing wrong ever is.
 *
 * `DIKAST_FAULTS_SIZES` names the committees' sizes, such as `4`; all of 4, 7 and 13 without it.
 */
import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { faultsTolerated, quorumOf } from '../../src/core/consensus/quorum.ts'
import { Committee, type CommitteeOptions, GOOD, LIE } from './committee.ts'
import { MODES } from './member.ts'

const SIZES = (process.env.DIKAST_FAULTS_SIZES ?? '4,7,13').split(',').map(Number)
/** A certificate takes milliseconds, and views that end take seconds: what lasts longer will not come. */
const PATIENCE_MS = 120_000
/** For what must not come. */
const SILENCE_MS = 6_000
let committee: Committee | undefined
afterEach(async () => {
  await committee?.stop()
  committee = undefined
})

async function start(options: CommitteeOptions): Promise<Committee> {
  committee = await Committee.start(options)
  return committee
}

/** Certified, once, with this result, and nobody who is honest was convicted. */
async function assertCertified(nonce: number): Promise<void> {
  assert.ok(committee)
  const id = committee.dispatch(nonce)
  const ms = await committee.certifiedWithin(id, PATIENCE_MS)
  assert.notEqual(ms, undefined, `request ${nonce} was not certified`)
  assert.equal(committee.certified.get(id)?.outcome.output.at(-1), GOOD.output[0])
  assert.equal(committee.roots.get(id)?.size, 1)
  assert.deepEqual([...committee.convicted], [])
}

for (const size of SIZES) {
  for (const mode of MODES) {
    // Raft survives the crash of a minority, and no lie.
    const faults = mode === 'raft' ? Math.ceil(size / 2) - 1 : faultsTolerated(size)
    const faulty = Array.from({ length: faults }, (_, i) => size - 1 - i)
    const options: CommitteeOptions = { size, mode, accepts: ({ output }) => output[0] === 1 }

    describe(`${mode} of ${size}, ${faults} of them faulty`, () => {
      it('certifies when all are well, ten requests at a time', async () => {
        const { certified, certifiedWithin, dispatch, roots } = bound(await start(options))
        const ids = Array.from({ length: 10 }, (_, nonce) => dispatch(nonce))
        for (const id of ids) assert.notEqual(await certifiedWithin(id, PATIENCE_MS), undefined)
        assert.deepEqual(
          ids.map((id) => certified.get(id)?.outcome.output.at(-1)),
          ids.map(() => 1),
        )
        assert.ok(ids.every((id) => roots.get(id)?.size === 1))
      })

      it('certifies with the faulty ones killed, and when they are back', async () => {
        const own = await start(options)
        for (const seat of faulty) await own.kill(seat)
        await assertCertified(1)
        for (const seat of faulty) await own.restart(seat)
        await assertCertified(2)
      })

      it('certifies with the faulty ones frozen', async () => {
        const own = await start(options)
        await assertCertified(1)
        own.freeze(faulty)
        await assertCertified(2)
        own.freeze(faulty, false)
        await assertCertified(3)
      })

      it('certifies with the faulty ones cut off, in the middle and from the start', async () => {
        const own = await start({ ...options, delayMs: 20 })
        const id = own.dispatch(1)
        setTimeout(() => own.partition(faulty), 30)
        assert.notEqual(await own.certifiedWithin(id, PATIENCE_MS), undefined)
        await assertCertified(2)
        own.partition(faulty, false)
        await assertCertified(3)
      })

      it('certifies nothing while more are cut off than it survives, and does when they are back', async () => {
        const own = await start(options)
        const many = Array.from({ length: size - quorumOf(mode, size) + 1 }, (_, i) => i)
        // Each from all: together they might be a quorum of their own.
        for (const seat of many) own.partition([seat])
        const id = own.dispatch(1)
        assert.equal(await own.certifiedWithin(id, SILENCE_MS), undefined)
        for (const seat of many) own.partition([seat], false)
        assert.notEqual(await own.certifiedWithin(id, PATIENCE_MS), undefined)
        assert.equal(own.roots.get(id)?.size, 1)
      })

      if (mode !== 'raft') {
        it('certifies what is right with the faulty ones lying', async () => {
          await start({ ...options, outcome: (seat) => (faulty.includes(seat) ? LIE : GOOD) })
          for (let nonce = 0; nonce < 4; nonce++) await assertCertified(nonce)
        })

        it('certifies nothing wrong when one more lies', async () => {
          const liars = [...faulty, 0]
          const own = await start({ ...options, outcome: (seat) => (liars.includes(seat) ? LIE : GOOD) })
          const ids = [1, 2, 3].map((nonce) => own.dispatch(nonce))
          await own.certifiedWithin(ids[0] ?? '0x', SILENCE_MS)
          for (const id of ids) assert.notEqual(own.certified.get(id)?.outcome.output.at(-1), LIE.output[0])
        })
      }
    })
  }
}

function bound(own: Committee) {
  return {
    certified: own.certified,
    roots: own.roots,
    dispatch: own.dispatch.bind(own),
    certifiedWithin: own.certifiedWithin.bind(own),
  }
}
