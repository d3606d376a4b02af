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
    const { deployment } = built().world
    const { nodeRegistry, beaconRegistry, functionRegistry, challengeCourt, bounties } = deployment
    const registries = { nodeRegistry, beaconRegistry, functionRegistry, court: challengeCourt, bounties }
    return { ...registries, ...constructorArgs(deployment.config).market }
  }
  const owner = () => built().world.accounts.deployer.account.address

  /** A market of this configuration, with an extension of the same. */
  const deploy = async (config: object) => {
    const { viem } = built().world
    const extension = await viem.deployContract('MarketExtension', [config] as never)
    return await viem.deployContract('ComputeMarket', [config, owner(), extension.address] as never)
  }

  it('has a treasury, a protocol fee of at most a fifth, and a court that is a contract', async () => {
    const wrong: Readonly<Record<string, object>> = {
      treasury: { treasury: ZERO_ADDRESS },
      protocolFeeBps: { protocolFeeBps: 2_001 },
      court: { court: built().world.accounts.stranger.account.address },
    }
    const { marketExtension } = built().world.deployment
    const argsWith = (field: string) => [{ ...config(), ...wrong[field] }, owner(), marketExtension]
    await refuses('ComputeMarket', argsWith, Object.keys(wrong))
    await refuses('MarketExtension', (field) => argsWith(field).slice(0, 1), Object.keys(wrong))
    await deploy({ ...config(), protocolFeeBps: 2_000 })
  })

  it('[MKT-24] has an extension that was built with all the same constants, and no other', async () => {
    const { viem, accounts, market, deployment } = built().world
    assert.equal((await market.read.extension()).toLowerCase(), deployment.marketExtension)
    const other: Readonly<Record<string, unknown>> = {
      nodeRegistry: undefined,
      beaconRegistry: undefined,
      functionRegistry: deployment.verifierRouter,
      court: deployment.verifierRouter,
      bounties: ZERO_ADDRESS,
      treasury: accounts.stranger.account.address,
      leadSeconds: 25,
      epochAgeMax: 3,
      selectionFee: 1n,
      protocolFeeBps: 1,
      tipMax: 1n,
      gasBase: 1,
      gasPerSignature: 1,
      gasPerByte: 1,
      gasPerProof: 1,
      dataFee: deployment.verifierRouter,
    }
    assert.deepEqual(Object.keys(other).toSorted(), Object.keys(config()).toSorted())
    const differing = Object.keys(other).filter((field) => other[field] !== undefined)
    for (const field of differing) {
      const changed = { ...config(), [field]: other[field] }
      const { address } = await viem.deployContract('MarketExtension', [changed] as never)
      await refuses('ComputeMarket', () => [config(), owner(), address], ['extension'])
    }
    const nobody = accounts.stranger.account.address
    await refuses('ComputeMarket', () => [config(), owner(), nobody], ['extension'])
    await deploy(config())
  })

  it('asks registries that answer as registries do, or nothing', async () => {
    const { world } = built()
    const { deployment, accounts } = world
    // A contract that has neither terms nor rounds.
    const deaf = await deploy({ ...config(), functionRegistry: deployment.verifierRouter })
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
