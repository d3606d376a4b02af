/**
 * The witness of an auction, by the calculator circom made of its circuit: the same bytes on every engine.
 * @module
 */
import { createHash } from 'node:crypto'
import { auctionInputs, auctionKey, encryptBid } from '../../examples/circuit-auction/inputs.ts'
import { prepareCalculator } from '../../src/core/circuit/calculator-module.ts'
import {
  CALCULATOR_NAMESPACE,
  type CalculatorExports,
  CalculatorHost,
  type CircuitInputs,
  calculateWitness,
} from '../../src/core/circuit/witness.ts'

const MEMORY_BYTES_MAX = 64 * 1024 * 1024

const SECRET = 12_345n
const KEY = auctionKey(SECRET)

export const AUCTION: CircuitInputs = auctionInputs(
  {
    auction: 3n,
    reserve: 10n,
    key: KEY,
    bids: [50n, 70n, 60n].map((amount) => encryptBid(3n, KEY, { bidder: amount, amount }, 7n * amount)),
  },
  SECRET,
)

/** `file`: the calculator of `auction-open`. */
export function auctionWitnessHash(file: Uint8Array): string {
  const host = new CalculatorHost()
  const module = new WebAssembly.Module(Uint8Array.from(prepareCalculator(file, MEMORY_BYTES_MAX)))
  const { exports } = new WebAssembly.Instance(module, { [CALCULATOR_NAMESPACE]: { ...host.imports } })
  const calculator = exports as unknown as CalculatorExports
  host.bind(calculator)
  return createHash('sha256').update(calculateWitness(calculator, AUCTION)).digest('hex')
}
