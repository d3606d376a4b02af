/** Who may add a slasher, and how long everybody is warned. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, getAddress, getContract, type Hex, parseAbi } from 'viem'
import { nodeRegistryAbi } from '../../src/protocol/abi/node-registry.ts'
import { createWorld, EPOCH_SECONDS, given, nodeKey, revertOf, ZERO_HASH } from './support/world.ts'

const UNBONDING_SECONDS = 1200n
const DELAY = UNBONDING_SECONDS + BigInt(EPOCH_SECONDS)
const abi = parseAbi([
  'function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay)',
  'function execute(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt) payable',
  'function updateDelay(uint256 newDelay)',
  'function getMinDelay() view returns (uint256)',
  'error DelayTooShort(uint256 delay, uint256 delayMin)',
  'error TimelockInsufficientDelay(uint256 delay, uint256 minDelay)',
  'error TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)',
  'error TimelockUnauthorizedCaller(address caller)',
  'error AccessControlUnauthorizedAccount(address account, bytes32 neededRole)',
])

const built = given(async () => {
  const world = await createWorld()
  const { deployer } = world.accounts
  const proposer = deployer.account.address
  const deploy = (delay: bigint) =>
    world.viem.deployContract('DikastTimelock', [
      world.deployment.nodeRegistry,
      delay,
      [proposer],
      [proposer],
    ])
  const { address } = await deploy(DELAY)
  const timelock = getContract({ abi, address, client: { public: world.publicClient, wallet: deployer } })
  const ownable = parseAbi(['function transferOwnership(address)'])
  await world.receiptOf(
    deployer.writeContract({
      address: world.deployment.nodeRegistry,
      abi: ownable,
      functionName: 'transferOwnership',
      args: [address],
    }),
  )
  const call = async (to: Hex, data: Hex): Promise<void> => {
    await timelock.write.schedule([to, 0n, data, ZERO_HASH, ZERO_HASH, DELAY])
    await world.networkHelpers.time.increase(DELAY)
    await timelock.write.execute([to, 0n, data, ZERO_HASH, ZERO_HASH])
  }
  return { world, timelock, deploy, call }
})

describe('the timelock', () => {
  it('[ADM-1] gives everybody time to leave with their stake, an epoch and the unbonding period, now and later', async () => {
    const { timelock, deploy, call } = built()
    await assert.rejects(deploy(DELAY - 1n))
    const shorten = (delay: bigint) =>
      call(timelock.address, encodeFunctionData({ abi, functionName: 'updateDelay', args: [delay] }))
    await assert.rejects(shorten(DELAY - 1n))
    assert.equal(await timelock.read.getMinDelay(), DELAY)
    assert.equal(await revertOf(timelock.write.updateDelay([DELAY * 2n])), 'TimelockUnauthorizedCaller')
  })

  it('[ADM-1] adds a slasher after its delay, and not a second sooner', async () => {
    const { world, timelock, call } = built()
    const registry = world.deployment.nodeRegistry
    const accept = encodeFunctionData({
      abi: parseAbi(['function acceptOwnership()']),
      functionName: 'acceptOwnership',
    })
    await call(registry, accept)
    const { address: slasher } = await world.viem.deployContract('Slasher', [
      registry,
      nodeKey(1).attestor,
      63n,
    ])
    const data = encodeFunctionData({ abi: nodeRegistryAbi, functionName: 'addSlasher', args: [slasher] })
    assert.equal(await revertOf(world.nodes.write.addSlasher([slasher])), 'OwnableUnauthorizedAccount')
    const args = [registry, 0n, data, ZERO_HASH, ZERO_HASH] as const
    assert.equal(await revertOf(timelock.write.schedule([...args, DELAY - 1n])), 'TimelockInsufficientDelay')
    await timelock.write.schedule([...args, DELAY])
    await world.networkHelpers.time.increase(DELAY - 2n)
    assert.equal(await revertOf(timelock.write.execute(args)), 'TimelockUnexpectedOperationState')
    await world.networkHelpers.time.increase(2n)
    await timelock.write.execute(args)
    const slashers = [world.deployment.slasher, slasher].map((one) => getAddress(one))
    assert.deepEqual(await world.nodes.read.slashers(), slashers)
  })
})
