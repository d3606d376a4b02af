import { relative } from 'node:path'
import { buildFunction } from '../build.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { readManifest } from '../manifest.ts'

export const run: Run = async ({ output }, [folder = '.']) => {
  const manifest = readManifest(folder)
  const { file, bytes, moduleHash, meteredBytes } = await buildFunction(manifest, output)
  output.result(
    { name: manifest.name, artifact: file, bytes: bytes.length, moduleHash, meteredBytes },
    () => {
      output.line(`artifact    ${relative('.', file)}`)
      output.line(`module      ${bytes.length} bytes, ${meteredBytes} metered, sha256 ${moduleHash}`)
      output.line('accepted    yes, by every node')
    },
  )
  return EXIT.ok
}
