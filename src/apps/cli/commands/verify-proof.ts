import { readFileSync, statSync } from 'node:fs'
import { encodeProof, type ProofVerdict, verifyProof } from '../../../crypto/groth16.ts'
import { parseSnarkjsKey, parseSnarkjsProof, parseSnarkjsPublicInputs } from '../../../crypto/groth16-json.ts'
import { InvalidInputError, LimitExceededError } from '../../../protocol/errors.ts'
import { requiredText } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'

/** A key of as many public inputs as there may be takes some 100 kB. */
const FILE_BYTES_MAX = 1 << 20

/** Valid or not, and why not: also of files that are no proof at all. */
type Finding = ProofVerdict | { readonly isValid: false; readonly reason: string }

export const run: Run = async ({ output }, _, options) => {
  const files = ['vk', 'proof', 'public'].map((name) => readText(`--${name}`, requiredText(options, name)))
  const [vk = '', proof = '', publicInputs = ''] = files
  const finding = check(vk, proof, publicInputs)
  output.result(finding, () => {
    output.line(finding.isValid ? 'the proof holds' : `no valid proof: ${finding.reason}`)
  })
  return finding.isValid ? EXIT.ok : EXIT.no
}

function check(vk: string, proof: string, publicInputs: string): Finding {
  try {
    const key = parseSnarkjsKey(parsed('key', vk))
    const inputs = parseSnarkjsPublicInputs(parsed('public', publicInputs))
    return verifyProof(key, inputs, encodeProof(parseSnarkjsProof(parsed('proof', proof))))
  } catch (error) {
    // What is malformed proves nothing: that is the answer, and no failure to find one.
    if (error instanceof InvalidInputError || error instanceof LimitExceededError)
      return { isValid: false, reason: error.message }
    throw error
  }
}

function parsed(field: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new InvalidInputError(field, 'is not JSON', { cause })
  }
}

function readText(option: string, file: string): string {
  const fix = 'name the file that snarkjs wrote'
  try {
    const { size } = statSync(file)
    if (size > FILE_BYTES_MAX) throw new LimitExceededError(`${option} bytes`, size, FILE_BYTES_MAX, { fix })
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError(option, `${file} cannot be read`, { cause, fix })
  }
}
