/** A live deployment against this source. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PublicClient } from 'viem'
import { formatDeployment } from '../../scripts/deploy.ts'
import { reviveRecord, verifyDeployment } from '../../scripts/verify-deployment.ts'
import { createWorld, given } from './support/world.ts'

const built = given(async () => ({ world: await createWorld() }))

async function failuresOf(change: Partial<ReturnType<typeof reviveRecord>> = {}): Promise<readonly string[]> {
  const { world } = built()
  const record = reviveRecord(formatDeployment(world.deployment))
  const checks = await verifyDeployment(world.publicClient as unknown as PublicClient, {
    ...record,
    ...change,
  })
  assert.equal(checks.length, 12)
  return checks.filter(({ verdict }) => verdict === 'failed').map(({ name }) => name)
}

describe('verifying a deployment', () => {
  it('[ADM-2] finds the code of this source, with the parameters of its file', async () => {
    assert.deepEqual(await failuresOf(), [])
  })

  it('[ADM-2] finds other parameters, other code, and no code', async () => {
    const { world } = built()
    const { config, beaconRegistry, functionRegistry } = world.deployment
    const market = { ...config.market, leadSeconds: config.market.leadSeconds + 1 }
    assert.deepEqual(await failuresOf({ config: { ...config, market } }), ['ComputeMarket'])
    assert.deepEqual(await failuresOf({ functionRegistry: beaconRegistry }), [
      'FunctionRegistry',
      'ComputeMarket',
    ])
    const beacon = world.accounts.stranger.account.address
    assert.deepEqual(await failuresOf({ ecdsaQuorumVerifier: beacon }), [
      'verifiers/EcdsaQuorumVerifier',
      'ecdsa verifier',
    ])
    assert.deepEqual(await failuresOf({ chainId: 1 }), ['chain'])
    const code = await world.publicClient.getCode({ address: functionRegistry })
    const test = await world.viem.getTestClient()
    await test.setCode({ address: functionRegistry, bytecode: `${code}00` as `0x${string}` })
    assert.deepEqual(await failuresOf(), ['FunctionRegistry'])
  })
})
