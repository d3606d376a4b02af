import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tagHash } from '../../src/crypto/hash.ts'
import type { DeployedFunction } from '../../src/ports/market.ts'
import { LimitExceededError } from '../../src/protocol/errors.ts'
import type { Hash } from '../../src/protocol/types.ts'
import {
  FunctionLookup,
  LOOKUPS_MAX,
  PEER_MISSES_MAX,
  STRANGERS_MISSES_MAX,
} from '../../src/runtime/function-lookup.ts'
import { handClock, settled } from './support.ts'

const FUNCTION = tagHash('a function')

describe('a lookup of a function for a peer', () => {
  const deployed = { functionId: FUNCTION } as DeployedFunction
  const lookupOf = (
    functionById: (id: Hash) => Promise<DeployedFunction | undefined>,
    clock = handClock(0),
    known: readonly Hash[] = [],
  ) =>
    new FunctionLookup({
      functionById,
      knownFunction: (id) => (known.includes(id) ? deployed : undefined),
      isRegistered: (peer) => peer.startsWith('registered'),
      clock,
    })

  it('asks the chain once for an id that is nowhere, for a moment [RUN-54]', async () => {
    const clock = handClock(0)
    let asked = 0
    const lookup = lookupOf(async () => {
      asked++
      return undefined
    }, clock)
    for (let i = 0; i < 50; i++) assert.equal(await lookup.byId(tagHash('nowhere'), 'a peer'), undefined)
    assert.equal(asked, 1)
    clock.advance(3_001)
    await lookup.byId(tagHash('nowhere'), 'a peer')
    assert.equal(asked, 2)
  })

  it('refuses a peer that names many unknown ids, for a minute, and no other peer [RUN-54]', async () => {
    const clock = handClock(0)
    let asked = 0
    const lookup = lookupOf(async (id) => {
      asked++
      return id === FUNCTION ? deployed : undefined
    }, clock)
    for (let i = 0; i < PEER_MISSES_MAX; i++) await lookup.byId(tagHash(`made up ${i}`), 'hostile')
    await assert.rejects(lookup.byId(tagHash('one more'), 'hostile'), LimitExceededError)
    assert.equal(asked, PEER_MISSES_MAX)
    assert.equal(await lookup.byId(FUNCTION, 'honest'), deployed)
    clock.advance(60_001)
    await assert.doesNotReject(lookup.byId(tagHash('one more'), 'hostile'))
  })

  it('refuses strangers together that name many, not registered peers nor what is known [RUN-54]', async () => {
    const clock = handClock(0)
    const lookup = lookupOf(async () => undefined, clock, [FUNCTION])
    for (let i = 0; i < STRANGERS_MISSES_MAX; i++) await lookup.byId(tagHash(`made up ${i}`), `stranger ${i}`)
    await assert.rejects(lookup.byId(tagHash('one more'), 'another stranger'), LimitExceededError)
    assert.equal(await lookup.byId(FUNCTION, 'another stranger'), deployed)
    await assert.doesNotReject(lookup.byId(tagHash('one more'), 'registered peer'))
    clock.advance(60_001)
    await assert.doesNotReject(lookup.byId(tagHash('yet another'), 'another stranger'))
  })

  it('has few under way at a time, and one for peers that ask the same [RUN-54]', async () => {
    const answers: (() => void)[] = []
    const lookup = lookupOf(
      () => new Promise((resolve) => answers.push(() => resolve(undefined))),
      handClock(0),
    )
    const waiting = Array.from({ length: LOOKUPS_MAX }, (_, i) =>
      lookup.byId(tagHash(`id ${i}`), `peer ${i}`),
    )
    const same = lookup.byId(tagHash('id 0'), 'another')
    await assert.rejects(lookup.byId(tagHash('one too many'), 'late'), LimitExceededError)
    await settled(1)
    assert.equal(answers.length, LOOKUPS_MAX)
    for (const answer of answers) answer()
    await Promise.all([...waiting, same])
    assert.equal(await Promise.race([lookup.byId(tagHash('id 0'), 'late'), 'waits']), undefined)
  })
})
