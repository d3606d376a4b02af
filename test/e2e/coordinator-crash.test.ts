import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import type { Sandbox } from '../../src/ports/sandbox.ts'
import type { RequestId } from '../../src/protocol/types.ts'
import { type LocalNetwork, startLocalNetwork, until } from './support/local-network.ts'

/** Long enough to notice that the coordinator holds a quorum, and kill it. */
const GRACE_MS = 2_500

async function died(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

async function certifiedAt(network: LocalNetwork, requestId: RequestId): Promise<void> {
  const certified = (line: string): boolean => line.includes(requestId) && line.includes('"certified"')
  await until('the coordinator holds a quorum', async () =>
    network.coordinatorLog().split('\n').some(certified),
  )
}

/** The request's fulfilments on chain, and what the committee earned by them. */
async function settled(network: LocalNetwork, requestId: RequestId) {
  const all = await network.chain.audits.fulfillments()
  const credits = await Promise.all(
    network.nodes.map(({ keys }) => network.chain.audits.nodeCreditOf(keys.attestor)),
  )
  return {
    times: all.filter((fulfilled) => fulfilled.requestId === requestId).length,
    seatsPaid: credits.reduce((sum, credit) => sum + credit, 0n) / 10n ** 14n,
  }
}

describe('a coordinator killed after it gathered a quorum and before it submitted', () => {
  describe('when it starts again and no member stands in', () => {
    let network: LocalNetwork
    before(async () => {
      network = await startLocalNetwork({
        nodes: 5,
        standInMs: 600_000,
        windowSeconds: 30,
        wrapSandbox: oneLiar,
      })
    })
    after(() => network?.close())

    it('submits what it had on disk: the request is fulfilled exactly once', async () => {
      const first = await network.startCoordinator(GRACE_MS)
      await network.seal()
      const functionId = await network.deployFunction()
      const requestId = await network.request(functionId)
      await certifiedAt(network, requestId)
      await died(first)
      assert.equal((await network.chain.reads.statusOf(requestId)).status, 'open')
      await network.startCoordinator(0)
      await until(
        'it is fulfilled',
        async () => (await network.chain.reads.statusOf(requestId)).status === 'fulfilled',
      )
      assert.deepEqual(await settled(network, requestId), { times: 1, seatsPaid: 4n })
    })
  })

  describe('when it never comes back', () => {
    let network: LocalNetwork
    before(async () => {
      network = await startLocalNetwork({
        nodes: 5,
        standInMs: 6_000,
        windowSeconds: 30,
        wrapSandbox: oneLiar,
      })
    })
    after(() => network?.close())

    it('is replaced by a member: the request is fulfilled exactly once', async () => {
      const coordinator = await network.startCoordinator(GRACE_MS)
      await network.seal()
      const functionId = await network.deployFunction()
      const requestId = await network.request(functionId)
      await certifiedAt(network, requestId)
      await died(coordinator)
      await until(
        'it is fulfilled',
        async () => (await network.chain.reads.statusOf(requestId)).status === 'fulfilled',
      )
      const fulfilled = await network.chain.audits.fulfilled(requestId)
      assert.ok(network.nodes.some(({ keys }) => keys.attestor === fulfilled?.submitter.toLowerCase()))
      assert.deepEqual(await settled(network, requestId), { times: 1, seatsPaid: 4n })
    })
  })
})

/** With one liar a quorum is never complete, so the grace period is always waited for. */
function oneLiar(index: number, sandbox: Sandbox): Sandbox {
  if (index !== 4) return sandbox
  return {
    run: async (job) => {
      const result = await sandbox.run(job)
      return { ...result, output: result.output.map((byte) => byte ^ 1) }
    },
    close: () => sandbox.close(),
  }
}
