import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { sha256Hex } from '../../../crypto/hash.ts'
import { InvalidInputError, LimitExceededError } from '../../../protocol/errors.ts'
import { PROVING_KEY_BYTES_MAX } from '../../../protocol/limits.ts'
import { textOption } from '../arguments.ts'
import { constraintCounts } from '../circuit-compile.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'

/** A key takes about 600 bytes a constraint: larger circuits have none that nodes take. */
const R1CS_BYTES_MAX = 256 * 1024 * 1024

export const run: Run = async ({ output }, [file = ''], options) => {
  if (options.dev !== true)
    throw new InvalidInputError('--dev', 'is missing: this command makes keys for development alone', {
      fix: 'say --dev; for a key that others can trust run a ceremony with snarkjs (docs/proofs.md) and deploy it with --ceremony',
    })
  const r1cs = readBounded(file)
  const { constraints } = constraintCounts(r1cs)
  output.progress(`making a key for ${constraints} constraints: a second for every thousand, about`)
  const seed = textOption(options, 'seed') ?? randomBytes(32).toString('hex')
  const { devSetup } = await import('../../../adapters/prover/dev-setup.ts')
  const zkey = await devSetup(r1cs, seed)
  if (zkey.length > PROVING_KEY_BYTES_MAX)
    output.progress(`warning: nodes take no key above ${PROVING_KEY_BYTES_MAX} bytes`)
  const to = textOption(options, 'out') ?? file.replace(/(\.r1cs)?$/, '.zkey')
  writeFileSync(to, zkey)
  const provingKey = sha256Hex(zkey)
  output.result({ file: to, bytes: zkey.length, constraints, provingKey, kind: 'dev' }, () => {
    output.line(`proving key ${to}, ${zkey.length} bytes, sha256 ${provingKey}`)
    output.line('made        for development: whoever has its seed can prove anything, and the chain says so')
  })
  return EXIT.ok
}

function readBounded(file: string): Uint8Array {
  try {
    const { size } = statSync(file)
    if (size > R1CS_BYTES_MAX) throw new LimitExceededError('bytes of the constraints', size, R1CS_BYTES_MAX)
    return new Uint8Array(readFileSync(file))
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError('constraints', `${file} cannot be read`, {
      cause,
      fix: 'name the .r1cs file that `dikast circuit compile` wrote',
    })
  }
}
