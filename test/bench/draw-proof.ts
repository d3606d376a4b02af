/**
 * Drawing a large committee on the chain against checking a proof of the draw (docs/adr/0027): gas of both, and the constraints a proof
 * takes. `node test/bench/draw-proof.ts [--json]`, some three minutes.
 *
 * Constraints are counted on circuits/lib/draw.circom for 1, 5 and 30 seats, and are a line in between; the proof's gas is that of a
 * transaction that checks one with as many public inputs.
 * @module
 */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { compileCircuit } from '../../scripts/circuits.ts'
import { constraintCounts } from '../../src/apps/cli/circuit-compile.ts'
import { createWorld } from '../contracts/support/world.ts'
import { trapdoor } from '../crypto/trapdoor.ts'
import { measureDrawsOf } from './draws.ts'
import { verifyGas } from './proofs.ts'

const NODES = 4096
const SEATS = [5, 30, 64, 128] as const
const COMPILED = [1, 5, 30] as const
/** A transaction's own, which every settlement pays anyway. */
const TRANSACTION_GAS = 21_000n

async function constraintsOf(seats: number): Promise<number> {
  mkdirSync('artifacts/bench', { recursive: true })
  const source = `artifacts/bench/draw-${seats}.circom`
  writeFileSync(
    source,
    `pragma circom 2.2.3;\ninclude "../../circuits/lib/draw.circom";\ncomponent main {public [seed, root, places]} = Draw(${seats}, 12);\n`,
  )
  const { r1cs } = await compileCircuit(source)
  return constraintCounts(readFileSync(r1cs)).constraints
}

const counts: number[] = []
for (const seats of COMPILED) counts.push(await constraintsOf(seats))
const [one = 0, five = 0, thirty = 0] = counts
const each = (five - one) / 4
assert.equal(thirty, one + 29 * each, 'constraints are no line')

const world = await createWorld()
const draws = await measureDrawsOf(
  world,
  SEATS.map((seats) => [seats, NODES] as const),
)
const rows = []
for (const [i, seats] of SEATS.entries()) {
  const inputs = 2 + Math.ceil(seats / 21)
  const circuit = trapdoor({ outputs: 0, inputs })
  const publicInputs = Array.from({ length: inputs }, (_, at) => BigInt(at + 7))
  const gas = await verifyGas(world, circuit.key, [{ publicInputs, proof: circuit.prove(publicInputs) }])
  rows.push({
    seats,
    drawGas: Number(draws[i]?.gas ?? 0n),
    proofGas: Number(gas - TRANSACTION_GAS),
    constraints: one + (seats - 1) * each,
  })
}

if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ nodes: NODES, rows })}\n`)
else {
  process.stdout.write(`a committee of ${NODES} nodes\n  seats   draw, gas   proof, gas   constraints\n`)
  for (const { seats, drawGas, proofGas, constraints } of rows)
    process.stdout.write(
      `${String(seats).padStart(7)}${String(drawGas).padStart(12)}${String(proofGas).padStart(13)}${String(constraints).padStart(14)}\n`,
    )
}
process.exit()
