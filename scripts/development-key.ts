/**
 * Proving keys for development, made once for each circuit: under node_modules/.cache/dikast-zk, or the folder DIKAST_ZK_CACHE names, by
 * the hash of the constraints. Tests, benches and the demo share them: such a key may be anybody's.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { devSetup } from '../src/adapters/prover/dev-setup.ts'
import { sha256Hex } from '../src/crypto/hash.ts'

const KEPT = fileURLToPath(new URL('../node_modules/.cache/dikast-zk', import.meta.url))
/** Everybody knows the secrets of keys made of it: here it stands. */
const SEED = 'dikast development'

/** The path of the key's file. `folder`: where keys are kept, for tests of their own. */
export async function developmentKey(
  r1cs: Uint8Array,
  folder = process.env.DIKAST_ZK_CACHE ?? KEPT,
): Promise<string> {
  const file = join(folder, `${sha256Hex(r1cs).slice(2)}.zkey`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  // Moved when it is whole: several processes may make one key at a time, and one that is killed leaves no half of it.
  const stage = join(folder, `.stage-${randomUUID()}`)
  try {
    writeFileSync(stage, await devSetup(r1cs, SEED))
    renameSync(stage, file)
  } finally {
    rmSync(stage, { force: true })
  }
  return file
}
