import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { readManifest } from '../../../core/circuit/manifest.ts'
import { sha256Hex } from '../../../crypto/hash.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import { requiredText } from '../arguments.ts'
import { circuitSources, compileSources, constraintCounts } from '../circuit-compile.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'

export const run: Run = async ({ output }, [file = ''], options) => {
  if (!file.endsWith('.circom'))
    throw new InvalidInputError('circuit', `«${file.slice(0, 80)}» is no .circom file`)
  const name = basename(file, '.circom')
  const root = resolve('.')
  const sources = circuitSources(root, relative(root, resolve(file)))
  output.progress(`compiling ${file} and ${sources.files.size - 1} files it includes, with circom 2`)
  const compiled = await compileSources(sources)
  const folder = requiredText(options, 'out')
  mkdirSync(folder, { recursive: true })
  for (const ending of ['r1cs', 'wasm', 'sym'] as const)
    writeFileSync(join(folder, `${name}.${ending}`), compiled[ending])
  const counts = constraintCounts(compiled.r1cs)
  const { outputs, inputs } = readManifest(compiled.wasm)
  const digests = { constraints: sha256Hex(compiled.r1cs), module: sha256Hex(compiled.wasm) }
  output.result({ name, folder, ...counts, outputs, inputs, digests }, () => {
    output.line(`constraints ${counts.constraints}, sha256 ${digests.constraints}`)
    output.line(`calculator  ${compiled.wasm.length} bytes, sha256 ${digests.module}`)
    output.line(`outputs     ${outputs}`)
    for (const { name: signal, size, isPublic } of inputs)
      output.line(`${(isPublic ? 'public' : 'private').padEnd(12)}${signal}${size === 1 ? '' : `[${size}]`}`)
    output.line(`next        dikast circuit setup ${join(folder, `${name}.r1cs`)} --dev`)
  })
  return EXIT.ok
}
