/** Whoever uses functions: deploys one, asks, looks, audits, and is paid. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { toHex } from '../../../src/crypto/bytes.ts'
import { moduleReceiptDigest } from '../../../src/crypto/eip712.ts'
import { recoverSigner } from '../../../src/crypto/signature.ts'
import type { Hex, RequestId } from '../../../src/protocol/types.ts'
import { failureIn, runProcess } from '../../apps/cli/support/run.ts'
import { bytes, HEADER } from '../../fixtures/wasm/assemble.ts'
import { MODULE, PRICES, until } from '../support/local-network.ts'
import {
  type CliWorld,
  DEPLOYER,
  FUEL_LIMIT,
  FUEL_PRICE,
  FUNCTION,
  NODES,
  STRANGER,
  TERMS,
  valueIn,
} from './world.ts'

/** What a command with --json says of a fulfilled request's fuel and cost. */
interface Billed {
  readonly fuelLimit: string
  readonly fuelPrice: string
  readonly fuelUsed: string
  readonly perSeat: string
  readonly cost: string
}

/** Held against the function's terms. */
function billOf(told: Billed): { readonly cost: bigint } {
  assert.deepEqual([told.fuelLimit, told.fuelPrice], [String(FUEL_LIMIT), String(FUEL_PRICE)])
  const fuelUsed = BigInt(told.fuelUsed)
  assert.ok(fuelUsed > 1_000n && fuelUsed < FUEL_LIMIT, `${fuelUsed} units`)
  assert.equal(BigInt(told.perSeat), 10n ** 14n + FUEL_PRICE * fuelUsed)
  const cost = BigInt(told.cost)
  assert.ok(cost > 4n * BigInt(told.perSeat))
  return { cost }
}

export function describeUsing(world: CliWorld): void {
  describe('dikast function', () => {
    let functionId: Hex

    it('deploy prints the function and receipts that nodes signed for its module [FMT-8]', async () => {
      const ended = await world.dikast(
        ['function', 'deploy', MODULE, '--name', FUNCTION, ...TERMS, '--replicas', String(NODES), '--json'],
        DEPLOYER,
      )
      assert.equal(ended.err, '')
      const deployed = valueIn<{
        functionId: Hex
        moduleHash: Hex
        bytes: number
        receipts: readonly { attestor: Hex; storedAt: number; signature: Hex }[]
      }>(ended)
      functionId = deployed.functionId
      const { chainId, market } = world.network.chain.network.deployment
      const signers = deployed.receipts.map(({ storedAt, signature }) => {
        const statement = {
          moduleHash: deployed.moduleHash,
          bytes: BigInt(deployed.bytes),
          storedAt: BigInt(storedAt),
        }
        return recoverSigner(moduleReceiptDigest({ chainId, contract: market }, statement), signature)
      })
      assert.deepEqual(signers.toSorted(), world.network.nodes.map(({ keys }) => keys.attestor).toSorted())
    })

    it('deploy again pays for nothing and pushes the module again', async () => {
      const before = await world.sentBy(DEPLOYER)
      const args = ['function', 'deploy', MODULE, '--name', FUNCTION, ...TERMS, '--replicas', '1']
      const { code, out, err } = await world.here(args, DEPLOYER)
      assert.equal(code, EXIT.ok)
      assert.match(err, /is deployed already; pushing its files again/)
      assert.match(out, new RegExp(`^function {4}${functionId}\n(?:.*\n)*stored by {3}0x.*receipt 0x`))
      assert.equal(await world.sentBy(DEPLOYER), before)
    })

    it('list and show tell of it, by id and by name', async () => {
      const [listed] = valueIn<readonly { functionId: Hex; names: readonly string[] }[]>(
        await world.json(['function', 'list']),
      )
      assert.equal(listed?.functionId, functionId)
      assert.deepEqual(listed?.names, [`${FUNCTION} v1`])
      assert.match(
        (await world.dikast(['function', 'list'])).out,
        new RegExp(
          `^${functionId} {2}${FUNCTION} v1 {2}exact 4 {2}0\\.0001 ETH a seat, fuel at most 10,000,000 units a run, 1000003 wei each\n$`,
        ),
      )
      for (const asked of [functionId, FUNCTION]) {
        const shown = valueIn<{
          functionId: Hex
          state: string
          quorum: number
          spec: Record<string, unknown>
        }>(await world.json(['function', 'show', asked]))
        assert.deepEqual([shown.functionId, shown.state, shown.quorum], [functionId, 'active', 3])
        const { runtime, fuelLimit, fuelPrice, permissions } = shown.spec
        assert.deepEqual(
          [runtime, fuelLimit, fuelPrice, permissions],
          ['deterministic-1', String(FUEL_LIMIT), String(FUEL_PRICE), []],
        )
      }
      const { out } = await world.here(['function', 'show', FUNCTION])
      assert.match(
        out,
        /^runtime {5}deterministic-1\nfuel {8}at most 10,000,000 units a run, 1000003 wei each$/m,
      )
      assert.match(out, /^price {7}0\.0001 ETH a seat and its fuel, at most 0\.00011000003 ETH/m)
      assert.match(out, /^permissions none/m)
    })
  })

  describe('dikast request, status and verify', () => {
    it('request --wait says what the committee computed', async () => {
      const args = ['request', FUNCTION, '--input', PRICES, '--wait', '--json']
      const made = valueIn<{ requestId: RequestId; status: string; exit: number; output: Hex } & Billed>(
        await world.dikast(args, DEPLOYER),
      )
      world.requestId = made.requestId
      billOf(made)
      assert.deepEqual([made.status, made.exit], ['fulfilled', 0])
      assert.match(made.output, /^0x[0-9a-f]{64}$/)
    })

    it('request --wait holds its account only until the request is made [RUN-82]', async () => {
      const waiting = world.dikast(['request', FUNCTION, '--input', PRICES, '--wait', '--json'], DEPLOYER)
      const before = await world.sentBy(DEPLOYER)
      await until('the request is made', async () => (await world.sentBy(DEPLOYER)) > before)
      let ended = false
      waiting.finally(() => {
        ended = true
      })
      // The lock goes a moment after the transaction is mined.
      let other = await world.json(['request', FUNCTION, '--input', PRICES], DEPLOYER)
      while (!ended && other.code !== EXIT.ok) {
        assert.equal(failureIn(other).code, 'LOCKED')
        other = await world.json(['request', FUNCTION, '--input', PRICES], DEPLOYER)
      }
      assert.equal(other.code, EXIT.ok, other.out)
      valueIn(await waiting)
    })

    it('request takes its input from standard input, and prints the id alone when it does not wait', async () => {
      const options = { env: world.environment(DEPLOYER), stdin: readFileSync(PRICES, 'utf8') }
      const { code, out, err } = await runProcess(
        ['request', FUNCTION, '--input', '-', '--attempts', '1'],
        options,
      )
      assert.equal(code, EXIT.ok, err)
      assert.match(out, /^0x[0-9a-f]{64}\n$/)
      assert.match(err, /escrowed/)
    })

    it('status tells where it stands', async () => {
      const status = valueIn<
        { status: string; exit: number; committeeSize: number; escrow: string; refund: string } & Billed
      >(await world.json(['status', world.requestId]))
      const { cost } = billOf(status)
      assert.equal(cost, BigInt(status.escrow) - BigInt(status.refund))
      assert.deepEqual([status.status, status.exit, status.committeeSize], ['fulfilled', 0, 4])
      assert.match(
        (await world.here(['status', world.requestId])).out,
        /\nstatus {6}fulfilled\n[\s\S]*\nfuel {8}[\d,]+ of 10,000,000 units used, 1000003 wei each: [\s\S]*\noutput {6}0x[\s\S]*\ncost {8}0\.\d+ ETH/,
      )
    })

    it('verify checks every step and says so', async () => {
      const { code, out } = await world.dikast(['verify', world.requestId])
      assert.equal(code, EXIT.ok)
      assert.equal([...out.matchAll(/^✓ /gm)].length, 9, out)
      assert.match(out, /\nverified\n$/)
      assert.match(out, /^✓ output as signed {4}exit 0, 32 bytes and \d+ fuel, as signed$/m)
      assert.match(
        out,
        /^ {2}fuel {16}[\d,]+ of 10,000,000 units used, 1000003 wei each: 0\.\d+ ETH a seat$/m,
      )
      assert.match(out, /^ {2}cost {16}0\.\d+ ETH of the escrow, 0\.\d+ ETH to each seat that signed$/m)
      assert.match(out, /^ {2}read at +block \d+, 0x[0-9a-f]{64}$/m)
      assert.match(out, /^ {2}fulfilled at +block \d+, 0x[0-9a-f]{64}, \d+ blocks deep/m)
    })

    it('verify names the block it read at and how deep the fulfilment lies, for machines too', async () => {
      const { reader, audits } = world.network.chain
      const { readAt, fulfilledAt } = valueIn<{
        readAt: { blockNumber: string; blockHash: Hex }
        fulfilledAt: { blockNumber: string; blockHash: Hex; depth: string; final: boolean }
      }>(await world.json(['verify', world.requestId]))
      assert.equal((await reader.block(BigInt(readAt.blockNumber)))?.hash, readAt.blockHash)
      assert.equal((await audits.fulfilled(world.requestId))?.at.blockHash, fulfilledAt.blockHash)
      const depth = BigInt(readAt.blockNumber) - BigInt(fulfilledAt.blockNumber)
      assert.deepEqual([BigInt(fulfilledAt.depth), fulfilledAt.final], [depth, depth >= 64n])
    })

    it('verify --reexecute runs the function again, with its module from peers or from a file', async () => {
      const fetched = await world.dikast(['verify', world.requestId, '--reexecute', '--json'])
      const checked = await world.here(['verify', world.requestId, '--reexecute', '--module', MODULE])
      const { verified, steps } = valueIn<{
        verified: boolean
        steps: readonly { id: string; verdict: string }[]
      }>(fetched)
      assert.equal(verified, true)
      assert.deepEqual(steps.at(-1), {
        id: 'reexecution',
        verdict: 'passed',
        detail: (steps.at(-1) as { detail?: string }).detail,
      })
      assert.equal(checked.code, EXIT.ok, checked.err)
      assert.match(
        checked.out,
        /✓ re-execution {8}exit 0, the same 32 bytes and the same \d+ fuel on this machine/,
      )
    })

    it('verify --module runs the function again without being told to', async () => {
      const { code, out } = await world.here(['verify', world.requestId, '--module', MODULE])
      assert.equal(code, EXIT.ok)
      assert.match(out, /✓ re-execution/)
    })

    it('verify --reexecute ends with 3 when nobody serves the module, and takes no passed line back', async () => {
      const known = JSON.parse(readFileSync(world.network.networkFile, 'utf8')) as object
      const alone = world.file('alone.json', JSON.stringify({ ...known, coordinators: [] }))
      const ended = await world.here(['verify', world.requestId, '--reexecute', '--network', alone])
      assert.equal(ended.code, EXIT.network)
      assert.equal([...ended.out.matchAll(/^✓ /gm)].length, 9, ended.out)
      assert.match(ended.out, /^- re-execution {8}not checked: none of 0 peers served module/m)
      assert.match(ended.out, /\nNOT verified\n$/)
    })

    it('verify --reexecute alone finds out a committee that colluded: exit 1 at that step', async () => {
      world.colluding = true
      const args = ['request', FUNCTION, '--input', PRICES, '--wait']
      const made = valueIn<{ requestId: RequestId }>(await world.json(args, DEPLOYER))
      world.colluding = false
      assert.equal((await world.here(['verify', made.requestId])).code, EXIT.ok)
      const ended = await world.here(['verify', made.requestId, '--reexecute', '--module', MODULE])
      assert.equal(ended.code, EXIT.no)
      assert.equal([...ended.out.matchAll(/^✓ /gm)].length, 9, ended.out)
      assert.match(
        ended.out,
        /^✗ re-execution {8}this machine gives exit 0, \d+ fuel, output 0x.*; certified was/m,
      )
      assert.match(ended.out, /\nNOT verified\n$/)
    })

    it('verify --reexecute refuses a module that is not the function’s', async () => {
      const other = world.file('other.wasm', bytes(HEADER))
      const ended = await world.json(['verify', world.requestId, '--reexecute', '--module', other])
      assert.equal(ended.code, EXIT.usage)
      assert.match(failureIn(ended).message, /other\.wasm/)
    })
  })

  describe('what a node is paid for its seats', () => {
    it('is told by node earnings, and claimed once by its operator alone [FEE-1] [MKT-12]', async () => {
      const credits = await Promise.all(
        world.network.nodes.map(({ keys }) => world.network.chain.audits.nodeCreditOf(keys.attestor)),
      )
      const index = credits.findIndex((credit) => credit > 0n)
      const { keys } = world.network.nodes[index] ?? assert.fail('some node earned')
      const node = {
        DIKAST_ATTESTOR_KEY: toHex(keys.attestorKey),
        DIKAST_NETWORK_KEY: toHex(keys.networkKey),
      }
      const told = valueIn<{ total: string; claimable: string; earned: readonly { wei: string }[] }>(
        await world.json(['node', 'earnings'], undefined, node),
      )
      assert.ok(BigInt(told.claimable) > 0n && told.total === told.claimable)
      const paid = BigInt(told.earned[0]?.wei ?? 0) - 10n ** 14n
      assert.ok(
        paid > 0n && paid % FUEL_PRICE === 0n && paid < FUEL_PRICE * FUEL_LIMIT,
        `${paid} wei for fuel`,
      )
      const stranger = await world.json(['node', 'claim'], STRANGER, node)
      assert.equal(stranger.code, EXIT.usage)
      assert.match(failureIn(stranger).fix, /use the key of 0x/)
      const to = `0x${'c1'.repeat(20)}` as const
      const claimed = valueIn<{ amount: string }>(
        await world.json(['node', 'claim', '--to', to], 1 + index, node),
      )
      assert.equal(await world.network.client.getBalance({ address: to }), BigInt(claimed.amount))
      const again = await world.json(['node', 'claim'], 1 + index, node)
      // Another request may have been fulfilled in between.
      assert.ok(again.code === EXIT.ok || failureIn(again).message.includes('nothing'), again.out)
    })
  })
}
