/**
 * Makes a proof of a circuit's request on this machine: calculator and key by their hashes, from files or from peers, the witness,
 * the proof, and a check of it against the key on chain.
 * @module
 */
import { runCalculator } from '../../adapters/circuit/calculator.ts'
import { ProcessProver } from '../../adapters/prover/process-prover.ts'
import { inputsOf, readManifest, wordsOf } from '../../core/circuit/manifest.ts'
import type { CircuitInputs } from '../../core/circuit/witness.ts'
import { parseCircuitTerms } from '../../core/consensus/agreement.ts'
import { concat, fromHex, toBytesBE } from '../../crypto/bytes.ts'
import { bindingOf, verifyProof } from '../../crypto/groth16.ts'
import { publicInputCount, type VerificationKey } from '../../crypto/groth16-key.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import { silentLog } from '../../ports/log.ts'
import type { DeployedFunction } from '../../ports/market.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Address, Hash, Request, RequestId } from '../../protocol/types.ts'
import { readProvingKey } from './ceremony-files.ts'
import { type Fetching, moduleOf } from './fetching.ts'
import type { Output } from './output.ts'

const WORD_BYTES = 32

export interface Statement {
  readonly requestId: RequestId
  readonly request: Request
  readonly payee: Address
  readonly key: VerificationKey
}

export interface Made {
  /** The circuit's outputs. */
  readonly output: Uint8Array
  readonly proof: Uint8Array
}

export interface ProofSources {
  readonly known: DeployedFunction
  readonly fetching: Fetching
  readonly moduleFile: string | undefined
  readonly provingKeyFile: string | undefined
  readonly inputs: CircuitInputs
}

/** Throws `WitnessError` when nothing satisfies the circuit, and `InvalidInputError` for files of another circuit. */
export async function makeProof(statement: Statement, sources: ProofSources, output: Output): Promise<Made> {
  const { requestId, request, payee, key } = statement
  const { known, fetching, moduleFile, provingKeyFile, inputs } = sources
  const terms = parseCircuitTerms(known.spec.agreement)
  const module = await moduleOf(known, moduleFile, fetching)
  const named = inputsOf(readManifest(module), {
    request: fromHex(request.input, 'input'),
    private: inputs,
    ...(key.isBound && { binding: bindingOf(requestId, payee) }),
  })
  output.progress('computing the witness')
  const witness = await runCalculator(module, named)
  const zkey = await provingKeyOf(terms.provingKey, provingKeyFile, fetching)
  output.progress('proving')
  const prover = new ProcessProver({ engine: 'kernel', log: silentLog })
  try {
    const provingKey = { hash: terms.provingKey, read: async () => zkey }
    const { proof, publicSignals } = await prover.prove({ provingKey, witness })
    const words = publicSignals.slice(0, key.outputs).map((value) => toBytesBE(value, WORD_BYTES))
    const made = { output: concat(...words), proof }
    assertHolds(statement, made)
    return made
  } finally {
    await prover.close()
  }
}

/** Throws `InvalidInputError` unless the chain would take it. */
export function assertHolds({ requestId, request, payee, key }: Statement, { output, proof }: Made): void {
  const binding = key.isBound ? [bindingOf(requestId, payee)] : []
  const inputs = [...wordsOf(output), ...wordsOf(fromHex(request.input, 'input')), ...binding]
  const verdict = verifyProof(key, inputs, proof)
  if (verdict.isValid && inputs.length === publicInputCount(key)) return
  throw new InvalidInputError(
    'proof',
    `does not hold: ${verdict.isValid ? 'wrong length' : verdict.reason}`,
    {
      fix: 'module, proving key and the key on chain are not of one circuit, or this machine computed wrongly',
    },
  )
}

async function provingKeyOf(hash: Hash, file: string | undefined, fetching: Fetching): Promise<Uint8Array> {
  if (file === undefined) return await fetching.provingKey(hash)
  const bytes = readProvingKey('--proving-key', file)
  if (sha256Hex(bytes) === hash) return bytes
  throw new InvalidInputError('--proving-key', `${file} is not the function's key, sha256 ${hash}`, {
    fix: 'leave --proving-key out to fetch it from peers',
  })
}
