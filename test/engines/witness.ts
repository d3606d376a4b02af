/**
 * Witnesses of circuits, by the calculators circom made of them: the same bytes on every engine.
 * @module
 */
import { createHash } from 'node:crypto'
import { AllowList, memberOf } from '../../examples/circuit-allowlist/inputs.ts'
import {
  type AuctionState,
  auctionInputs,
  auctionKey,
  encryptBid,
} from '../../examples/circuit-auction/inputs.ts'
import { issueScore, scoreInputs } from '../../examples/circuit-score/inputs.ts'
import { prepareCalculator } from '../../src/core/circuit/calculator-module.ts'
import {
  CALCULATOR_NAMESPACE,
  type CalculatorExports,
  CalculatorHost,
  type CircuitInputs,
  calculateWitness,
} from '../../src/core/circuit/witness.ts'
import { committeeProofInputs } from '../../src/crypto/committee-proof.ts'
import { schnorrSecret } from '../../src/crypto/schnorr.ts'
import { observationsWithAbsent } from '../circuits/committee.ts'

const MEMORY_BYTES_MAX = 64 * 1024 * 1024

const SECRET = 12_345n
const KEY = auctionKey(SECRET)
const BINDING = 0xb1n

const STATE: AuctionState = {
  auction: 3n,
  reserve: 10n,
  key: KEY,
  bids: [50n, 70n, 60n].map((amount) => encryptBid(3n, KEY, { bidder: amount, amount }, 7n * amount)),
}

export const AUCTION: CircuitInputs = auctionInputs(STATE, SECRET)

/** By the circuit's name: those of the examples, and a committee's. */
export const WITNESSED: ReadonlyMap<string, CircuitInputs> = new Map([
  ['allowlist', new AllowList([11n, 22n, 33n].map(memberOf)).inputs(1, 22n, 0x5c0n, BINDING)],
  ['auction-open', AUCTION],
  ['auction-sealed', auctionInputs(STATE, SECRET, BINDING)],
  [
    'score',
    scoreInputs(
      issueScore(schnorrSecret(new Uint8Array(32).fill(9)), {
        account: 0xaccn,
        score: 700n,
        validUntil: 2_000n,
      }),
      { threshold: 650n, time: 1_000n, binding: BINDING },
    ),
  ],
  ['committee-median-4', committeeProofInputs(observationsWithAbsent(4)).inputs],
])

/** `file`: the calculator of the circuit. */
export function witnessHash(circuit: string, file: Uint8Array): string {
  const inputs = WITNESSED.get(circuit)
  if (inputs === undefined) throw new Error(`no inputs are here for ${circuit}`)
  const host = new CalculatorHost()
  const module = new WebAssembly.Module(Uint8Array.from(prepareCalculator(file, MEMORY_BYTES_MAX)))
  const { exports } = new WebAssembly.Instance(module, { [CALCULATOR_NAMESPACE]: { ...host.imports } })
  const calculator = exports as unknown as CalculatorExports
  host.bind(calculator)
  return createHash('sha256').update(calculateWitness(calculator, inputs)).digest('hex')
}
