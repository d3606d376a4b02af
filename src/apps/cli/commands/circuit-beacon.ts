import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createDrandBeacon } from '../../../adapters/beacon/drand.ts'
import { makeKey } from '../../../adapters/prover/ceremony.ts'
import { contributionsOf } from '../../../adapters/prover/contributions.ts'
import { beaconTime, formatTime } from '../../../core/circuit/ceremony.ts'
import {
  announcementProblem,
  beaconProblem,
  contributionsProblem,
  stepsProblem,
} from '../../../core/circuit/ceremony-checks.ts'
import { QUICKNET, randomnessOf, verifyRound } from '../../../crypto/drand.ts'
import { verificationKeyHash } from '../../../crypto/groth16-key.ts'
import { sha256Hex } from '../../../crypto/hash.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import type { Hex } from '../../../protocol/types.ts'
import { requiredText, textOption } from '../arguments.ts'
import {
  assertSteps,
  ceremonyKeyOf,
  openProvingKey,
  openTranscript,
  readProvingKey,
  readShape,
  writeTranscript,
} from '../ceremony-files.ts'
import { nowSeconds, progressOf } from '../ceremony-progress.ts'
import { NotNowError } from '../challenges.ts'
import type { Options, Run } from '../command.ts'
import { EXIT } from '../exit.ts'

export const run: Run = async ({ output }, [from = '', to = ''], options) => {
  const before = openProvingKey('key', from)
  const { file, transcript } = openTranscript(options, from, sha256Hex(before.bytes))
  const { beacon, circuit, contributions } = transcript
  if (contributions.length === 0)
    throw new InvalidInputError('key', 'has no contribution: a beacon alone makes no ceremony', {
      fix: 'let somebody contribute first: `dikast circuit contribute`',
    })
  if (requiredText({ round: `${beacon.round}`, ...options }, 'round') !== `${beacon.round}`)
    throw new InvalidInputError('--round', `is not ${beacon.round}, which was announced`, {
      fix: 'leave it out: a ceremony ends with the round it announced',
    })
  const problem = announcementProblem(transcript) ?? contributionsProblem(before.contributions, transcript)
  if (problem !== undefined) throw new InvalidInputError('--transcript', problem)
  assertSteps(transcript, nowSeconds())
  const emitted = beaconTime(transcript)
  if (nowSeconds() < emitted)
    throw new NotNowError(`round ${beacon.round} is out at ${formatTime(emitted)}`, {
      fix: 'wait until then',
    })
  const module = textOption(options, 'module') ?? join(dirname(from), `${circuit.name}.wasm`)
  const shape = readShape('--module', module)
  if (shape.moduleHash !== circuit.module)
    throw new InvalidInputError(
      '--module',
      `${module} is not the one of the transcript, sha256 ${circuit.module}`,
    )
  const signature = await signatureOf(BigInt(beacon.round), options)
  output.progress(`ending the ceremony with round ${beacon.round}`)
  const { iterationsLog } = beacon
  await makeKey(
    { type: 'beacon', from, to, value: randomnessOf(signature), iterationsLog },
    progressOf(output),
  )
  const made = readProvingKey('key', to)
  const found = contributionsOf(made)
  const verificationKey = verificationKeyHash(ceremonyKeyOf(made, shape))
  const end = {
    time: nowSeconds(),
    hash: found.at(-1)?.hash ?? '0x',
    provingKey: sha256Hex(made),
    signature,
    verificationKey,
  } as const
  const after = { ...transcript, end }
  const wrong = contributionsProblem(found, after) ?? stepsProblem(after) ?? beaconProblem(found, after)
  if (wrong !== undefined) {
    rmSync(to)
    throw new Error(`the key that was made is wrong: ${wrong}`)
  }
  writeTranscript(file, after)
  output.result({ file: to, transcript: file, end }, () => {
    output.line(`key         ${to}, sha256 ${end.provingKey}`)
    output.line(`transcript  ${file}, which is now whole`)
    output.line(`beacon      round ${beacon.round}, 2^${iterationsLog} iterations, contribution ${end.hash}`)
    output.line(`on chain    the key will be ${verificationKey}`)
    output.line('next        publish constraints, powers, key and transcript, and let others run')
    output.line(`            dikast circuit verify-setup --zkey ${to} --transcript ${file} …`)
  })
  return EXIT.ok
}

/** drand's own, or what is given: either is checked. Throws `BeaconError` when no server has it. */
async function signatureOf(round: bigint, options: Options): Promise<Hex> {
  const given = textOption(options, 'signature')
  if (given !== undefined) {
    const signature = given.toLowerCase().replace(/^(?:0x)?/, '0x') as Hex // its shape is checked next
    if (/^0x[0-9a-f]{96}$/.test(signature) && verifyRound(QUICKNET.publicKey, round, signature))
      return signature
    throw new InvalidInputError('--signature', `is not quicknet's of round ${round}`, {
      fix: `copy «signature» of https://api.drand.sh/${QUICKNET.chainHash.slice(2)}/public/${round}`,
    })
  }
  const url = requiredText({ url: 'https://api.drand.sh', ...options }, 'url')
  const beacon = createDrandBeacon({ urls: [url], chainHash: QUICKNET.chainHash, info: QUICKNET })
  try {
    return (await beacon.round(round)).signature
  } finally {
    await beacon.close()
  }
}
