import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { performStep } from '../../../adapters/prover/ceremony.ts'
import { verificationKeyOf } from '../../../adapters/prover/verification-key.ts'
import { contributorsProblem } from '../../../core/circuit/ceremony-checks.ts'
import { parseSnarkjsKey } from '../../../crypto/groth16-json.ts'
import { encodeVerificationKey, publicInputCount, verificationKeyHash } from '../../../crypto/groth16-key.ts'
import { sha256Hex } from '../../../crypto/hash.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import { requiredText, textOption } from '../arguments.ts'
import { circuitName, openProvingKey, readShape } from '../ceremony-files.ts'
import { progressOf } from '../ceremony-progress.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'

export const run: Run = async ({ output }, [file = ''], options) => {
  const { bytes: zkey, contributions: found } = openProvingKey('key', file)
  const module = requiredText(options, 'module')
  const { moduleHash, outputs, publicInputs, isBound } = readShape('--module', module)
  const isCeremony = contributorsProblem(found) === undefined && found.at(-1)?.beacon !== undefined
  const key = verificationKeyOf(zkey, { isCeremony, isBound, outputs })
  const signals = publicInputCount(key)
  if (signals !== outputs + publicInputs)
    throw new InvalidInputError(
      '--module',
      `${module} has ${outputs} outputs and ${publicInputs} public inputs, the key ${signals} public signals`,
      { fix: 'give the calculator that was compiled with the constraints the key was made for' },
    )
  const bytes = encodeVerificationKey(key)
  const { isDone, detail, value } = await performStep(
    { type: 'exportKey', provingKey: file },
    progressOf(output),
  )
  if (!isDone) throw new InvalidInputError('key', detail)
  // Two readers of one file: what they make of it must be one key.
  const hash = verificationKeyHash(key)
  if (verificationKeyHash(parseSnarkjsKey(value, { isCeremony, isBound, outputs })) !== hash)
    throw new InvalidInputError('key', 'is read by snarkjs as another than by dikast', {
      fix: 'report this file',
    })
  const folder = textOption(options, 'out') ?? dirname(file)
  mkdirSync(folder, { recursive: true })
  const [binary, json] = ['vk', 'vk.json'].map((ending) =>
    join(folder, `${circuitName(file)}.${ending}`),
  ) as [string, string]
  const text = new TextEncoder().encode(`${JSON.stringify(value, undefined, 1)}\n`)
  writeFileSync(binary, bytes)
  writeFileSync(json, text)
  const kind = isCeremony ? 'ceremony' : 'dev'
  const digests = {
    provingKey: sha256Hex(zkey),
    module: moduleHash,
    verificationKey: sha256Hex(bytes),
    json: sha256Hex(text),
  }
  output.result({ hash, kind, isBound, outputs, signals, files: { binary, json }, digests }, () => {
    output.line(`on chain    ${hash}, marked ${kind}`)
    output.line(`bytes       ${binary}, sha256 ${digests.verificationKey}`)
    output.line(`snarkjs's   ${json}, sha256 ${digests.json}`)
    output.line(`proving key sha256 ${digests.provingKey}`)
    output.line(`calculator  sha256 ${digests.module}`)
    output.line(
      `signals     ${signals}: ${outputs} outputs, ${key.inputs} inputs${isBound ? ', and the binding' : ''}`,
    )
  })
  return EXIT.ok
}
