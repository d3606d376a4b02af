/** A JSON-RPC that alters one thing: the audit fails at exactly that step. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { decompressG1, g2ToEip2537 } from '../../../src/crypto/drand.ts'
import type { Hex } from '../../../src/protocol/types.ts'
import { type Ended, jsonOf } from '../../apps/cli/support/run.ts'
import { type RpcCall, type RpcProxyOptions, startRpcProxy } from '../support/rpc-proxy.ts'
import { type CliWorld, flip, NODES } from './world.ts'

type Alter = NonNullable<RpcProxyOptions['alter']>
export function describeLyingRpc(world: CliWorld): void {
  describe('dikast verify against an RPC that lies', () => {
    /** The verdict through a proxy that alters results. */
    async function verdict(alter: Alter, expected: number) {
      const proxy = await startRpcProxy(world.network.rpcUrl, { alter })
      try {
        const ended = await world.json(['verify', world.requestId, '--rpc', proxy.url])
        assert.equal(ended.code, expected, ended.out)
        return ended
      } finally {
        await proxy.close()
      }
    }
    const failedIn = (ended: Ended): readonly string[] => {
      const { steps } = jsonOf(ended) as { steps: readonly { id: string; verdict: string }[] }
      return steps.filter((step) => step.verdict === 'failed').map(({ id }) => id)
    }

    async function evidence() {
      const { audits, reads } = world.network.chain
      const submitted = (await audits.submitted(world.requestId)) ?? assert.fail('submitted')
      const fulfilled = (await audits.fulfilled(world.requestId)) ?? assert.fail('fulfilled')
      const { round } = submitted.request.attempts[fulfilled.fulfillment.attempt] ?? assert.fail('an attempt')
      return { submitted, fulfilled, round, snapshot: await reads.snapshot(submitted.request.snapshot) }
    }

    it('passes through a proxy that alters nothing', async () => {
      const ended = await verdict((_call, result) => result, EXIT.ok)
      assert.deepEqual(failedIn(ended), [])
    })

    type Evidence = Awaited<ReturnType<typeof evidence>>
    const tampered: readonly [string, string, (known: Evidence) => Alter][] = [
      [
        'the input',
        'request',
        ({ submitted }) => inLogs(submitted.request.input, flip(submitted.request.input, 40)),
      ],
      [
        'the time of fulfilment',
        'round',
        ({ fulfilled }) =>
          (call, result) =>
            call.params[0] === fulfilled.at.blockHash && isBlock(result)
              ? { ...result, timestamp: '0x1' }
              : result,
      ],
      [
        'the beacon’s signature',
        'beacon',
        ({ round }) =>
          inLogs(
            decompressG1(world.network.beacon.roundSignature(round)),
            decompressG1(world.network.beacon.roundSignature(round + 1n)),
          ),
      ],
      [
        'the beacon’s signature, to no point of the curve,',
        'beacon',
        ({ round }) => {
          const signature = decompressG1(world.network.beacon.roundSignature(round))
          return inLogs(signature, flip(signature, 127))
        },
      ],
      [
        'the beacon’s log, to none,',
        'beacon',
        () =>
          ({ method, params }, result) => {
            const [filter] = params as readonly { address?: string | readonly string[] }[]
            const of = [filter?.address ?? []].flat()
            const { beaconRegistry } = world.network.chain.network.deployment
            return method === 'eth_getLogs' && of.some((one) => sameText(one, beaconRegistry)) ? [] : result
          },
      ],
      [
        'the registered key, to no point of the curve,',
        'beacon',
        () => {
          const key = g2ToEip2537(world.network.beacon.info.publicKey)
          return ({ method }, result) =>
            method === 'eth_call' ? String(result).replace(key.slice(2), flip(key, 255).slice(2)) : result
        },
      ],
      [
        'the attempt that was fulfilled, to one the request does not have,',
        'round',
        ({ fulfilled }) => {
          const { attempt, certificate } = fulfilled.fulfillment
          assert.equal(attempt, 0)
          return ({ method }, result) =>
            method === 'eth_getLogs' && Array.isArray(result)
              ? result.map((log: { data: string }) => ({
                  ...log,
                  data: log.data.includes(certificate.slice(2)) ? withAttempt(log.data, 7) : log.data,
                }))
              : result
        },
      ],
      [
        'the seal of the epoch, to none,',
        'snapshot',
        ({ submitted }) => {
          const sealed = submitted.request.snapshot.slice(2)
          return ({ method }, result) =>
            method === 'eth_call' && String(result).includes(sealed.toLowerCase())
              ? `0x${'0'.repeat(String(result).length - 2)}`
              : result
        },
      ],
      [
        'the snapshot’s code',
        'snapshot',
        ({ submitted }) =>
          (call, result) =>
            call.method === 'eth_getCode' && sameText(call.params[0], submitted.request.snapshot)
              ? flip(result as Hex, 9)
              : result,
      ],
      [
        'the committee the market names',
        'committee',
        () => (call, result) =>
          call.method === 'eth_call' && committeeAnswer(result) ? flip(result as Hex, 64 + 31) : result,
      ],
      [
        'a byte of the output',
        'output',
        ({ fulfilled }) => inLogs(fulfilled.fulfillment.output, flip(fulfilled.fulfillment.output, 31)),
      ],
      [
        'a byte of a signature',
        'attestations',
        ({ fulfilled }) =>
          inLogs(fulfilled.fulfillment.certificate, flip(fulfilled.fulfillment.certificate, 40)),
      ],
      [
        'the refund',
        'payment',
        ({ fulfilled }) => inLogs(word(fulfilled.payment.refund), word(fulfilled.payment.refund + 1n)),
      ],
    ]
    for (const [name, step, alterOf] of tampered) {
      it(`ends with 1 and fails at ${step} when ${name} is altered`, async () => {
        assert.deepEqual(failedIn(await verdict(alterOf(await evidence()), EXIT.no)), [step])
      })
    }

    it('ends with 1 when the fulfilment is hidden, and with 2 when the request is', async () => {
      const { fulfilled, submitted } = await evidence()
      const hide = (transactionHash: Hex) => (_call: RpcCall, result: unknown) =>
        Array.isArray(result)
          ? result.filter((log) => (log as { transactionHash?: Hex }).transactionHash !== transactionHash)
          : result
      assert.deepEqual(failedIn(await verdict(hide(fulfilled.at.transactionHash), EXIT.no)), ['round'])
      await verdict(hide(submitted.at.transactionHash), EXIT.usage)
    })
  })
}

/** Replaces bytes in the data of every log. */
function inLogs(from: string, to: string): Alter {
  return ({ method }, result) => {
    if (method !== 'eth_getLogs' || !Array.isArray(result)) return result
    return result.map((log: { data: string }) => ({
      ...log,
      data: log.data.replace(from.slice(2), to.slice(2)),
    }))
  }
}

/** Another attempt in the data of a `RequestFulfilled` log: four words of payment, an offset, and the fulfilment. */
function withAttempt(data: string, attempt: number): string {
  const [payment, offset, rest] = [data.slice(2, 258), data.slice(258, 322), data.slice(386)]
  assert.equal(BigInt(`0x${offset}`), 160n)
  return `0x${payment}${offset}${word(BigInt(attempt)).slice(2)}${rest}`
}

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`
}

function isBlock(result: unknown): result is object {
  return typeof result === 'object' && result !== null && 'timestamp' in result
}

function sameText(a: unknown, b: string): boolean {
  return typeof a === 'string' && a.toLowerCase() === b.toLowerCase()
}

/** The answer of `committeeOf`: an array of small numbers. */
function committeeAnswer(result: unknown): boolean {
  return (
    typeof result === 'string' &&
    new RegExp(`^0x0{62}20${word(BigInt(NODES)).slice(2)}(0{63}[0-9]){${NODES}}$`).test(result)
  )
}
