import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { snapshotOf } from '../../src/core/snapshot.ts'
import { tagHash } from '../../src/crypto/hash.ts'
import type { Address, FunctionSpec, Snapshot } from '../../src/protocol/types.ts'
import { ImmutableReads } from '../../src/runtime/immutable-reads.ts'

const blob: Address = `0x${'0b'.repeat(20)}`
const ofWeight = (weight: bigint): Snapshot =>
  snapshotOf([{ attestor: `0x${'aa'.repeat(20)}`, number: 0, weight }])

describe('snapshots read for an engine', () => {
  it('are read once, also when asked for at once', async () => {
    let reads = 0
    const snapshot = async (): Promise<Snapshot> => ofWeight(BigInt(++reads))
    const immutable = new ImmutableReads({ snapshot, functionById: async () => undefined })
    const [first, second] = await Promise.all([immutable.snapshot(blob), immutable.snapshot(blob)])
    assert.equal(first, second)
    assert.equal(await immutable.snapshot(blob), first)
    assert.equal(reads, 1)
  })

  it('are read again after a reorganisation: another fork may hold another at the same address', async () => {
    let weight = 1n
    const immutable = new ImmutableReads({
      snapshot: async () => ofWeight(weight),
      functionById: async () => undefined,
    })
    assert.equal((await immutable.snapshot(blob)).totalWeight, 1n)
    weight = 2n
    immutable.forgetSnapshots()
    assert.equal((await immutable.snapshot(blob)).totalWeight, 2n)
  })

  it('are not kept when reading fails', async () => {
    let fails = true
    const immutable = new ImmutableReads({
      snapshot: async () => {
        if (fails) throw new Error('the RPC is down')
        return ofWeight(3n)
      },
      functionById: async () => undefined,
    })
    await assert.rejects(immutable.snapshot(blob))
    fails = false
    assert.equal((await immutable.snapshot(blob)).totalWeight, 3n)
  })
})

describe('functions read for an engine', () => {
  const functionId = tagHash('a function')
  const deployed = { functionId, owner: blob, spec: {} as FunctionSpec, uris: [] }

  it('are known without a read once the chain told of them [RUN-54]', async () => {
    const immutable = new ImmutableReads({
      snapshot: async () => ofWeight(1n),
      functionById: async () => assert.fail('it was read'),
    })
    assert.equal(immutable.knownFunction(functionId), undefined)
    immutable.functionDeployed(deployed)
    assert.deepEqual(immutable.knownFunction(functionId), deployed)
    assert.deepEqual(await immutable.functionById(functionId), deployed)
  })
})
