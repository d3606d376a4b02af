/** The circuits of examples/circuit-auction. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  type AuctionState,
  auctionInputs,
  auctionKey,
  auctionRequest,
  BIDS,
  encryptBid,
} from '../../examples/circuit-auction/inputs.ts'
import { hasBinding, inputsOf } from '../../src/core/circuit/manifest.ts'
import { FIELD_ORDER } from '../../src/crypto/scalar-field.ts'
import { type TestedCircuit, testedCircuit } from './circuit.ts'
import { Mutations } from './r1cs.ts'
import { mulberry } from './random.ts'

const AUCTION = 0xa0c7n
const MOST = 2n ** 96n - 1n
const SECRET = (1n << 247n) + 12_345n
const KEY = auctionKey(SECRET)

const encrypted = (amount: bigint, i: number, auction = AUCTION) =>
  encryptBid(auction, KEY, { bidder: BigInt(100 + i), amount }, BigInt(7_000 + i))

function stateOf(reserve: bigint, ...amounts: readonly bigint[]): AuctionState {
  return { auction: AUCTION, reserve, key: KEY, bids: amounts.map((amount, i) => encrypted(amount, i)) }
}

/** What the templates promise, said another way. */
function expected(reserve: bigint, amounts: readonly bigint[]): readonly [winner: bigint, price: bigint] {
  const counting = amounts.map((amount) => (amount >= reserve ? amount : 0n))
  const highest = counting.reduce((a, b) => (b > a ? b : a), 0n)
  if (highest === 0n) return [BigInt(BIDS), 0n]
  const winner = counting.indexOf(highest)
  const others = counting.filter((_, i) => i !== winner)
  return [BigInt(winner), others.reduce((a, b) => (b > a ? b : a), reserve)]
}

describe('an auction whose secret was revealed', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('auction-open')
  })
  const settled = (state: AuctionState) => circuit.accepts(auctionInputs(state, SECRET)).slice(0, 2)
  const withBid = (state: AuctionState, place: number, changed: Partial<AuctionState['bids'][number]>) => ({
    ...state,
    bids: state.bids.map((bid, i) => (i === place ? { ...bid, ...changed } : bid)),
  })

  it('gives the highest bid and the second price', () => {
    assert.deepEqual(settled(stateOf(10n, 50n, 70n, 60n)), [1n, 60n])
  })

  it('charges the reserve when one bid reaches it, and nobody when none does', () => {
    assert.deepEqual(settled(stateOf(65n, 50n, 70n)), [1n, 65n])
    assert.deepEqual(settled(stateOf(71n, 50n, 70n)), [8n, 0n])
    assert.deepEqual(settled(stateOf(0n)), [8n, 0n])
  })

  it('prefers the earliest of equal bids, which then pays what it bid', () => {
    assert.deepEqual(settled(stateOf(1n, 9n, 9n)), [0n, 9n])
  })

  it('agrees with a plain auction on random bids and extremes', () => {
    const random = mulberry(7)
    for (let round = 0; round < 12; round++) {
      const amounts = Array.from({ length: random(BIDS + 1) }, () =>
        round % 4 === 0 ? MOST - BigInt(random(3)) : BigInt(random(6)),
      )
      const reserve = round % 4 === 0 ? MOST - 1n : BigInt(random(5))
      assert.deepEqual(settled(stateOf(reserve, ...amounts)), expected(reserve, amounts))
    }
  })

  it('leaves out a bid that is malformed in any way, and settles the others', () => {
    const state = stateOf(1n, 50n, 70n, 60n)
    // No point has y = 2 or 3; 1 and -1 are those of order 1 and 2, 0 of order 4.
    for (const point of [2n, 3n, 4n, 5n, 0n, 1n, FIELD_ORDER - 1n])
      assert.deepEqual(settled(withBid(state, 1, { point })), [2n, 50n], `y = ${point}`)
    for (const box of [0n, 1n, FIELD_ORDER - 1n])
      assert.deepEqual(settled(withBid(state, 1, { box })), [2n, 50n])
    const wide = encryptBid(AUCTION, KEY, { bidder: 101n, amount: 1n << 96n }, 7_001n)
    assert.deepEqual(settled(withBid(state, 1, wide)), [2n, 50n])
  })

  it('leaves out a bid that was copied from another bidder, changed by one or not, or from another auction', () => {
    const state = stateOf(1n, 50n, 70n)
    const [, best = encrypted(0n, 0)] = state.bids
    for (const more of [0n, 1n]) {
      const copied = { ...best, bidder: 999n, box: best.box + more }
      assert.deepEqual(settled({ ...state, bids: [copied, ...state.bids] }), [2n, 50n])
    }
    const foreign = encrypted(90n, 2, AUCTION + 1n)
    assert.deepEqual(settled({ ...state, bids: [...state.bids, foreign] }), [1n, 50n])
  })

  it('has no proof with another secret than the key’s, or numbers out of their range', () => {
    const state = stateOf(1n, 50n)
    circuit.rejects(auctionInputs(state, SECRET + 1n), /Auction/)
    circuit.rejects(auctionInputs(state, SECRET + (1n << 248n)), /Bits/)
    circuit.rejects(auctionInputs({ ...state, reserve: 1n << 96n }, SECRET), /Bits/)
  })

  it('is computed from the words of a request alone', () => {
    const state = stateOf(10n, 50n, 70n, 60n)
    const request = auctionRequest(state, SECRET)
    assert.equal(request.length, 32 * 28)
    assert.equal(hasBinding(circuit.manifest), false)
    const publics = circuit.accepts(inputsOf(circuit.manifest, { request }))
    assert.deepEqual(publics.slice(0, 3), [1n, 60n, AUCTION])
  })

  it('leaves no wire free but inverses of nought', () => {
    const witness = circuit.witness(auctionInputs(stateOf(10n, 50n, 70n, 60n), SECRET))
    const free = circuit.free(witness)
    // Of each bid one: of the high bits that are 0 where it is valid, of the neutral point's x where there is none.
    assert.equal(free.length, BIDS)
    for (const name of free) assert.match(name, /^bids\[\d\]\..*\.inv$/)
    assert.equal(circuit.freedom(witness), BIDS)
  })

  it('takes a bid to be a point or not, as it is: whoever proves has no choice', () => {
    const witness = circuit.witness(auctionInputs(stateOf(10n, 50n, 70n, 60n), SECRET))
    const mutations = new Mutations(circuit.system, witness)
    const flags = circuit.wires(/^bids\[\d\]\.encryption\.isSquare$/)
    assert.equal(flags.length, BIDS)
    for (const wire of flags) assert.equal(mutations.isAccepted(wire, 1n - (witness[wire] ?? 0n)), false)
  })
})

describe('an auction only the auctioneer can open', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('auction-sealed')
  })
  const state = stateOf(10n, 50n, 70n, 60n)

  it('gives the same winner and price, and shows neither the secret nor a bid that lost', () => {
    const publics = circuit.accepts(auctionInputs(state, SECRET, 99n))
    assert.deepEqual(publics.slice(0, 2), [1n, 60n])
    assert.equal(publics.at(-1), 99n)
    for (const hidden of [SECRET, 50n, 70n]) assert.ok(!publics.includes(hidden))
  })

  it('has no proof with another secret, which would open other bids', () => {
    circuit.rejects(auctionInputs(state, SECRET + 1n, 99n), /Auction/)
  })

  it('is bound to who is paid: a proof holds for no other binding', () => {
    assert.equal(hasBinding(circuit.manifest), true)
    const witness = circuit.witness(auctionInputs(state, SECRET, 99n))
    const mutations = new Mutations(circuit.system, witness)
    const binding = circuit.system.publics
    assert.equal(witness[binding], 99n)
    assert.equal(mutations.isAccepted(binding, 100n), false)
  })

  it('is asked for by a request without the secret', () => {
    const request = auctionRequest(state)
    const named = inputsOf(circuit.manifest, { request, binding: 99n, private: { secret: [SECRET] } })
    assert.deepEqual(circuit.accepts(named).slice(0, 2), [1n, 60n])
  })
})
