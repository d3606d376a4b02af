/** A node of the chain that fails in the middle: commands end, in bounded time, and say what may have happened. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { type Ended, failureIn, runProcess } from '../../apps/cli/support/run.ts'
import { PRICES } from '../support/local-network.ts'
import { type RpcProxyOptions, startRpcProxy } from '../support/rpc-proxy.ts'
import { type CliWorld, DEPLOYER, FUNCTION, PATIENT, STRANGER } from './world.ts'

/**
 * A command that has not ended by then is killed and has no exit code. It needs 42 s at the most (three tries of ten for an
 * answer, silence of twelve); a busy machine takes its time.
 */
const KILLED_MS = 240_000
/** One question, asked three times. */
const ASKED_MUTE = 3
const SEND = 'eth_sendRawTransaction'

type Fate = NonNullable<RpcProxyOptions['fate']>
type Told = Ended & { readonly asked: readonly string[] }

/** Suites between `begin` and `conclude` need not wait for patience to run out. */
export function failingRpc(world: CliWorld) {
  const ask = ['request', FUNCTION, '--input', PRICES, '--wait']
  const through = async (fate: Fate, args: readonly string[], account = DEPLOYER): Promise<Told> => {
    const proxy = await startRpcProxy(world.network.rpcUrl, { fate })
    const env = world.environment(account)
    const ended = await runProcess([...args, '--rpc', proxy.url, '--json'], { env, timeoutMs: KILLED_MS })
    await proxy.close()
    return { ...ended, asked: proxy.seen }
  }
  let runs: Readonly<Record<'early' | 'underway' | 'waiting' | 'mute', Promise<Told>>>

  /** Side by side: an account each. */
  const begin = (): void => {
    let sent = false
    runs = {
      early: through((_call, nth) => (nth > 3 ? 'cut' : 'pass'), ask),
      underway: through(({ method }) => (method === SEND ? 'cut' : 'pass'), ask, STRANGER),
      waiting: through(
        ({ method }) => {
          sent ||= method === SEND
          // After the transaction contracts are read only to see whether the request is still open.
          return sent && method === 'eth_call' ? 'cut' : 'pass'
        },
        ask,
        PATIENT,
      ),
      mute: through(() => 'mute', ['function', 'list']),
    }
    for (const run of Object.values(runs)) run.catch(() => {}) // Told where it is awaited.
  }

  const conclude = (): unknown =>
    describe('a node of the chain that fails in the middle', { timeout: KILLED_MS + 60_000 }, () => {
      const ends = async (run: Promise<Told>, message: RegExp, fix: RegExp): Promise<void> => {
        const ended = await run
        assert.equal(ended.code, EXIT.network, ended.out)
        assert.equal(ended.err, '')
        const failure = failureIn(ended)
        assert.equal(failure.code, 'CHAIN')
        assert.match(failure.message, message)
        assert.match(failure.fix, fix)
      }

      it('ends a command with 3 when it is gone before anything was sent', () =>
        ends(runs.early, /unreachable/, /--rpc/))

      it('ends it when a transaction is under way, and says that it may still be mined', () =>
        ends(runs.underway, /stopped answering while transaction .* it may still be mined/, /before running/))

      it('ends it when a request is waited for, and says which: it goes on', () =>
        ends(runs.waiting, /request 0x[0-9a-f]{64} was made, but the node/, /dikast status 0x[0-9a-f]{64}/))

      it('ends it when the node takes the question and never answers, after asking three times', async () => {
        await ends(runs.mute, /127\.0\.0\.1:\d+ does not answer as a JSON-RPC node/, /rpcUrl/)
        assert.deepEqual((await runs.mute).asked, Array(ASKED_MUTE).fill('eth_chainId'))
      })
    })

  return { begin: () => before(begin), conclude }
}
