import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InsufficientFundsError, sendOrThrow } from '../../../src/apps/cli/account.ts'
import { patientSender } from '../../../src/apps/cli/patience.ts'
import { runUntilSignal } from '../../../src/apps/shared/process.ts'
import { ChainError, type TransactionOutcome, type TransactionSender } from '../../../src/ports/chain.ts'
import { silentLog } from '../../../src/ports/log.ts'

const ACCOUNT = `0x${'aa'.repeat(20)}` as const
const CALL = { to: ACCOUNT, data: '0x' } as const
const MINED: TransactionOutcome = {
  type: 'mined',
  hash: `0x${'bb'.repeat(32)}`,
  blockNumber: 1n,
  gasUsed: 21_000n,
}
const QUICK = { pollMs: 5, silenceMsMax: 40, miningMsMax: 400 }

function senderOf(send: () => Promise<TransactionOutcome>): TransactionSender {
  return { address: ACCOUNT, send, close: async () => {} }
}

const never = () => new Promise<never>(() => {})
const answering = { block: async () => undefined }
const silent = {
  block: async () => {
    throw new ChainError('unreachable', 'gone')
  },
}

describe('a command waiting for its transaction', () => {
  it('gets the outcome as it is', async () => {
    const sender = patientSender(
      senderOf(async () => MINED),
      silent,
      QUICK,
    )
    assert.equal(await sender.send({ id: 'a', ...CALL }), MINED)
  })

  it('gives up when the node stays silent, and says that the transaction may still be mined', async () => {
    const sender = patientSender(senderOf(never), silent, QUICK)
    await assert.rejects(
      sender.send({ id: 'bond', ...CALL }),
      (error: Error & { reason?: string; fix?: string }) => {
        assert.equal(error.reason, 'unreachable')
        assert.match(error.message, /stopped answering.*«bond».*may still be mined/)
        assert.ok(error.fix)
        return true
      },
    )
  })

  it('survives a silence shorter than the bound', async () => {
    let asked = 0
    const flaky = {
      block: async () => {
        if (asked++ % 3 !== 2) throw new ChainError('unreachable', 'for a moment')
        return undefined
      },
    }
    const late = new Promise<TransactionOutcome>((resolve) => setTimeout(() => resolve(MINED), 150))
    assert.equal(
      await patientSender(
        senderOf(() => late),
        flaky,
        { ...QUICK, silenceMsMax: 100 },
      ).send({ id: 'a', ...CALL }),
      MINED,
    )
  })

  it('gives up when nothing is mined for too long, however well the node answers', async () => {
    const sender = patientSender(senderOf(never), answering, QUICK)
    await assert.rejects(sender.send({ id: 'a', ...CALL }), /nothing was mined in 0.4 s/)
  })
})

describe('a transaction the account cannot pay', () => {
  const told: readonly [string, ChainError][] = [
    [
      'before it is sent',
      new ChainError('insufficient-funds', `${ACCOUNT} has 1 wei, 3 are needed`, {
        fix: `send at least 2 wei to ${ACCOUNT}`,
      }),
    ],
    [
      'by geth',
      new ChainError('unreachable', 'the node refused: insufficient funds for gas * price + value'),
    ],
    [
      'by hardhat',
      new ChainError('unreachable', "the node refused: Sender doesn't have enough funds to send tx"),
    ],
  ]
  for (const [by, error] of told) {
    it(`is said to be that when refused ${by}, with the account to send to`, async () => {
      await assert.rejects(
        sendOrThrow(
          senderOf(() => Promise.reject(error)),
          'a',
          CALL,
        ),
        (thrown: unknown) => {
          assert.ok(thrown instanceof InsufficientFundsError)
          assert.match(thrown.fix ?? '', new RegExp(`send .* to ${ACCOUNT}`))
          return true
        },
      )
    })
  }

  it('is not confused with other refusals', async () => {
    const other = new ChainError('unreachable', 'the node refused: rate limit')
    await assert.rejects(
      sendOrThrow(
        senderOf(() => Promise.reject(other)),
        'a',
        CALL,
      ),
      (thrown: unknown) => thrown === other,
    )
  })
})

describe('a service that runs until told to stop', () => {
  it('is stopped also when its work fails, and the failure is told', async () => {
    let stops = 0
    const done = Promise.reject(new ChainError('wrong-chain', 'another chain'))
    const stop = async () => {
      stops++
    }
    await assert.rejects(runUntilSignal({ done, stop }, silentLog), { code: 'CHAIN' })
    assert.ok(stops > 0)
  })

  it('is stopped by SIGTERM', async () => {
    let stops = 0
    const running = runUntilSignal({ done: never(), stop: async () => void stops++ }, silentLog)
    process.emit('SIGTERM')
    await running
    assert.ok(stops > 0)
  })
})
