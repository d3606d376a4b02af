/** The circuit that docs/adr/0027 measures proves a draw, and nothing but one. */
import { before, describe, it } from 'node:test'
import { poseidon } from '../../src/crypto/poseidon.ts'
import { type TestedCircuit, testedCircuit } from './circuit.ts'

const WEIGHTS = [40n, 5n, 30n, 25n]
const TOTAL = 100n
const ATTESTORS = [11n, 22n, 33n, 44n]
const froms = WEIGHTS.map((_, i) => WEIGHTS.slice(0, i).reduce((sum, weight) => sum + weight, 0n))
const tos = froms.map((from, i) => from + (WEIGHTS[i] ?? 0n))
const leaves = ATTESTORS.map((attestor, i) =>
  poseidon([attestor, (froms[i] ?? 0n) + ((tos[i] ?? 0n) << 64n)]),
)
const [a = 0n, b = 0n, c = 0n, d = 0n] = leaves
const pairs = [poseidon([a, b]), poseidon([c, d])] as const
const tree = poseidon([...pairs])

function inputs(number: bigint, index?: number) {
  const point = (poseidon([9n, number]) & ((1n << 128n) - 1n)) % TOTAL
  const at = index ?? tos.findIndex((to) => point < to)
  return {
    seed: [9n],
    number: [number],
    tree: [tree],
    total: [TOTAL],
    index: [BigInt(at)],
    attestor: [ATTESTORS[at] ?? 0n],
    from: [froms[at] ?? 0n],
    to: [tos[at] ?? 0n],
    siblings: [leaves[at ^ 1] ?? 0n, pairs[at < 2 ? 1 : 0] ?? 0n],
    at,
  }
}

describe('the circuit of a draw', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('test/circuits/templates/draw.circom')
  })

  it('proves the node that the seed draws, and no other', () => {
    for (let number = 0n; number < 12n; number++) {
      const { at, ...drawn } = inputs(number)
      circuit.accepts(drawn)
      for (let other = 0; other < 4; other++) {
        const { at: _, ...wrong } = inputs(number, other)
        if (other !== at) circuit.rejects(wrong, /DrawnSeat/)
      }
    }
  })

  it('refuses a leaf that is not of the tree', () => {
    const { at: _, ...drawn } = inputs(3n)
    circuit.rejects({ ...drawn, attestor: [99n] }, /DrawnSeat/)
    circuit.rejects({ ...drawn, from: [0n], to: [TOTAL] }, /DrawnSeat/)
  })
})
