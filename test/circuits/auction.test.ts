/** The circuits of examples/circuit-auction. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { auctionInputs, BIDS, type Bid, openRequest, sealBid } from '../../examples/circuit-auction/inputs.ts'
import { hasBinding, inputsOf } from '../../src/core/circuit/manifest.ts'
import { type TestedCircuit, testedCircuit } from './circuit.ts'
import { Mutations } from './r1cs.ts'
import { mulberry } from './random.ts'

const AUCTION = 0xa0c7n
const MOST = 2n ** 96n - 1n

function stateOf(reserve: bigint, ...bids: readonly Bid[]) {
  return { auction: AUCTION, reserve, bids: bids.map((bid) => sealBid(AUCTION, bid)) }
}
const bid = (amount: bigint, salt = amount * 7n + 1n): Bid => ({ amount, salt })

/** What the templates promise, said another way. */
function expected(reserve: bigint, amounts: readonly bigint[]): readonly [winner: bigint, price: bigint] {
  const counting = amounts.map((amount) => (amount >= reserve ? amount : 0n))
  const highest = counting.reduce((a, b) => (b > a ? b : a), 0n)
  if (highest === 0n) return [BigInt(BIDS), 0n]
  const winner = counting.indexOf(highest)
  const others = counting.filter((_, i) => i !== winner)
  return [BigInt(winner), others.reduce((a, b) => (b > a ? b : a), reserve)]
}

describe('an auction of revealed bids', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('auction-open')
  })

  it('gives the highest bid and the second price', () => {
    const [winner, price] = circuit.accepts(auctionInputs(stateOf(10n, bid(50n), bid(70n), bid(60n))))
    assert.deepEqual([winner, price], [1n, 60n])
  })

  it('charges the reserve when one bid reaches it, and nobody when none does', () => {
    assert.deepEqual(circuit.accepts(auctionInputs(stateOf(65n, bid(50n), bid(70n)))).slice(0, 2), [1n, 65n])
    assert.deepEqual(circuit.accepts(auctionInputs(stateOf(71n, bid(50n), bid(70n)))).slice(0, 2), [8n, 0n])
    assert.deepEqual(circuit.accepts(auctionInputs(stateOf(0n))).slice(0, 2), [8n, 0n])
  })

  it('prefers the earliest of equal bids, which then pays what it bid', () => {
    assert.deepEqual(circuit.accepts(auctionInputs(stateOf(1n, bid(9n), bid(9n, 5n)))).slice(0, 2), [0n, 9n])
  })

  it('agrees with a plain auction on random bids and extremes', () => {
    const random = mulberry(7)
    for (let round = 0; round < 60; round++) {
      const amounts = Array.from({ length: random(BIDS + 1) }, () =>
        round % 4 === 0 ? MOST - BigInt(random(3)) : BigInt(random(6)),
      )
      const reserve = round % 4 === 0 ? MOST - 1n : BigInt(random(5))
      const publics = circuit.accepts(
        auctionInputs(stateOf(reserve, ...amounts.map((amount) => bid(amount)))),
      )
      assert.deepEqual(publics.slice(0, 2), expected(reserve, amounts))
    }
  })

  it('leaves out a bid that was not revealed, or was revealed as another', () => {
    const { bids, ...rest } = stateOf(1n, bid(50n), bid(70n), bid(60n))
    const unrevealed = bids.map((one, i) => (i === 1 ? { ...one, opening: 0n } : one))
    assert.deepEqual(circuit.accepts(auctionInputs({ ...rest, bids: unrevealed })).slice(0, 2), [2n, 50n])
    const lied = bids.map((one, i) => (i === 0 ? { ...one, opening: one.opening + (1n << 140n) } : one))
    assert.deepEqual(circuit.accepts(auctionInputs({ ...rest, bids: lied })).slice(0, 2), [1n, 60n])
  })

  it('leaves out a commitment made for another auction', () => {
    const state = stateOf(1n, bid(50n))
    const foreign = sealBid(AUCTION + 1n, bid(90n))
    const publics = circuit.accepts(auctionInputs({ ...state, bids: [...state.bids, foreign] }))
    assert.deepEqual(publics.slice(0, 2), [0n, 1n])
  })

  it('has no proof with an opening of more than 224 bits, or a reserve of more than 96', () => {
    const state = stateOf(1n, bid(50n))
    const wide = { commitment: 5n, opening: 1n << 224n }
    circuit.rejects(auctionInputs({ ...state, bids: [...state.bids, wide] }))
    circuit.rejects(auctionInputs({ ...state, reserve: 1n << 96n }))
  })

  it('is computed from the words of a request alone', () => {
    const state = stateOf(10n, bid(50n), bid(70n), bid(60n))
    const request = openRequest(state)
    assert.equal(request.length, 32 * 18)
    assert.equal(hasBinding(circuit.manifest), false)
    const publics = circuit.accepts(inputsOf(circuit.manifest, { request }))
    assert.deepEqual(publics.slice(0, 3), [1n, 60n, AUCTION])
  })

  it('leaves no wire free but inverses of nought', () => {
    const witness = circuit.witness(auctionInputs(stateOf(10n, bid(50n), bid(70n), bid(60n))))
    // Of each bid one: the difference from its commitment where it opens it, the commitment where there is none.
    const free = circuit.free(witness)
    assert.equal(free.length, BIDS)
    for (const name of free) assert.match(name, /^bids\[\d\]\.\w+\.(isz\.)?inv$/)
  })
})

describe('an auction of bids only the auctioneer knows', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('auction-sealed')
  })

  it('gives the same winner and price, and shows no opening', () => {
    const inputs = auctionInputs(stateOf(10n, bid(50n), bid(70n), bid(60n)), 99n)
    const publics = circuit.accepts(inputs)
    assert.deepEqual(publics.slice(0, 2), [1n, 60n])
    assert.equal(publics.at(-1), 99n)
    for (const opening of inputs.openings ?? []) assert.ok(opening === 0n || !publics.includes(opening))
  })

  it('has no proof that leaves a bid out', () => {
    const { bids, ...rest } = stateOf(1n, bid(50n), bid(70n))
    const hidden = bids.map((one, i) => (i === 1 ? { ...one, opening: 0n } : one))
    circuit.rejects(auctionInputs({ ...rest, bids: hidden }, 99n), /Auction/)
  })

  it('is bound to who is paid: a proof holds for no other binding', () => {
    assert.equal(hasBinding(circuit.manifest), true)
    const witness = circuit.witness(auctionInputs(stateOf(10n, bid(50n)), 99n))
    const mutations = new Mutations(circuit.system, witness)
    const binding = circuit.system.publics
    assert.equal(witness[binding], 99n)
    assert.equal(mutations.isAccepted(binding, 100n), false)
  })
})
