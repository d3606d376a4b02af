/** Functions that reach outside: the snapshot their committees are drawn from, as the command line sees to it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { awaitSnapshot } from '../../../src/apps/cli/capability-snapshot.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { createOutput, type Output } from '../../../src/apps/cli/output.ts'
import { openChain } from '../../../src/apps/shared/chain-access.ts'
import { readNetworkFile } from '../../../src/apps/shared/network-file.ts'
import { capabilitySet } from '../../../src/core/permissions/capability.ts'
import { fromHex } from '../../../src/crypto/bytes.ts'
import { addressOfPrivateKey } from '../../../src/crypto/signature.ts'
import { createWorld, given, nodeKey, STAKE_MIN } from '../../contracts/support/world.ts'
import { failureIn, jsonOf } from './support/run.ts'
import { served } from './support/served.ts'

/** An account is one process's at a time: no other file of tests uses these. */
const OWN = { deployer: 10, requester: 11, stranger: 12 } as const

const HTTP = capabilitySet(['http'])
const PBFT = 1

const built = given(async () => {
  const world = await createWorld()
  // Five of eight offer http.
  for (let i = 0; i < 8; i++)
    await world.register(nodeKey(i), STAKE_MIN, world.accounts.operator, i < 5 ? HTTP : capabilitySet([]))
  await world.nextEpoch()
  await world.nodes.write.sealEpoch()
  return { world, cli: await served(world) }
})
after(() => built().cli.close())

const sealedEpoch = async (): Promise<number | undefined> =>
  built()
    .world.nodes.read.latestSnapshot([HTTP])
    .then(
      ([epoch]) => epoch,
      () => undefined,
    )
const function_ = (committeeSize = 5) =>
  built().world.deployFunction({ consensus: PBFT, capabilities: HTTP, committeeSize })

describe('a request of a function whose nodes have no snapshot', () => {
  it('is refused with the command that makes one, and taken after it [REG-11]', async () => {
    const { world, cli } = built()
    const functionId = await function_()
    const ask = () => cli.dikast(['request', functionId, '--json'], OWN.requester)
    const refused = await ask()
    assert.equal(refused.code, EXIT.no)
    const { code, message, fix } = failureIn(refused)
    assert.equal(code, 'REVERTED')
    assert.match(message, /nodes that grant http have no snapshot/)
    assert.ok(fix.includes(`dikast function seal ${functionId}`))

    const sealed = await cli.dikast(['function', 'seal', functionId, '--json'], OWN.stranger)
    assert.equal(sealed.code, EXIT.ok, sealed.out)
    const { state, covering, nodes } = jsonOf(sealed) as { state: string; covering: number; nodes: number }
    assert.deepEqual([state, covering, nodes], ['sealed', 5, 8])
    assert.equal(await sealedEpoch(), await world.nodes.read.currentEpoch())
    assert.equal((await ask()).code, EXIT.ok)
    // Again it has nothing to do, and sends nothing.
    const blocks = await world.publicClient.getBlockNumber()
    assert.equal((await cli.dikast(['function', 'seal', functionId], OWN.stranger)).code, EXIT.ok)
    assert.equal(await world.publicClient.getBlockNumber(), blocks)
  })

  it('is told how many nodes grant what it needs, when they are too few', async () => {
    const { cli } = built()
    const functionId = await function_(6)
    const failure = failureIn(await cli.dikast(['request', functionId, '--json'], OWN.requester))
    assert.match(failure.message, /5 of 8 nodes .* grant http; at least 6 are needed/)
    assert.match(failure.fix, /until more nodes register/)
    const before = await sealedEpoch()
    const ended = await cli.dikast(['function', 'seal', functionId], OWN.stranger)
    assert.equal(ended.code, EXIT.no)
    assert.match(ended.out, /at least 6 are needed/)
    assert.equal(await sealedEpoch(), before)
  })

  it('is refused as before when that is not what is wrong', async () => {
    const { world, cli } = built()
    const plain = await world.deployFunction({ committeeSize: 9 })
    const failure = failureIn(await cli.dikast(['request', plain, '--json'], OWN.requester))
    assert.match(failure.message, /NotEnoughNodes/)
    const ended = await cli.dikast(['function', 'seal', plain], OWN.stranger)
    assert.deepEqual([ended.code, /reaches nothing outside/.test(ended.out)], [EXIT.ok, true])
  })
})

describe('a deployment of a function with permissions', () => {
  const deploy = (committee: string) => {
    const { cli } = built()
    const file = join(cli.folder, 'module.wat')
    writeFileSync(file, '(module (memory (export "memory") 1) (func (export "_start")))')
    const terms = ['--consensus', 'pbft', '--permission', 'https://a.example', '--committee', committee]
    return cli.dikast(['function', 'deploy', file, ...terms], OWN.deployer)
  }

  it('waits until somebody else has sealed its set, and pays for nothing then', async () => {
    const { world, cli } = built()
    await world.nextEpoch()
    await world.nodes.write.sealEpoch()
    const chain = await openChain(readNetworkFile(cli.networkFile), undefined)
    const { address } = world.accounts.stranger.account
    const sender = { address, send: () => assert.fail('it pays'), close: async () => {} }
    const told: string[] = []
    let sealing: Promise<unknown> | undefined
    const output: Output = {
      ...createOutput({ json: true }),
      progress: (text) => {
        told.push(text)
        // After it has looked, so that it has to wait.
        sealing ??= sleep(300).then(() => world.nodes.write.sealCapabilities([HTTP, 99n]))
      },
    }
    const wanted = { capabilities: HTTP, committeeSize: 5 }
    assert.equal(
      await awaitSnapshot({ chain, address, sender, close: sender.close }, output, wanted),
      'sealed',
    )
    await sealing
    assert.deepEqual(told, ['waiting until the nodes that grant http have a snapshot'])
    const [newest] = await world.nodes.read.latestSnapshot()
    assert.equal(await sealedEpoch(), newest)
  })

  it('seals it from its own account when nobody does, and says so', async () => {
    const { world, cli } = built()
    await world.nextEpoch()
    await world.nodes.write.sealEpoch()
    const { err, code } = await cli.dikast(['function', 'seal', await function_()], OWN.stranger)
    assert.equal(code, EXIT.ok)
    const payer = addressOfPrivateKey(fromHex(cli.keyOf(OWN.stranger)))
    assert.match(err, new RegExp(`nobody seals it: ${payer} does, and pays`, 'i'))
  })

  it('says at once that too few nodes grant what it needs', async () => {
    const { err, out } = await deploy('7')
    assert.match(err, /^5 of 8 nodes of the newest sealed epoch grant http; at least 7 are needed/m)
    assert.match(out, /^not yet .*dikast function seal 0x/m)
  })
})
