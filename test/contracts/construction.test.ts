/** What a contract is built with stays for good: what cannot work is refused then, by name. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Hex } from 'viem'
import { constructorArgs, encodeBeaconKey } from '../../src/apps/shared/deploy-config.ts'
import { beaconPublicKey } from './support/beacon.ts'
import { createWorld, given, PERIOD_SECONDS, revertOf } from './support/world.ts'

const ZERO_ADDRESS = `0x${'00'.repeat(20)}` as const

const built = given(async () => ({ world: await createWorld() }))

/** Each change alone is refused under the field's name. */
async function refuses(
  name: string,
  argsWith: (field: string) => readonly unknown[],
  fields: readonly string[],
) {
  const { viem } = built().world
  for (const field of fields) {
    const deploying = viem.deployContract(name as 'ComputeMarket', argsWith(field) as never)
    await assert.rejects(deploying, new RegExp(`InvalidConfig\\("${field}"\\)`), field)
  }
}

describe('a market', () => {
  const config = () => {
    const { deployment, accounts } = built().world
    const { nodeRegistry, beaconRegistry, functionRegistry, challengeCourt, bounties } = deployment
    const registries = { nodeRegistry, beaconRegistry, functionRegistry, court: challengeCourt, bounties }
    const owner = accounts.deployer.account.address
    return { ...registries, owner, ...constructorArgs(deployment.config).market }
  }

  it('has a treasury, a protocol fee of at most a fifth, and a court that is a contract', async () => {
    const wrong: Readonly<Record<string, object>> = {
      treasury: { treasury: ZERO_ADDRESS },
      protocolFeeBps: { protocolFeeBps: 2_001 },
      court: { court: built().world.accounts.stranger.account.address },
    }
    await refuses('ComputeMarket', (field) => [{ ...config(), ...wrong[field] }], Object.keys(wrong))
    await built().world.viem.deployContract('ComputeMarket', [
      { ...config(), protocolFeeBps: 2_000 },
    ] as never)
  })

  it('asks registries that answer as registries do, or nothing', async () => {
    const { world } = built()
    const { viem, deployment, accounts } = world
    // A contract that has neither terms nor rounds.
    const deaf = await viem.deployContract('ComputeMarket', [
      { ...config(), functionRegistry: deployment.verifierRouter },
    ] as never)
    const functionId = await world.deployFunction()
    await world.sealNodes(5)
    const call = {
      abi: world.market.abi,
      address: deaf.address as Hex,
      functionName: 'quote',
      args: [world.paramsOf(functionId)],
      account: accounts.requester.account,
    } as const
    assert.equal(await revertOf(world.publicClient.readContract(call)), 'RegistryUnreadable')
  })
})

describe('a court', () => {
  it('hears by a beacon that is a contract', async () => {
    const stranger = built().world.accounts.stranger.account.address
    await refuses('ChallengeCourt', () => [stranger, 24n], ['beacon'])
  })
})

describe('a beacon', () => {
  it('has a first round, and time between its rounds', async () => {
    const key = encodeBeaconKey(beaconPublicKey)
    const wrong: Readonly<Record<string, readonly unknown[]>> = {
      genesis: [key, 0n, PERIOD_SECONDS],
      periodSeconds: [key, 1n, 0n],
    }
    await refuses('BeaconRegistry', (field) => wrong[field] ?? [], Object.keys(wrong))
    const { address } = await built().world.viem.deployContract('BeaconRegistry', [key, 1n, 1n])
    const { beacon, publicClient } = built().world
    const call = { abi: beacon.abi, address, functionName: 'timeOfRound' } as const
    assert.equal(await publicClient.readContract({ ...call, args: [2n] }), 2n)
    assert.equal(await revertOf(publicClient.readContract({ ...call, args: [0n] })), 'InvalidRound')
  })
})
