/**
 * A circuit function's specification: from its calculator, its keys and the options of `function deploy`.
 *
 * The verification key is taken out of the proving key, and both are held against the module's manifest. That the constraints are
 * those the key was made for is told by their digest alone, to whoever compiles the source again.
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { verificationKeyOf } from '../../adapters/prover/verification-key.ts'
import { prepareCalculator } from '../../core/circuit/calculator-module.ts'
import { hasBinding, publicInputsOf, readManifest } from '../../core/circuit/manifest.ts'
import { observedRule } from '../../core/circuit/observing.ts'
import {
  type CircuitTerms,
  circuitTermsText,
  OBSERVED_INPUT_BYTES_MAX,
  type ObservedFunction,
} from '../../core/consensus/agreement.ts'
import { fromHex } from '../../crypto/bytes.ts'
import {
  encodeVerificationKey,
  GROTH16_SELECTOR,
  publicInputCount,
  type VerificationKey,
  verificationKeyHash,
} from '../../crypto/groth16-key.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import type { DeployedFunction } from '../../ports/market.ts'
import { DikastError, InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import {
  FUEL_STEP,
  MEMORY_BYTES_MAX,
  MEMORY_BYTES_MIN,
  PROVING_KEY_BYTES_MAX,
  WINDOW_SECONDS_MAX,
} from '../../protocol/limits.ts'
import { CONSENSUS, type FunctionId, type FunctionSpec, type Hash, type Hex } from '../../protocol/types.ts'
import { parseDigest, requiredText, textOption, wholeNumber } from './arguments.ts'
import { assertCeremony } from './ceremony-claim.ts'
import { readTranscript } from './ceremony-files.ts'
import { constraintCounts } from './circuit-compile.ts'
import type { Options } from './command.ts'
import { feeFrom, NO_CAPABILITIES } from './function-spec.ts'

/** The networks of one's own machine: hardhat's, anvil's and geth's in development. */
const LOCAL_CHAIN_IDS: ReadonlySet<number> = new Set([31_337, 1_337])
/** The registry wants a name; a calculator has no export to choose. */
const ENTRY = 'witness'
const RUNTIME = 'deterministic-1'

export interface CircuitFiles {
  readonly provingKey: Uint8Array
  readonly terms: CircuitTerms
  readonly key: VerificationKey
  readonly keyBytes: Hex
}

/** Whether a module is a circuit's witness calculator that says what it is given (CIR-3). */
export function isCircuit(module: Uint8Array): boolean {
  try {
    readManifest(module)
    return true
  } catch {
    return false
  }
}

/** Throws `InvalidInputError` naming the option, for files that are missing or do not fit the module. */
export function circuitFilesFrom(options: Options, module: Uint8Array): CircuitFiles {
  const manifest = readManifest(module)
  as('module', () => prepareCalculator(module, MEMORY_BYTES_MAX))
  const provingKey = readFile('--proving-key', options, 'provingKey')
  const constraints = readFile('--constraints', options, 'constraints')
  const isBound = hasBinding(manifest)
  const ceremony = textOption(options, 'ceremony')
  const key = as('--proving-key', () =>
    verificationKeyOf(provingKey, {
      isCeremony: ceremony !== undefined,
      isBound,
      outputs: manifest.outputs,
    }),
  )
  const counts = constraintCounts(constraints)
  if (counts.publicOutputs !== manifest.outputs)
    throw new InvalidInputError(
      '--constraints',
      `have ${counts.publicOutputs} outputs, the module ${manifest.outputs}`,
      {
        fix: 'give the .r1cs that was compiled with this module',
      },
    )
  const signals = publicInputsOf(manifest)
  if (publicInputCount(key) !== manifest.outputs + signals)
    throw new InvalidInputError(
      '--proving-key',
      `has ${publicInputCount(key)} public signals, the module ${manifest.outputs + signals}`,
      { fix: 'give the key that was made for this circuit' },
    )
  // Refuses what was never contributed to, as the chain does.
  const keyBytes = `0x${Buffer.from(encodeVerificationKey(key)).toString('hex')}` as Hex
  const observed = observedFrom(options)
  const terms = { provingKey: sha256Hex(provingKey), constraints: sha256Hex(constraints), observed }
  if (ceremony !== undefined)
    assertCeremony(readTranscript('--ceremony', ceremony), {
      provingKey,
      key,
      constraints: terms.constraints,
      module: sha256Hex(module),
    })
  return { provingKey, terms, key, keyBytes }
}

/** What a standing committee's members run for the circuit (OBS-1). */
function observedFrom(options: Options): ObservedFunction | undefined {
  const functionId = textOption(options, 'observe')
  const text = textOption(options, 'observeInput')
  if (functionId === undefined) {
    if (text === undefined) return undefined
    throw new InvalidInputError('--observe-input', 'is given to a function that --observe names', {
      fix: 'name the function that the committee runs with --observe, or leave --observe-input out',
    })
  }
  const input = fromHex(text ?? '0x', '--observe-input')
  if (input.length > OBSERVED_INPUT_BYTES_MAX)
    throw new LimitExceededError('bytes of --observe-input', input.length, OBSERVED_INPUT_BYTES_MAX, {
      fix: 'give less: what every request asks alike can stand in the function',
    })
  return { functionId: parseDigest('--observe', functionId), input }
}

/** Throws `InvalidInputError` for a function that members could not observe: the circuit would never be proved. */
export async function assertObservable(
  reads: { functionById(id: FunctionId): Promise<DeployedFunction | undefined> },
  { observed }: CircuitTerms,
): Promise<void> {
  if (observed === undefined) return
  const known = await reads.functionById(observed.functionId)
  if (known === undefined)
    throw new InvalidInputError('--observe', `${observed.functionId} was never deployed on this network`, {
      fix: 'deploy the function that the committee runs first, with consensus = "aggregate" and kind = "median"',
    })
  observedRule(known.spec)
}

/** Throws `InvalidInputError` for a key of development on a network that is not this machine's, unless it is forced. */
export function assertKeyMayBeDeployed(
  { isCeremony }: VerificationKey,
  chainId: number,
  options: Options,
): void {
  if (isCeremony || LOCAL_CHAIN_IDS.has(chainId) || options.allowDevKey === true) return
  throw new InvalidInputError(
    '--proving-key',
    `is a key for development: whoever made it can prove anything, and chain ${chainId} is not local`,
    {
      fix: 'make the key by a ceremony of several parties and give its transcript with --ceremony; --allow-dev-key deploys it all the same, marked as dev for ever',
    },
  )
}

export function circuitSpecFrom(
  options: Options,
  moduleHash: Hash,
  { key, terms }: CircuitFiles,
): FunctionSpec {
  for (const [name, flag] of OF_COMMITTEES)
    if (options[name] !== undefined)
      throw new InvalidInputError(flag, 'says how a committee agrees, and a circuit is proved by one node', {
        fix: `leave ${flag} out`,
      })
  const number = (name: string, min: number, max: number, otherwise: string): number =>
    wholeNumber(`--${name}`, textOption(options, name) ?? otherwise, min, max)
  return {
    kind: 'circuit',
    moduleHash,
    entry: ENTRY,
    runtime: RUNTIME,
    capabilities: NO_CAPABILITIES,
    permissions: [],
    consensus: CONSENSUS.indexOf('zk'),
    agreement: circuitTermsText(terms),
    committeeSize: 1,
    // A proof does not tell what it took: a prover is paid a fee for each.
    fuelLimit: FUEL_STEP,
    fuelPrice: 0n,
    memoryBytesMax: BigInt(number('memory', MEMORY_BYTES_MIN, MEMORY_BYTES_MAX, '268435456')),
    outputBytesMax: 32 * key.outputs,
    windowSeconds: number('window', 1, WINDOW_SECONDS_MAX, '60'),
    flatFeePerSeat: feeFrom('--fee', requiredText({ fee: '0.001', ...options }, 'fee')),
    royalty: feeFrom('--royalty', requiredText({ royalty: '0', ...options }, 'royalty')),
    verifierSelector: GROTH16_SELECTOR,
    verificationKeyHash: verificationKeyHash(key),
    challengeWindow: 0,
  }
}

/** A wrong file is its user's mistake, whatever finds it. */
function as<T>(option: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof InvalidInputError || !(cause instanceof DikastError)) throw cause
    throw new InvalidInputError(option, cause.message, {
      cause,
      ...(cause.fix !== undefined && { fix: cause.fix }),
    })
  }
}

const OF_COMMITTEES = [
  ['committee', '--committee'],
  ['consensus', '--consensus'],
  ['agreement', '--agreement'],
  ['challengeWindow', '--challenge-window'],
  ['verifier', '--verifier'],
  ['permission', '--permission'],
  ['fuel', '--fuel'],
  ['fuelPrice', '--fuel-price'],
  ['output', '--output'],
  ['entry', '--entry'],
  ['runtime', '--runtime'],
] as const

function readFile(flag: string, options: Options, name: string): Uint8Array {
  const file = textOption(options, name)
  if (file === undefined)
    throw new InvalidInputError(flag, 'is missing: the module is a circuit', {
      fix: 'give --constraints circuit.r1cs, which `dikast circuit compile` wrote, and --proving-key circuit.zkey, which `dikast circuit setup` or a ceremony made of it',
    })
  try {
    const { size } = statSync(file)
    if (size > PROVING_KEY_BYTES_MAX)
      throw new LimitExceededError(`bytes of ${flag}`, size, PROVING_KEY_BYTES_MAX, {
        fix: 'make the circuit smaller: nodes take no larger files',
      })
    return new Uint8Array(readFileSync(file))
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError(flag, `${file} cannot be read`, { cause, fix: 'check the path' })
  }
}
