import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { capabilitySet } from '../../src/core/permissions/capability.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import type { TransactionOutcome, TransactionSender } from '../../src/ports/chain.ts'
import type { Liveness } from '../../src/ports/market.ts'
import type { Job } from '../../src/ports/queue.ts'
import { InvalidInputError } from '../../src/protocol/errors.ts'
import { FunctionDeclinedError } from '../../src/runtime/declined.ts'
import { type JobDependencies, jobs, performJob } from '../../src/runtime/jobs.ts'
import { idOf, RIGHT, recordingLog, requestOf, settled } from './support.ts'

const request = requestOf(1)
const id = idOf(request)
const call = { to: id, data: '0x' } as const
const mined: TransactionOutcome = { type: 'mined', hash: id, blockNumber: 1n, gasUsed: 1n }

function dependencies(
  patch: Partial<JobDependencies> = {},
  send: TransactionSender['send'] = async () => mined,
) {
  const log = recordingLog()
  const told: string[] = []
  const deps: JobDependencies = {
    sender: { address: id, send, close: async () => {} },
    beacon: {
      info: () => assert.fail(),
      round: async (round) => ({ round, signature: '0x', randomness: tagHash(`randomness ${round}`) }),
      randomnessOf: () => assert.fail(),
      close: async () => {},
    },
    reads: {
      snapshot: () => assert.fail(),
      randomness: async () => undefined,
      roundSignature: () => assert.fail(),
      raisedFee: async () => undefined,
      functionById: () => assert.fail(),
      verificationKey: () => assert.fail(),
      epochClock: () => assert.fail(),
      latestSealedEpoch: async () => undefined,
      latestSnapshot: async () => undefined,
      sealedEpochOf: async () => undefined,
      sealProgress: () => assert.fail(),
      placeCount: async () => 704,
      liveness: async () => undefined,
    },
    calls: {
      postRound: () => call,
      postRoundPaid: () => undefined,
      sealEpochPaid: () => undefined,
      sealEpoch: () => call,
      sealCapabilities: () => call,
      renew: () => call,
      fulfill: () => call,
      expire: () => call,
      resolve: () => call,
      finalize: () => call,
    },
    log,
    openRequest: () => request,
    dueFulfillment: () => undefined,
    dueFinality: () => undefined,
    execute: () => undefined,
    prove: () => undefined,
    onProven: () => {},
    onOutcome: () => told.push('outcome'),
    onTimedOut: () => told.push('timed out'),
    onDeclined: () => told.push('declined'),
    baseFeePerGas: () => 1n,
    postedRandomness: async (round) => tagHash(`randomness ${round}`),
    onRound: (round, randomness) =>
      told.push(
        `round ${round} ${randomness === tagHash(`randomness ${round}`) ? 'as the beacon says' : ''}`,
      ),
    onSealed: (epoch) => told.push(`sealed ${epoch}`),
    sealDue: () => undefined,
    onCapabilitiesSealed: (_, epoch) => told.push(`set sealed ${epoch}`),
    capabilitiesDue: () => undefined,
    isCovered: async () => true,
    onUncovered: (_, epoch) => told.push(`uncovered ${epoch}`),
    ...patch,
  }
  return { deps, log, told }
}

describe('a job', () => {
  it('that runs a function tells its outcome, and a failure here is nobody’s outcome [RUN-23]', async () => {
    const good = dependencies({ execute: async () => RIGHT })
    await performJob(good.deps, jobs.execute(id))
    const bad = dependencies({ execute: () => Promise.reject(new Error('no memory')) })
    await performJob(bad.deps, jobs.execute(id))
    const closed = dependencies({ openRequest: () => undefined, execute: () => assert.fail() })
    await performJob(closed.deps, jobs.execute(id))
    assert.deepEqual([good.told, bad.told, closed.told], [['outcome'], [], []])
    assert.match(String(bad.log.lines[0]?.fields.reason), /no memory/)
  })

  it('that this node declines to run is no failure: the machine hears of it, the log names what is missing [RUN-92]', async () => {
    const declined = new FunctionDeclinedError(['https://a.example'])
    const { deps, log, told } = dependencies({ execute: () => Promise.reject(declined) })
    await performJob(deps, jobs.execute(id))
    assert.deepEqual(told, ['declined'])
    const [line] = log.lines
    assert.equal(line?.event, 'function declined')
    assert.deepEqual(line?.fields.missing, ['https://a.example'])
    assert.match(String(line?.fields.fix), /extensions file/)
  })

  it('that submits is held back while the requester pays less than the base fee [RUN-34]', async () => {
    const fulfillment = {
      attempt: 0,
      view: 0,
      exit: 0,
      fuelUsed: 20n,
      evidenceHash: tagHash('none'),
      output: '0x',
      certificate: '0x',
    } as const
    let sent = 0
    const send: TransactionSender['send'] = async () => {
      sent++
      return mined
    }
    const { deps, log } = dependencies({ dueFulfillment: () => fulfillment, baseFeePerGas: () => 2n }, send)
    await performJob(deps, jobs.submit(id, 0))
    assert.deepEqual([sent, log.lines[0]?.fields.maxFeePerGas], [0, 1])
    await performJob({ ...deps, baseFeePerGas: () => 1n }, jobs.submit(id, 0))
    assert.equal(sent, 1)
    // Raised by its requester since.
    const raised = { ...deps.reads, raisedFee: async () => 2n }
    await performJob({ ...deps, reads: raised }, jobs.submit(id, 0))
    assert.equal(sent, 2)
  })

  it('that makes final or resolves is held back as long, by what was the limit when it was certified [RUN-34]', async () => {
    const certified = {
      escrow: 1n,
      reimbursement: 0n,
      maxFeePerGas: 3n,
      certifiedAt: 1n,
      submitter: id,
      attempt: 0,
      exit: 0,
      fuelUsed: 1n,
      outputHash: id,
      signers: 1n,
    } as const
    const sent: string[] = []
    const send: TransactionSender['send'] = async ({ id: effect }) => {
      sent.push(effect)
      return mined
    }
    const due = { type: 'finalize', certified, output: '0x' } as const
    const { deps } = dependencies({ dueFinality: () => due, baseFeePerGas: () => 4n }, send)
    await performJob(deps, jobs.finalize(id))
    assert.deepEqual(sent, [])
    await performJob({ ...deps, baseFeePerGas: () => 3n }, jobs.finalize(id))
    assert.deepEqual(sent, [`finalize:${id}`])
  })

  it('that waits for its transaction gives its place back, and what becomes of it is no error [RUN-33]', async () => {
    let fail: (error: Error) => void = () => {}
    const send = () =>
      new Promise<TransactionOutcome>((_resolve, reject) => {
        fail = reject
      })
    const unhandled: unknown[] = []
    const hear = (reason: unknown): number => unhandled.push(reason)
    process.on('unhandledRejection', hear)
    const { deps, log } = dependencies({ minedMsMax: 10 }, send)
    await performJob(deps, jobs.expire(id))
    assert.equal(log.lines[0]?.event, 'transaction not mined yet')
    fail(new Error('the sender is closed'))
    await settled()
    process.off('unhandledRejection', hear)
    assert.deepEqual(unhandled, [])
  })

  it('whose transaction fails is failed, so that it is tried again [RUN-33]', async () => {
    const { deps } = dependencies({}, () => Promise.reject(new Error('no funds')))
    await assert.rejects(performJob(deps, jobs.expire(id)), /no funds/)
  })

  it('that finds its work done is done: quietly, by whatever name the revert has [RUN-33]', async () => {
    for (const error of ['RequestNotOpen', 'EpochAlreadySealed']) {
      const { deps, log } = dependencies({}, async () => ({ type: 'reverted', error, detail: error }))
      await performJob(deps, jobs.expire(id))
      assert.equal(log.lines[0]?.level, 'debug')
    }
    const other = dependencies({}, async () => ({ type: 'reverted', error: 'NotExpired', detail: 'no' }))
    await performJob(other.deps, jobs.expire(id))
    assert.equal(other.log.lines[0]?.level, 'warn')
  })

  it('that posts a round tells it when it is posted already [RUN-33]', async () => {
    const { deps, told } = dependencies({}, () => assert.fail())
    const reads = { ...deps.reads, randomness: async () => tagHash('what the RPC says') }
    await performJob({ ...deps, reads }, jobs.postRound(7n))
    assert.deepEqual(told, ['round 7 as the beacon says'])
  })

  it('that posts a round or seals is paid where somebody pays, and done all the same where it is not [RUN-46]', async () => {
    const paidCall = { ...call, data: '0xbb' } as const
    const play = async (job: Job, refusal?: string) => {
      const sent: string[] = []
      const send: TransactionSender['send'] = async ({ id: effect, data }) => {
        sent.push(`${effect} ${data}`)
        const refused = data === paidCall.data && refusal !== undefined
        return refused ? { type: 'reverted', error: refusal, detail: refusal } : mined
      }
      const { deps } = dependencies({ sealDue: () => (sent.length < 2 ? 6 : undefined) }, send)
      const calls = { ...deps.calls, postRoundPaid: () => paidCall, sealEpochPaid: () => paidCall }
      await performJob({ ...deps, calls }, job)
      return sent
    }
    const post = jobs.postRound(7n, { id, attempt: 0 })
    assert.deepEqual(await play(post), ['postRound:7:paid 0xbb'])
    assert.deepEqual(await play(post, 'RoundAlreadyPosted'), ['postRound:7:paid 0xbb'])
    assert.deepEqual(await play(post, 'RoundTooLate'), ['postRound:7:paid 0xbb', 'postRound:7 0x'])
    assert.deepEqual(await play(jobs.postRound(7n)), ['postRound:7 0x'])
    assert.deepEqual(await play(jobs.sealEpoch(6)), ['sealEpoch:6:0:paid 0xbb'])
    assert.deepEqual((await play(jobs.sealEpoch(6), 'NotBounties')).slice(0, 2), [
      'sealEpoch:6:0:paid 0xbb',
      'sealEpoch:6:0 0x',
    ])
  })

  it('that seals looks first, and sends nothing when it is not due after all [RUN-70]', async () => {
    const sent: string[] = []
    const send: TransactionSender['send'] = async (transaction) => {
      sent.push(transaction.id)
      return mined
    }
    const sealed = dependencies({ sealDue: () => undefined }, send)
    const reads = { ...sealed.deps.reads, latestSealedEpoch: async () => 5 }
    await performJob({ ...sealed.deps, reads }, jobs.sealEpoch(5))
    assert.deepEqual([sealed.told, sent], [['sealed 5'], []])
    let open = true
    const due = dependencies(
      { sealDue: () => (open ? 6 : undefined), onSealed: (epoch) => (open = epoch < 6) },
      send,
    )
    const sealing = { ...reads, latestSealedEpoch: async () => 5 + sent.length }
    await performJob({ ...due.deps, reads: sealing }, jobs.sealEpoch(6))
    assert.deepEqual(sent, ['sealEpoch:6:0'])
  })

  describe('that seals a set of capabilities', () => {
    const HTTP = capabilitySet(['http'])
    /** A registry whose newest sealed epoch is 6, and in which every step looks at 704 nodes. */
    function registry(
      count: number,
      options: { readonly begunAt?: number; readonly covered?: boolean } = {},
    ) {
      const sent: string[] = []
      let next = options.begunAt ?? 0
      let sealed = 5
      let known = -1
      const { deps, told } = dependencies(
        {
          capabilitiesDue: () => (known < 6 ? 6 : undefined),
          onCapabilitiesSealed: (_, epoch) => {
            known = epoch
          },
          isCovered: async () => options.covered ?? true,
        },
        async ({ id: effect }) => {
          sent.push(effect)
          next += 704
          if (next >= count) sealed = 6
          return mined
        },
      )
      const reads = {
        ...deps.reads,
        latestSnapshot: async () => ({ epoch: 6, blob: id, count }),
        sealedEpochOf: async () => sealed,
        // What other epochs left half done is no progress.
        sealProgress: async () => (next === 0 ? { epoch: 4, next: 704 } : { epoch: 6, next }),
      }
      const seal = (patch: Partial<JobDependencies> = {}) =>
        performJob({ ...deps, reads, ...patch }, jobs.sealCapabilities(HTTP, 6))
      return { seal, sent, told, deps, reads }
    }
    const stepAt = (next: number) => `sealCapabilities:${HTTP}:6:${next}`

    it('makes a step for each 704 nodes of the epoch’s snapshot, and goes on where another ended [RUN-75]', async () => {
      const small = registry(5)
      await small.seal()
      assert.deepEqual([small.sent, small.told], [[stepAt(0)], ['sealed 6']])
      const large = registry(1409)
      await large.seal()
      assert.deepEqual(large.sent, [stepAt(0), stepAt(704), stepAt(1408)])
      const begun = registry(1409, { begunAt: 704 })
      await begun.seal()
      assert.deepEqual(begun.sent, [stepAt(704), stepAt(1408)])
      const huge = registry(2 ** 32)
      await huge.seal()
      assert.equal(huge.sent.length, 6)
    })

    it('again sends nothing, and one that is not mined ends it [RUN-75]', async () => {
      const one = registry(1409)
      await one.seal()
      await one.seal()
      assert.equal(one.sent.length, 3)
      const refused = registry(1409)
      let asked = 0
      const send: TransactionSender['send'] = async () => {
        asked++
        return { type: 'reverted', error: 'EpochAlreadySealed', detail: 'no' }
      }
      await refused.seal({ sender: { address: id, send, close: async () => {} } })
      assert.equal(asked, 1)
      assert.equal((refused.deps.log as ReturnType<typeof recordingLog>).lines[0]?.level, 'debug')
    })

    it('sends nothing while no epoch is sealed, nor for one no node of which covers the set [RUN-75]', async () => {
      const none = registry(5)
      await none.seal({ reads: { ...none.reads, latestSnapshot: async () => undefined } })
      assert.deepEqual([none.sent, none.told], [[], []])
      const uncovered = registry(5, { covered: false })
      await uncovered.seal()
      assert.deepEqual([uncovered.sent, uncovered.told], [[], ['sealed 6', 'uncovered 6']])
      // Everybody left: there is nothing to look at.
      const empty = registry(0)
      await empty.seal({ isCovered: () => assert.fail() })
      assert.deepEqual([empty.sent, empty.told], [[], ['sealed 6', 'uncovered 6']])
    })
  })

  it('that seals makes a step for each 704 places, at most six, and stops at one that is not mined [RUN-72]', async () => {
    const sent: string[] = []
    const steps = async (places: number, sealedAfter = 99, minedBefore = 99) => {
      sent.length = 0
      let sealed = 5
      const { deps } = dependencies(
        { sealDue: () => (sealed < 6 ? 6 : undefined) },
        async ({ id: effect }) => {
          sent.push(effect)
          if (sent.length === sealedAfter) sealed = 6
          return sent.length <= minedBefore
            ? mined
            : { type: 'reverted', error: 'NothingToSeal', detail: 'no' }
        },
      )
      const reads = { ...deps.reads, placeCount: async () => places }
      await performJob({ ...deps, reads }, jobs.sealEpoch(6))
      return [...sent]
    }
    assert.deepEqual(await steps(1409), ['sealEpoch:6:0', 'sealEpoch:6:1', 'sealEpoch:6:2'])
    assert.equal((await steps(0)).length, 1)
    assert.equal((await steps(704)).length, 1)
    // Somebody else made the rest.
    assert.equal((await steps(4096, 3)).length, 3)
    assert.equal((await steps(4096, 99, 1)).length, 2)
    assert.equal((await steps(2 ** 32)).length, 6)
  })

  it('that renews does so once half of its time is over, with stake, and out of jail [RUN-73]', async () => {
    const attestor = `0x${'ab'.repeat(20)}` as const
    const renews = async (patch: Partial<Liveness>, epoch: number) => {
      const sent: string[] = []
      const { deps } = dependencies({}, async (transaction) => {
        sent.push(transaction.id)
        return mined
      })
      const live = { stake: 1n, liveUntil: 21, jailedUntil: 0, renewEpochs: 10, ...patch }
      const reads = { ...deps.reads, liveness: async () => live }
      await performJob({ ...deps, reads }, jobs.renew(attestor, epoch))
      return sent
    }
    assert.deepEqual(await renews({}, 15), [])
    assert.deepEqual(await renews({}, 16), ['renew:16'])
    // Lapsed long ago: it comes back by itself.
    assert.deepEqual(await renews({}, 99), ['renew:99'])
    assert.deepEqual(await renews({ jailedUntil: 17 }, 16), [])
    assert.deepEqual(await renews({ jailedUntil: 17 }, 17), ['renew:17'])
    assert.deepEqual(await renews({ stake: 0n }, 16), [])
    const { deps } = dependencies({}, () => assert.fail())
    await performJob(deps, jobs.renew(attestor, 16))
  })

  it('of a process without funds does nothing, and one nobody knows is refused [RUN-33]', async () => {
    await performJob({ ...dependencies().deps, sender: undefined }, jobs.expire(id))
    const unknown = { id: 'x', name: 'x', payload: {} }
    await assert.rejects(performJob(dependencies().deps, unknown), InvalidInputError)
    await assert.rejects(
      performJob(dependencies().deps, { ...jobs.expire(id), payload: {} }),
      InvalidInputError,
    )
  })
})
