/**
 * Who answers what a module imports, and what of the outside that is.
 * @module
 */
import type { Capability } from '../../core/permissions/capability.ts'
import {
  type BlocklessNamespace,
  blocklessSignatures,
  isBlocklessNamespace,
} from '../../core/wasm/blockless.ts'
import { wasiSignature } from '../../core/wasm/wasi.ts'

export type Answerer = 'wasi' | 'blockless' | 'none'

/** Nothing of the outside is behind `blockless_memory`: it reads what the run was given. */
const CAPABILITY_OF: Readonly<Record<BlocklessNamespace, Capability | undefined>> = {
  blockless_memory: undefined,
  blockless_http: 'http',
  blockless_ipfs: 'ipfs',
  blockless_s3: 's3',
  blockless_cgi: 'cgi',
  blockless_socket: 'socket',
  blockless_drivers: 'driver',
  blockless_llm: 'llm',
  bless: 'http',
}

export function answererOf(module: string, name: string): Answerer {
  if (wasiSignature(module, name) !== undefined) return 'wasi'
  return blocklessSignatures(module, name) === undefined ? 'none' : 'blockless'
}

/** What an operator must offer for these imports to be of use, in the order they come. */
export function capabilitiesOf(
  imports: readonly { readonly module: string; readonly answeredBy: Answerer }[],
): readonly Capability[] {
  const found = imports
    .filter(({ answeredBy }) => answeredBy === 'blockless')
    .flatMap(({ module }) => (isBlocklessNamespace(module) ? (CAPABILITY_OF[module] ?? []) : []))
  return [...new Set(found)]
}
