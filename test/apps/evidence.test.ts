import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pinnedTo } from '../../src/adapters/chain/pinned.ts'
import { standing } from '../../src/apps/cli/commands/verify.ts'
import { standingOf } from '../../src/apps/shared/audit-evidence.ts'
import type { Hash } from '../../src/protocol/types.ts'
import { startScriptedNode } from '../adapters/chain/support.ts'

const hash = (byte: string): Hash => `0x${byte.repeat(32)}`

describe('a fulfilment an audit found', () => {
  const found = { blockNumber: 100n, blockHash: hash('ab') }

  it('is final with 64 blocks on top, and said to be at risk before', () => {
    const [before, after] = [standingOf(found, 163n), standingOf(found, 164n)]
    assert.deepEqual([before.depth, before.final, after.depth, after.final], [63n, false, 64n, true])
    assert.match(
      standing(before),
      /^block 100, 0x(ab)+, 63 blocks deep: it may still be reorganised, until it is 64/,
    )
    assert.match(standing(after), /^block 100, 0x(ab)+, 64 blocks deep$/)
  })
})

describe('a chain as of a block', () => {
  it('answers as of it whatever is asked for at the head', async () => {
    const asked: string[] = []
    const node = await startScriptedNode((method, params) => {
      asked.push(`${method} ${params.at(-1)}`)
      return { result: '0x01' }
    })
    const block = { number: 18n, hash: hash('12'), parentHash: hash('11'), time: 1n, baseFeePerGas: 0n }
    const pinned = pinnedTo(node.reader, block)
    assert.equal(await pinned.block('latest'), block)
    const to = `0x${'aa'.repeat(20)}` as const
    await pinned.call({ to, data: '0x' })
    await pinned.code(to)
    await pinned.call({ to, data: '0x' }, 5n)
    assert.deepEqual(asked, ['eth_call 0x12', 'eth_getCode 0x12', 'eth_call 0x5'])
    node.close()
  })
})
