/**
 * A node's proof of a circuit function for a request: module and key by their hashes, witness, proof, check.
 *
 * A proof that is wrong costs a transaction, and would be sent again for ever: what the prover gave is checked against the key
 * on chain before it counts.
 * @module
 */
import { inputsOf, readManifest, wordsOf } from '../core/circuit/manifest.ts'
import type { CircuitInputs } from '../core/circuit/witness.ts'
import { WitnessError } from '../core/circuit/witness-error.ts'
import { type ObservedFunction, parseCircuitTerms } from '../core/consensus/agreement.ts'
import type { Proven } from '../core/request/state.ts'
import { concat, fromHex, toBytesBE } from '../crypto/bytes.ts'
import { bindingOf, verifyProof } from '../crypto/groth16.ts'
import { publicInputCount, type VerificationKey } from '../crypto/groth16-key.ts'
import type { Calculator } from '../ports/calculator.ts'
import { type Prover, ProverError, type ProverFailure } from '../ports/prover.ts'
import { DikastError } from '../protocol/errors.ts'
import { PROVING_KEY_BYTES_MAX } from '../protocol/limits.ts'
import type { Address, Request, RequestId } from '../protocol/types.ts'
import { obtainModule, type RunDependencies, specOf, WindowClosedError } from './execution.ts'

/** The largest keys nodes take need a minute on two cores. */
const PROVING_MS_MAX = 300_000

export type ProvingDependencies = Omit<RunDependencies, 'sandbox' | 'timeOfRound'> & {
  readonly calculator: Calculator
  readonly prover: Prover
  /** By the contract that a request names as its verifier. Undefined for one that is none of the network's. */
  readonly verificationKey: (verifier: Address) => Promise<VerificationKey | undefined>
  /** What only a committee's members know, for a circuit that observes (OBS-6). */
  readonly gather: (
    requestId: RequestId,
    observed: ObservedFunction,
    signal: AbortSignal,
  ) => Promise<CircuitInputs>
}

export interface ProvingRun {
  readonly requestId: RequestId
  readonly request: Request
  /** Who is paid: what a bound circuit's proof says. */
  readonly payee: Address
  /** By this machine's clock. */
  readonly closesAtMs: number
}

/** Nobody can prove it: no witness satisfies the circuit, or what was deployed does not fit together. Trying again is no use. */
export class UnprovableError extends DikastError {
  readonly code = 'UNPROVABLE'

  constructor(detail: string, options: { readonly cause?: unknown } = {}) {
    super(`the request cannot be proved: ${detail}`, {
      fix: 'nothing is to be done by the prover; the request expires and its requester is refunded',
      ...options,
    })
  }
}

/** Whether a failure is one of work that was done: of such there are two. What was only not fetched is tried for as long as it is of use. */
export function wasTried(error: unknown): boolean {
  if (error instanceof WrongProofError || error instanceof WitnessError) return true
  return error instanceof ProverError && !NOT_BEGUN.has(error.reason)
}

const NOT_BEGUN: ReadonlySet<ProverFailure> = new Set(['overloaded', 'unreachable', 'closed'])

/** The prover gave a proof that its key does not accept. */
class WrongProofError extends DikastError {
  readonly code = 'WRONG_PROOF'

  constructor(reason: string) {
    super(`the prover’s proof does not hold: ${reason}`, {
      fix: 'the deployed proving key is of another circuit than the module, or this machine computed wrongly: prove it elsewhere to know',
    })
  }
}

/** Throws `UnprovableError` for what is the same on every node. All else is tried again while the window lasts. */
export async function proveRequest(deps: ProvingDependencies, run: ProvingRun): Promise<Proven> {
  const { request, closesAtMs } = run
  const spec = await specOf(deps, request)
  const key = await deps.verificationKey(request.verifier)
  if (key === undefined) throw new UnprovableError(`${request.verifier} is no key of this network`)
  const terms = orUnprovable(() => parseCircuitTerms(spec.agreement))
  const module = await obtainModule(deps, spec.moduleHash, closesAtMs)
  const leftMs = Math.min(PROVING_MS_MAX, closesAtMs - deps.clock.nowMs())
  if (leftMs <= 0) throw new WindowClosedError()
  const signal = AbortSignal.timeout(leftMs)
  const { observed } = terms
  const secret = observed === undefined ? {} : await deps.gather(run.requestId, observed, signal)
  const given = orUnprovable(() => {
    const input = fromHex(request.input, 'input')
    const manifest = readManifest(module)
    const binding = bindingOf(run.requestId, run.payee)
    const bound = key.isBound ? { binding } : {}
    return {
      inputs: inputsOf(manifest, { request: input, private: secret, ...bound }),
      words: wordsOf(input),
      binding,
    }
  })
  const witness = await deps.calculator
    .calculate(module, given.inputs, { msMax: leftMs, memoryBytesMax: Number(spec.memoryBytesMax), signal })
    .catch(asTold)
  // Before the prover is asked: it makes one proof at a time, and waits for nobody's peers.
  if (!(await deps.modules.has(terms.provingKey)))
    await obtainModule(deps, terms.provingKey, closesAtMs, PROVING_KEY_BYTES_MAX)
  const { proof, publicSignals } = await deps.prover
    .prove(
      {
        provingKey: {
          hash: terms.provingKey,
          read: () => obtainModule(deps, terms.provingKey, closesAtMs, PROVING_KEY_BYTES_MAX),
        },
        witness,
      },
      {
        signal,
        onProgress: (phase) => deps.log.debug('proving', { requestId: run.requestId, phase }),
      },
    )
    .catch(asProved)
  const expected = [
    ...publicSignals.slice(0, key.outputs),
    ...given.words,
    ...(key.isBound ? [given.binding] : []),
  ]
  // Of a key that is no key of the module’s circuit: the module’s author deployed what does not fit together.
  if (expected.length !== publicInputCount(key) || publicSignals.length !== expected.length)
    throw new UnprovableError('module and keys are not of one circuit')
  const verdict = verifyProof(key, expected, proof)
  if (!verdict.isValid) throw new WrongProofError(verdict.reason)
  return {
    output: concat(...publicSignals.slice(0, key.outputs).map((value) => toBytesBE(value, 32))),
    proof,
    isBound: key.isBound,
  }
}

/** What throws at another's data throws on every node. */
function orUnprovable<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new UnprovableError(String(cause), { cause })
  }
}

/** Bytes that do not fit together do so nowhere. */
function asProved(error: unknown): never {
  const isDeployed = error instanceof ProverError && DEPLOYED_SO.has(error.reason)
  throw isDeployed ? new UnprovableError(error.message, { cause: error }) : error
}

const DEPLOYED_SO: ReadonlySet<string> = new Set<ProverFailure>([
  'malformed-key',
  'witness-length',
  'witness-range',
])

function asTold(error: unknown): never {
  const isLocal = !(error instanceof WitnessError) || error.reason === 'time-limit' || error.reason === 'host'
  throw isLocal ? error : new UnprovableError(error.message, { cause: error })
}
