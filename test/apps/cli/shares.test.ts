/** An operator is paid its node's shares of large committees. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pad, stringToHex } from 'viem'
import type { ChainReader } from '../../../src/adapters/chain/client.ts'
import { pinnedTo } from '../../../src/adapters/chain/pinned.ts'
import { createShareReads } from '../../../src/adapters/chain/share-reads.ts'
import { createMemoryStore } from '../../../src/adapters/store/memory.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { CLAIMS_MAX, claimEarnings } from '../../../src/apps/cli/operator.ts'
import { unclaimedShares } from '../../../src/apps/cli/shares.ts'
import { openChain, openSender } from '../../../src/apps/shared/chain-access.ts'
import { readNetworkFile } from '../../../src/apps/shared/network-file.ts'
import { encodeShareClaims } from '../../../src/core/share-claims.ts'
import { fromHex } from '../../../src/crypto/bytes.ts'
import { silentLog } from '../../../src/ports/log.ts'
import type { Address } from '../../../src/protocol/types.ts'
import {
  certifyRequest,
  challengeCommittee,
  challengeRequest,
  judge,
  openChallenge,
} from '../../contracts/support/challenge.ts'
import { createWorld, given, nodeKey } from '../../contracts/support/world.ts'
import { failureIn, jsonOf } from './support/run.ts'
import { ACCOUNT, served } from './support/served.ts'
import { settleBatch } from './support/settle.ts'

const SEATS = 22
const NODES = 24
/** As many as hear a challenge of a committee that shares a record. */
const NODES_MAX = 3 * SEATS
const ALL_SEATS = Array.from({ length: SEATS }, (_, seat) => seat)
const TO: Address = `0x${'c2'.repeat(20)}`

const built = given(async () => {
  const world = await createWorld()
  await world.sealNodes(NODES)
  const functionId = await world.deployFunction({ committeeSize: SEATS })
  return { world, functionId, cli: await served(world) }
})
after(() => built().cli.close())

interface Earned extends Paid {
  readonly total: string
  readonly claimable: string
  readonly earned: readonly { readonly as: string; readonly requestId: string }[]
}

/** Of the quorum's seats, which are the first. */
const certifiedBy = ([first]: readonly { readonly attestor: Address }[]) => first?.attestor ?? '0x'

interface Paid {
  readonly amount: string
  readonly shares: { readonly count: number; readonly wei: string }
}

async function asked() {
  const { world, functionId } = built()
  const { requestId, request } = await world.request(functionId)
  await world.openWindow(request)
  return { requestId, request }
}

/** Settles a request signed by all seats, or by these; resolves to who did, and what each earns. */
async function settled(seats: readonly number[] = ALL_SEATS) {
  const { world } = built()
  const { requestId, request } = await asked()
  const { payment } = await world.fulfill(request, await world.certify(requestId, request, { seats }))
  const committee = await world.committeeOf(request)
  return { signers: seats.map((seat) => committee[seat]?.attestor ?? '0x'), perSeat: payment.perSeat }
}

/** A command of the node's operator. */
async function node(command: string, attestor: Address, ...more: string[]) {
  return await nodeOf(built().cli, command, attestor, ...more)
}

async function nodeOf(
  cli: Awaited<ReturnType<typeof served>>,
  command: string,
  attestor: Address,
  ...more: string[]
) {
  const index = Array.from({ length: NODES_MAX }, (_, i) => i).find((i) => nodeKey(i).attestor === attestor)
  assert.ok(index !== undefined)
  const folder = join(cli.folder, `node-${index}`)
  mkdirSync(folder, { recursive: true })
  return await cli.dikast(['node', command, '--data', folder, ...more, '--json'], ACCOUNT.operator, {
    DIKAST_ATTESTOR_KEY: `0x${Buffer.from(nodeKey(index).privateKey).toString('hex')}`,
    DIKAST_NETWORK_KEY: `0x${'07'.repeat(32)}`,
  })
}

const chainAccess = () => openChain(readNetworkFile(built().cli.networkFile), undefined)
const balance = () => built().world.publicClient.getBalance({ address: TO })

describe('dikast node claim', () => {
  it('[MKT-22] is told of shares by node earnings, and pays them out once', async () => {
    const { signers, perSeat } = await settled()
    const [attestor = '0x'] = signers
    const told = jsonOf(await node('earnings', attestor)) as { claimable: string; total: string } & Paid
    assert.deepEqual(
      [told.claimable, told.total, told.shares],
      ['0', String(perSeat), { count: 1, wei: String(perSeat) }],
    )
    const ended = await node('claim', attestor, '--to', TO)
    assert.equal(ended.code, EXIT.ok, ended.out)
    const paid = jsonOf(ended) as Paid
    assert.deepEqual([paid.amount, paid.shares], [String(perSeat), { count: 1, wei: String(perSeat) }])
    assert.equal(await balance(), perSeat)
    const again = await node('claim', attestor, '--to', TO)
    assert.equal(again.code, EXIT.usage)
    assert.match(failureIn(again).message, /has earned nothing yet/)
  })

  it('[MKT-22] finds the node’s place among those who signed, whichever did, one by one and in a batch', async () => {
    const { world } = built()
    const some = await settled(ALL_SEATS.slice(1, 18))
    const batch = await asked()
    await settleBatch(world, [batch], ALL_SEATS.slice(3))
    const committee = await world.committeeOf(batch.request)
    const inBatch = ALL_SEATS.slice(3).map((seat) => committee[seat]?.attestor ?? '0x')
    for (const attestor of new Set([some.signers[0], some.signers.at(-1), inBatch[0], inBatch.at(-1)])) {
      assert.ok(attestor)
      const count = [some.signers, inBatch].filter((signers) => signers.includes(attestor)).length
      const before = await balance()
      const paid = jsonOf(await node('claim', attestor, '--to', TO)) as Paid
      assert.equal(paid.shares.count, count)
      assert.equal((await balance()) - before, BigInt(count) * some.perSeat)
    }
    const left = Array.from({ length: NODES }, (_, i) => nodeKey(i).attestor).find(
      (one) => !some.signers.includes(one) && !inBatch.includes(one),
    )
    if (left !== undefined) assert.match(failureIn(await node('claim', left)).message, /earned nothing/)
  })

  it('[MKT-22] is paid for judging a challenge', async () => {
    const { world } = built()
    const functionId = await world.deployFunction({ committeeSize: 8, challengeWindow: 900 })
    const { requestId, request } = await world.request(functionId)
    await world.openWindow(request)
    const { certified } = await certifyRequest(world, requestId, request)
    const challenged = await challengeRequest(world, request, certified)
    await openChallenge(world, challenged)
    const { keys } = await challengeCommittee(world, request, certified, challenged.round)
    assert.ok(keys.length > 21)
    const seats = keys.map((_, seat) => seat)
    const verdict = await judge(world, requestId, request, certified, challenged.round, { seats })
    await world.court.write.resolve([world.market.address, request, certified, verdict], { gas: 16_000_000n })
    const [first] = keys
    assert.ok(first)
    const waiting = jsonOf(await node('earnings', first.attestor)) as Earned
    assert.deepEqual(
      waiting.earned.map((each) => each.as),
      ['judge'],
    )
    assert.equal(waiting.total, waiting.shares.wei)
    const member = certifiedBy(await world.committeeOf(request))
    // So few nodes there are that who certified it judges too.
    const asMember = async () => {
      const { earned } = jsonOf(await node('earnings', member)) as Earned
      return earned.filter((each) => each.as === 'member').map((each) => each.requestId)
    }
    assert.deepEqual(await asMember(), [])
    await world.market.write.finalize([request, certified, stringToHex('an answer')], { gas: 16_000_000n })
    assert.deepEqual(await asMember(), [requestId])
    const judged = jsonOf(await node('claim', first.attestor, '--to', TO)) as Paid
    assert.equal(judged.shares.count, 1)
    assert.ok((await balance()) > 0n)
  })

  it('[MKT-22] is not stopped by what anybody pays nodes without a request', async () => {
    const { world } = built()
    const strangers = ALL_SEATS.map((seat) => pad(nodeKey(100 + seat).attestor, { size: 32 }))
    const gift = () => world.market.write.depositShares([strangers, 1n, 0n], { value: BigInt(SEATS) })
    await gift()
    const { signers, perSeat } = await settled()
    await gift()
    const [attestor = '0x'] = signers
    const paid = jsonOf(await node('claim', attestor, '--to', TO)) as Paid
    assert.deepEqual([paid.amount, paid.shares.count], [String(perSeat), 1])
  })

  it('[MKT-22] goes on where a claim stopped half-way: what was credited is paid out with the rest', async () => {
    const { world } = built()
    const all = [await settled(), await settled(), await settled()]
    const attestor = all[0]?.signers.find((one) => all.every(({ signers }) => signers.includes(one)))
    const perSeat = all[0]?.perSeat ?? 0n
    assert.ok(attestor)
    const shares = await unclaimedShares(await chainAccess(), attestor)
    await world.market.write.claimShares([attestor, encodeShareClaims(shares.slice(0, 2))], {
      account: world.accounts.operator.account,
    })
    const told = jsonOf(await node('earnings', attestor)) as Paid & { claimable: string }
    assert.deepEqual([told.claimable, told.shares.count], [String(2n * perSeat), 1])
    assert.equal((await node('claim', attestor, '--to', TO)).code, EXIT.ok)
    assert.equal(await balance(), 3n * perSeat)
  })

  it('[MKT-22] claims in transactions of a bounded size', async () => {
    const { world, cli } = built()
    const all = [await settled(), await settled(), await settled()]
    const attestor = all[0]?.signers.find((one) => all.every(({ signers }) => signers.includes(one)))
    assert.ok(attestor)
    const chain = await chainAccess()
    const shares = await unclaimedShares(chain, attestor)
    const gasOf = async (count: number) =>
      await world.market.estimateGas.claimShares([attestor, encodeShareClaims(shares.slice(0, count))], {
        account: world.accounts.operator.account.address,
      })
    // A proof of eight hashes, which a committee of 256 takes, is three more than here.
    const each = (await gasOf(3)) - (await gasOf(2)) + 3n * (32n * 40n + 200n)
    assert.ok(BigInt(CLAIMS_MAX) * each < 2n ** 21n, `${each}`)
    const privateKey = fromHex(cli.keyOf(ACCOUNT.operator))
    const sender = openSender(chain, { privateKey, store: createMemoryStore(), log: silentLog })
    const account = { chain, sender, address: sender.address, close: () => sender.close() }
    const sent = () => world.publicClient.getTransactionCount({ address: sender.address })
    const before = await sent()
    const paid = await claimEarnings(account, attestor, TO, 2)
    await sender.close()
    // Two claims, one claim, and the payment.
    assert.deepEqual([(await sent()) - before, paid.shares.count], [3, 3])
  })
})

describe('the shares of a node', () => {
  it('[MKT-22] are not claimed past a settlement whose log is not served: it would be lost', async () => {
    const { world } = built()
    await settled()
    await settled()
    const { reader } = await chainAccess()
    const head = await reader.block('latest')
    assert.ok(head)
    const whole = pinnedTo(reader, head)
    const collect = async (from: ChainReader) => {
      const found: bigint[] = []
      for await (const { settlement } of createShareReads(from, world.deployment).recordedFrom(0n))
        found.push(settlement)
      return found
    }
    assert.deepEqual(await collect(whole), [1n, 2n])
    const lossy: ChainReader = {
      ...whole,
      logsInRange: async (...args) => (await whole.logsInRange(...args)).slice(1),
    }
    await assert.rejects(collect(lossy), { code: 'CHAIN', reason: 'missing' })
    // A node that is behind knows the record, from before, and not the block: what paid for it would pass for a gift.
    const behind: ChainReader = { ...whole, logsOfBlock: async () => [] }
    await assert.rejects(collect(behind), { code: 'CHAIN', reason: 'missing' })
  })

  it('[MKT-22] are those of signers who make the root the market keeps, and of nobody else', async () => {
    const { signers } = await settled()
    const [attestor = '0x'] = signers
    const chain = await chainAccess()
    assert.equal((await unclaimedShares(chain, attestor)).length, 1)
    const { recordedFrom } = chain.shares
    const shares = {
      ...chain.shares,
      async *recordedFrom(first: bigint) {
        for await (const recorded of recordedFrom(first)) yield { ...recorded, root: recorded.root ^ 1n }
      },
    }
    assert.deepEqual(await unclaimedShares({ ...chain, shares }, attestor), [])
  })
})

describe('a certificate with a challenge window', () => {
  const large = given(async () => {
    const world = await createWorld()
    await world.sealNodes(NODES_MAX)
    return { world, cli: await served(world) }
  })
  after(() => large().cli.close())

  it('[MKT-22] pays its signers their shares once it is final', async () => {
    const { world, cli } = large()
    const functionId = await world.deployFunction({ committeeSize: SEATS, challengeWindow: 900 })
    const { requestId, request } = await world.request(functionId)
    await world.openWindow(request)
    const { certified } = await certifyRequest(world, requestId, request, { seats: ALL_SEATS })
    const [seat] = await world.committeeOf(request)
    assert.ok(seat)
    assert.match(failureIn(await nodeOf(cli, 'claim', seat.attestor)).message, /earned nothing/)
    await world.networkHelpers.time.increase(900)
    await world.market.write.finalize([request, certified, stringToHex('an answer')], { gas: 16_000_000n })
    const ended = await nodeOf(cli, 'claim', seat.attestor, '--to', TO)
    assert.equal(ended.code, EXIT.ok, ended.out)
    assert.equal((jsonOf(ended) as Paid).shares.count, 1)
  })
})
