import { rmSync } from 'node:fs'
import { makeKey } from '../../../adapters/prover/ceremony.ts'
import { contributionsOf } from '../../../adapters/prover/contributions.ts'
import { beaconTime, CONTRIBUTIONS_MAX, contributorOf, formatTime } from '../../../core/circuit/ceremony.ts'
import { attestationOf, contributionsProblem, stepsProblem } from '../../../core/circuit/ceremony-checks.ts'
import { sha256Hex } from '../../../crypto/hash.ts'
import { InvalidInputError, LimitExceededError } from '../../../protocol/errors.ts'
import { requiredText, textOption } from '../arguments.ts'
import {
  assertSteps,
  openProvingKey,
  openTranscript,
  readProvingKey,
  writeTranscript,
} from '../ceremony-files.ts'
import { nowSeconds, progressOf } from '../ceremony-progress.ts'
import { NotNowError } from '../challenges.ts'
import type { Run } from '../command.ts'
import { mixedEntropy } from '../entropy.ts'
import { EXIT } from '../exit.ts'
import { readInputFile } from '../input-file.ts'

const ENTROPY_BYTES_MAX = 1 << 20

export const run: Run = async ({ output }, [from = '', to = ''], options) => {
  const name = contributorOf('--name', requiredText(options, 'name'))
  const { bytes: before, contributions } = openProvingKey('key', from)
  const { file, transcript } = openTranscript(options, from, sha256Hex(before))
  if (transcript.contributions.length >= CONTRIBUTIONS_MAX)
    throw new LimitExceededError('contributions', CONTRIBUTIONS_MAX + 1, CONTRIBUTIONS_MAX)
  const problem = contributionsProblem(contributions, transcript)
  if (problem !== undefined)
    throw new InvalidInputError('key', problem, { fix: 'take key and transcript from whoever had them last' })
  assertSteps(transcript, nowSeconds())
  if (nowSeconds() >= beaconTime(transcript))
    throw new NotNowError(`round ${transcript.beacon.round}, which ends the ceremony, is out`, {
      fix: 'nobody may contribute who can know it: begin another ceremony',
    })
  const entropy = mixedEntropy(readInputFile('--entropy', textOption(options, 'entropy'), ENTROPY_BYTES_MAX))
  output.progress(`contributing to ${from} as number ${transcript.contributions.length + 1}`)
  await makeKey({ type: 'contribute', from, to, name, entropy }, progressOf(output))
  const made = readProvingKey('key', to)
  const own = contributionsOf(made).at(-1)
  const after = {
    ...transcript,
    contributions: [
      ...transcript.contributions,
      { name, time: nowSeconds(), hash: own?.hash ?? '0x', provingKey: sha256Hex(made) },
    ],
  } as const
  const wrong = contributionsProblem(contributionsOf(made), after) ?? stepsProblem(after)
  if (wrong !== undefined) {
    rmSync(to)
    throw new Error(`the key that was made is wrong: ${wrong}`)
  }
  writeTranscript(file, after)
  const number = after.contributions.length
  const attestation = attestationOf(after, number - 1)
  output.result(
    { file: to, transcript: file, number, contribution: after.contributions.at(-1), attestation },
    () => {
      output.line(`key         ${to}`)
      output.line(`transcript  ${file}, now with contribution ${number}`)
      output.line('publish     this, signed, where you are known:')
      output.line()
      for (const line of attestation.split('\n')) output.line(line)
      output.line()
      output.line('next        pass key and transcript on')
      output.line(
        `            the last one waits for ${formatTime(beaconTime(after))}: dikast circuit beacon ${to} …`,
      )
    },
  )
  return EXIT.ok
}
