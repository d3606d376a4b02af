import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { makeKey } from '../../../adapters/prover/ceremony.ts'
import {
  beaconTime,
  formatTime,
  ITERATIONS_LOG_MAX,
  ITERATIONS_LOG_MIN,
} from '../../../core/circuit/ceremony.ts'
import { QUICKNET, roundAt } from '../../../crypto/drand.ts'
import { sha256Hex } from '../../../crypto/hash.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import { PROVING_KEY_BYTES_MAX } from '../../../protocol/limits.ts'
import { requiredText, textOption, wholeNumber } from '../arguments.ts'
import {
  circuitName,
  digestsOf,
  pinOf,
  readConstraints,
  readShape,
  transcriptFile,
  writeTranscript,
} from '../ceremony-files.ts'
import { nowSeconds, progressOf } from '../ceremony-progress.ts'
import { COMPILER_FLAGS, compilerName, constraintCounts } from '../circuit-compile.ts'
import type { Options, Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import type { Output } from '../output.ts'

/** A hundred years of quicknet. */
const ROUND_MAX = 10 ** 9

export const run: Run = async ({ output }, [file = ''], options) => {
  if (options.dev === true) return await makeDevKey(output, file, options)
  if (textOption(options, 'ptau') === undefined)
    throw new InvalidInputError('--ptau', 'is missing, and so is --dev', {
      fix: 'say --dev for a key for development; for one that others can trust begin a ceremony with --ptau and --round (docs/ceremony.md)',
    })
  return await startCeremony(output, file, options)
}

async function makeDevKey(output: Output, file: string, options: Options): Promise<number> {
  const r1cs = readConstraints('constraints', file)
  const { constraints } = constraintCounts(r1cs)
  const to = textOption(options, 'out') ?? file.replace(/(\.r1cs)?$/, '.zkey')
  // It may be a ceremony's, which nobody can make again.
  if (existsSync(to))
    throw new InvalidInputError('--out', `${to} is there already`, {
      fix: 'name another file with --out, or remove this one if nothing was deployed with it',
    })
  output.progress(`making a key for ${constraints} constraints: a second for every thousand, about`)
  const seed = textOption(options, 'seed') ?? randomBytes(32).toString('hex')
  const { devSetup } = await import('../../../adapters/prover/dev-setup.ts')
  const zkey = await devSetup(r1cs, seed)
  warnOfSize(output, zkey.length)
  writeFileSync(to, zkey, { flag: 'wx' })
  const provingKey = sha256Hex(zkey)
  output.result({ file: to, bytes: zkey.length, constraints, provingKey, kind: 'dev' }, () => {
    output.line(`proving key ${to}, ${zkey.length} bytes, sha256 ${provingKey}`)
    output.line('made        for development: whoever has its seed can prove anything, and the chain says so')
  })
  return EXIT.ok
}

/** The first key of a ceremony, and a transcript that announces the beacon that will end it (CER-3). */
async function startCeremony(output: Output, file: string, options: Options): Promise<number> {
  const powers = requiredText(options, 'ptau')
  const { constraints } = constraintCounts(readConstraints('constraints', file))
  const now = nowSeconds()
  const beacon = {
    chain: QUICKNET.chainHash,
    round: announcedRound(options),
    announcedAt: now,
    iterationsLog: wholeNumber(
      '--iterations',
      requiredText({ iterations: '10', ...options }, 'iterations'),
      ITERATIONS_LOG_MIN,
      ITERATIONS_LOG_MAX,
    ),
  }
  const emitted = beaconTime({ beacon })
  if (emitted <= now)
    throw new InvalidInputError('--round', `${beacon.round} was out at ${formatTime(emitted)}`, {
      fix: 'announce a round of a time when everybody will have contributed',
    })
  const module = textOption(options, 'module') ?? file.replace(/(\.r1cs)?$/, '.wasm')
  const { moduleHash } = readShape('--module', module)
  output.progress(`reading the powers of tau of ${powers}`)
  const { sha256, blake2b } = await digestsOf('--ptau', powers)
  const pinnedBy = pinOf(powers, { sha256, blake2b }, textOption(options, 'ptauHash'))
  const to = textOption(options, 'out') ?? file.replace(/(\.r1cs)?$/, '-0.zkey')
  const transcriptTo = transcriptFile(options, to)
  if (existsSync(transcriptTo))
    throw new InvalidInputError('--transcript', `${transcriptTo} is there already`, {
      fix: 'name another file, or take the old ceremony’s away',
    })
  output.progress(`making the first key for ${constraints} constraints`)
  await makeKey({ type: 'start', constraints: file, powers, to }, progressOf(output))
  const { sha256: provingKey } = await digestsOf('--out', to)
  writeTranscript(transcriptTo, {
    circuit: {
      name: circuitName(file),
      compiler: compilerName(),
      flags: COMPILER_FLAGS,
      constraints: (await digestsOf('constraints', file)).sha256,
      module: moduleHash,
    },
    powers: { sha256, blake2b },
    beacon,
    start: { time: now, provingKey },
    contributions: [],
    end: undefined,
  })
  output.result(
    {
      file: to,
      transcript: transcriptTo,
      constraints,
      provingKey,
      powers: { sha256, blake2b, pinnedBy },
      beacon,
      beaconTime: emitted,
    },
    () => {
      output.line(`first key   ${to}, sha256 ${provingKey}`)
      output.line(`transcript  ${transcriptTo}`)
      output.line(`powers      sha256 ${sha256}, pinned by ${pinnedBy}`)
      output.line(
        `announce    it ends with drand's quicknet round ${beacon.round}, out at ${formatTime(emitted)}`,
      )
      output.line('next        publish all of this now; then each contributor runs')
      output.line(
        `            dikast circuit contribute ${to} ${to.replace(/(-0)?(\.zkey)?$/, '-1.zkey')} --name …`,
      )
    },
  )
  return EXIT.ok
}

/** --round, or the first one out at --ends or later. */
function announcedRound(options: Options): number {
  const [round, ends] = [textOption(options, 'round'), textOption(options, 'ends')]
  if ((round === undefined) === (ends === undefined))
    throw new InvalidInputError('--round', 'or --ends must be given, one of them', {
      fix: 'announce when the ceremony ends, e.g. --ends 2026-12-01T12:00:00Z: the round that is out then ends it',
    })
  if (round !== undefined) return wholeNumber('--round', round, 1, ROUND_MAX)
  const text = ends ?? ''
  const seconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z$/.test(text) ? Date.parse(text) / 1000 : Number.NaN
  if (!(seconds > QUICKNET.genesisTime))
    throw new InvalidInputError('--ends', `«${text.slice(0, 80)}» is no time such as 2026-12-01T12:00:00Z`)
  return Number(roundAt(QUICKNET, BigInt(seconds - 1))) + 1
}

function warnOfSize(output: Output, bytes: number): void {
  if (bytes > PROVING_KEY_BYTES_MAX)
    output.progress(`warning: nodes take no key above ${PROVING_KEY_BYTES_MAX} bytes`)
}
