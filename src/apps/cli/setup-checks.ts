/**
 * Every check of a proving key's making that an auditor can do with files; none is left out when another fails (CER-9).
 *
 * A check that what was given does not allow is unchecked, and never passed. Files are anybody's: what snarkjs reads of them it
 * reads in a process of its own, and only after our own reader took them.
 * @module
 */
import { relative, resolve } from 'node:path'
import { type CeremonyOptions, performStep } from '../../adapters/prover/ceremony.ts'
import { contributionsOf } from '../../adapters/prover/contributions.ts'
import { verificationKeyOf } from '../../adapters/prover/verification-key.ts'
import {
  type CeremonyTranscript,
  formatTime,
  ITERATIONS_LOG_MAX,
  parseTranscript,
} from '../../core/circuit/ceremony.ts'
import {
  announcementProblem,
  beaconProblem,
  contributionsProblem,
  contributorsProblem,
  filesProblem,
} from '../../core/circuit/ceremony-checks.ts'
import { knownPowers } from '../../core/circuit/known-powers.ts'
import { encodeProof, verifyProof } from '../../crypto/groth16.ts'
import { parseSnarkjsKey } from '../../crypto/groth16-json.ts'
import {
  checkKey,
  publicInputCount,
  type VerificationKey,
  verificationKeyHash,
} from '../../crypto/groth16-key.ts'
import { FIELD_ORDER } from '../../crypto/groth16-points.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import { ChainError } from '../../ports/chain.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Hash } from '../../protocol/types.ts'
import {
  type CircuitShape,
  ceremonyKeyOf,
  digestsOf,
  type FileDigests,
  parsePin,
  pinOf,
  readConstraints,
  readModule,
  readProvingKey,
  readTranscriptText,
  shapeOf,
} from './ceremony-files.ts'
import {
  type CircuitSources,
  COMPILER_FLAGS,
  circuitSources,
  compilerName,
  compileSources,
  constraintCounts,
} from './circuit-compile.ts'

export interface SetupFiles {
  readonly constraints: string
  readonly powers: string
  readonly provingKey: string
  readonly source: string | undefined
  readonly module: string | undefined
  readonly transcript: string | undefined
  readonly powersHash: string | undefined
  /** Not to compute what takes hours of large powers. */
  readonly arePowersTrusted: boolean
}

export interface SetupCheck {
  readonly name: string
  readonly verdict: 'passed' | 'failed' | 'unchecked'
  readonly detail: string
  /** What could be forged, or by whom, were it otherwise. */
  readonly why: string
}

/** Thrown by what cannot be checked for want of something. */
export class Unchecked extends Error {}

/** `judge` resolves to what was found right, and throws what is wrong. Throws `ChainError` when a chain does not answer. */
export async function check(
  checks: SetupCheck[],
  name: string,
  why: string,
  judge: () => Promise<string> | string,
): Promise<void> {
  try {
    checks.push({ name, why, verdict: 'passed', detail: await judge() })
  } catch (error) {
    if (error instanceof ChainError) throw error
    const detail = error instanceof Error ? error.message : String(error)
    checks.push({ name, why, verdict: error instanceof Unchecked ? 'unchecked' : 'failed', detail })
  }
}

/** What was read of the files, for checks against a chain. Each throws when its file is no good, and so fails the checks that need it. */
export interface SetupReadings {
  readonly provingKeyHash: Hash
  readonly constraintsHash: Hash
  readonly moduleHash: () => Hash
  /** As a ceremony's function has it. */
  readonly key: () => VerificationKey
}

export interface SetupFindings {
  readonly checks: SetupCheck[]
  readonly readings: SetupReadings
  readonly transcript: CeremonyTranscript | undefined
}

/** Throws `InvalidInputError` for files that cannot be read. */
export async function checkSetup(
  files: SetupFiles,
  options: CeremonyOptions & { readonly onCheck: (what: string) => void },
): Promise<SetupFindings> {
  const run = await open(files, options)
  options.onCheck('compiling')
  await checkSource(run)
  options.onCheck('powers of tau')
  await checkPowers(run)
  options.onCheck('proving key')
  await checkProvingKey(run)
  await checkTranscript(run)
  await checkVerificationKey(run)
  return { checks: run.checks, readings: run, transcript: attempt(run.transcript) }
}

interface Run extends SetupReadings {
  readonly checks: SetupCheck[]
  readonly files: SetupFiles
  readonly options: CeremonyOptions
  readonly constraints: Uint8Array
  readonly zkey: Uint8Array
  readonly powers: FileDigests
  /** Of the source, when one was given. */
  readonly sources: CircuitSources | undefined
  readonly shape: () => CircuitShape
  readonly contributions: () => ReturnType<typeof contributionsOf>
  readonly transcript: () => CeremonyTranscript
}

/** What cannot be read is whoever called's mistake, and no check fails for it; what was read and is wrong fails the checks that need it. */
async function open(files: SetupFiles, options: CeremonyOptions): Promise<Run> {
  if (files.powersHash !== undefined) parsePin(files.powersHash)
  const constraints = readConstraints('--r1cs', files.constraints)
  const zkey = readProvingKey('--zkey', files.provingKey)
  const { module: file } = files
  const module = file === undefined ? undefined : readModule('--module', file)
  const text =
    files.transcript === undefined ? undefined : readTranscriptText('--transcript', files.transcript)
  const shape = () => shapeOf('--module', given(file, 'no --module'), given(module, 'no --module'))
  return {
    checks: [],
    files,
    options,
    constraints,
    zkey,
    sources: files.source === undefined ? undefined : sourcesOf(files.source),
    powers: await digestsOf('--ptau', files.powers),
    constraintsHash: sha256Hex(constraints),
    provingKeyHash: sha256Hex(zkey),
    shape,
    moduleHash: () => shape().moduleHash,
    contributions: () => contributionsOf(zkey),
    transcript: () => parseTranscript(given(text, 'no --transcript')),
    key: () => ceremonyKeyOf(zkey, shape()),
  }
}

function sourcesOf(source: string): CircuitSources {
  const root = resolve('.')
  try {
    return circuitSources(root, relative(root, resolve(source)))
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause
    throw new InvalidInputError('--source', `${source}: ${cause.message}`, {
      cause,
      ...(cause.fix === undefined ? {} : { fix: cause.fix }),
    })
  }
}

function given<T>(value: T | undefined, missing: string): T {
  if (value === undefined) throw new Unchecked(`${missing} was given`)
  return value
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function right(problem: string | undefined, detail: string): string {
  if (problem !== undefined) throw new Error(problem)
  return detail
}

async function checkSource({ checks, sources, constraintsHash, moduleHash }: Run): Promise<void> {
  const made = attemptLater(async () => await compileSources(given(sources, 'no --source')))
  const how = `with ${compilerName()} and ${COMPILER_FLAGS.join(' ')}`
  await check(
    checks,
    'constraints',
    'a key is of its constraints: only the source says what those mean',
    async () => {
      const own = sha256Hex((await made()).r1cs)
      return right(
        own === constraintsHash
          ? undefined
          : `the source compiles to sha256 ${own}, the file is ${constraintsHash}`,
        `the source compiles to them ${how}`,
      )
    },
  )
  await check(checks, 'calculator', 'another calculator could answer with another statement', async () => {
    const own = sha256Hex((await made()).wasm)
    const found = moduleHash()
    return right(
      own === found ? undefined : `the source compiles to sha256 ${own}, the module is ${found}`,
      `the source compiles to it ${how}`,
    )
  })
}

/** Once, when first asked for. */
function attemptLater<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

async function checkPowers({ checks, files, powers, options }: Run): Promise<void> {
  await check(checks, 'powers: pinned', 'whoever knows τ forges: these must be those that many made', () => {
    if (files.powersHash === undefined && knownPowers(powers.blake2b) === undefined)
      throw new Unchecked(`they are none of the public ones, and no --ptau-hash says what they should be`)
    const pinnedBy = pinOf(files.powers, powers, files.powersHash)
    return `sha256 ${powers.sha256}, pinned by ${pinnedBy}`
  })
  await check(
    checks,
    'powers: consistent',
    'powers that are of no τ would let a key prove what is false',
    async () => {
      if (files.arePowersTrusted) throw new Unchecked('--trust-powers was said')
      const { isDone, detail } = await performStep({ type: 'verifyPowers', powers: files.powers }, options)
      return right(
        isDone ? undefined : `snarkjs: ${detail}`,
        'each follows from the one before, and they are prepared rightly',
      )
    },
  )
}

async function checkProvingKey({
  checks,
  files,
  constraints,
  zkey,
  contributions,
  options,
}: Run): Promise<void> {
  await check(
    checks,
    'key: of these files',
    'a key of another circuit proves another statement',
    async () => {
      // What an auditor's machine would hash for is the key's to say.
      const slow = contributions().find(({ beacon }) => (beacon?.iterationsLog ?? 0) > ITERATIONS_LOG_MAX)
      if (slow !== undefined)
        throw new Error(`a beacon of 2^${slow.beacon?.iterationsLog} iterations is in it`)
      const step = {
        type: 'verifyKey',
        constraints: files.constraints,
        powers: files.powers,
        provingKey: files.provingKey,
      } as const
      const { isDone, detail } = await performStep(step, options)
      return right(
        isDone ? undefined : `snarkjs: ${detail}`,
        'made of these constraints and powers, each contribution from the one before',
      )
    },
  )
  await check(checks, 'key: contributed to', 'without a contributor everybody knows its secret', () => {
    const found = contributions()
    const names = found.filter(({ beacon }) => beacon === undefined).map(({ name }) => `«${name}»`)
    return right(contributorsProblem(found), `by ${names.length}: ${names.join(', ')}`)
  })
  await check(checks, 'key: public signals', 'with too few, a part of the statement is nobody’s', () => {
    const { publicOutputs, publicInputs } = constraintCounts(constraints)
    const { ic } = verificationKeyOf(zkey, { isCeremony: true, isBound: false, outputs: 0 })
    const wanted = publicOutputs + publicInputs + 1
    return right(
      ic.length === wanted
        ? undefined
        : `IC has ${ic.length} points, the constraints have ${wanted - 1} public signals`,
      `IC has ${ic.length} points, for ${wanted - 1} signals`,
    )
  })
}

async function checkTranscript(run: Run): Promise<void> {
  const { checks, contributions, transcript, provingKeyHash, constraintsHash, powers, moduleHash } = run
  await check(checks, 'transcript: files', 'what contributors attested to must be this key', () => {
    const told = transcript()
    const files = { provingKey: provingKeyHash, constraints: constraintsHash, powers: powers.sha256 }
    return right(filesProblem(told, files), 'it is about these constraints, powers and key, step by step')
  })
  await check(
    checks,
    'transcript: circuit',
    'the calculator and the compiler are part of what was announced',
    () => {
      const { circuit } = transcript()
      const found = moduleHash()
      const [compiler, flags] = [compilerName(), COMPILER_FLAGS.join(' ')]
      if (circuit.module !== found) throw new Error(`it is about a calculator of sha256 ${circuit.module}`)
      if (circuit.compiler !== compiler || circuit.flags.join(' ') !== flags)
        throw new Error(
          `it was compiled with ${circuit.compiler} and ${circuit.flags.join(' ')}, here is ${compiler} and ${flags}`,
        )
      return `«${circuit.name}», of ${compiler}`
    },
  )
  await check(
    checks,
    'transcript: contributions',
    'a contribution nobody attested to may be nobody’s',
    () => {
      const told = transcript()
      return right(
        contributionsProblem(contributions(), told),
        `the key has the ${told.contributions.length} it tells of, in this order${told.end === undefined ? '' : ', and the beacon'}`,
      )
    },
  )
  await check(
    checks,
    'beacon: announced',
    'who knew the beacon could choose what to contribute by it',
    () => {
      const told = transcript()
      const { round, announcedAt } = told.beacon
      return right(
        announcementProblem(told),
        `round ${round}, at ${formatTime(announcedAt)}, before anybody contributed or could know it`,
      )
    },
  )
  await check(checks, 'beacon: last', 'without it the last contributor decides what the key is', () => {
    const told = transcript()
    return right(
      beaconProblem(contributions(), told),
      `quicknet's round ${told.beacon.round}, its signature checked, 2^${told.beacon.iterationsLog} iterations`,
    )
  })
}

async function checkVerificationKey(run: Run): Promise<void> {
  const { checks, files, zkey, transcript, shape, key, constraints, options } = run
  const unshaped = () => verificationKeyOf(zkey, { isCeremony: true, isBound: false, outputs: 0 })
  await check(
    checks,
    'key: not known',
    'from δ = γ, or δ = the generator, everybody makes proofs of anything',
    () => {
      checkKey(unshaped())
      return 'δ is neither γ nor the generator of G2, nor the negative of one'
    },
  )
  await check(checks, 'key: exported', 'what checks proofs must be the same key', async () => {
    const step = { type: 'exportKey', provingKey: files.provingKey } as const
    const { isDone, detail, value } = await performStep(step, options)
    if (!isDone) throw new Error(`snarkjs: ${detail}`)
    const own = unshaped()
    const theirs = parseSnarkjsKey(value, { isCeremony: true, isBound: false, outputs: 0 })
    return right(
      verificationKeyHash(own) === verificationKeyHash(theirs)
        ? undefined
        : 'snarkjs reads another key in it',
      'snarkjs and dikast read the same',
    )
  })
  await check(checks, 'key: range of inputs', 'x and x + r would be two statements with one proof', () => {
    const own = unshaped()
    return right(rangeProblem(own), `each of ${publicInputCount(own)} inputs is refused at r`)
  })
  await check(
    checks,
    'key: calculator',
    'outputs, inputs and binding are taken from where the calculator says',
    () => {
      const { outputs, publicInputs: takes } = shape()
      const { isBound, inputs } = key()
      const { publicOutputs, publicInputs } = constraintCounts(constraints)
      if (outputs !== publicOutputs)
        throw new Error(`the calculator has ${outputs} outputs, the constraints ${publicOutputs}`)
      if (takes !== publicInputs)
        throw new Error(`the calculator has ${takes} public inputs, the constraints ${publicInputs}`)
      return `${outputs} outputs, ${inputs} inputs${isBound ? ' and the binding' : ''}`
    },
  )
  await check(checks, 'transcript: end', 'it tells what to look for on chain', () => {
    const hash = verificationKeyHash(key())
    const told = transcript().end?.verificationKey
    return right(told === hash ? undefined : `it ends with key ${told ?? 'none'}, this is ${hash}`, hash)
  })
}

/** Tried on the verifier itself, with points that are well-formed and prove nothing. */
function rangeProblem(key: VerificationKey): string | undefined {
  const proof = encodeProof({ a: key.alpha, b: key.beta, c: key.alpha })
  const zeros: readonly bigint[] = new Array(publicInputCount(key)).fill(0n)
  const reasonOf = (inputs: readonly bigint[]) => {
    const verdict = verifyProof(key, inputs, proof)
    return verdict.isValid ? 'none' : verdict.reason
  }
  if (reasonOf(zeros) !== 'pairing false') return 'a proof of nothing is not refused for what it is'
  const at = zeros.findIndex((_, i) => reasonOf(zeros.with(i, FIELD_ORDER)) !== 'input out of range')
  return at < 0 ? undefined : `input ${at} may be r`
}
