/**
 * Between a ceremony's step and the process it runs in. All files are paths.
 * @module
 */
import type { Hex } from '../../protocol/types.ts'

export type CeremonyStep =
  | { readonly type: 'start'; readonly constraints: string; readonly powers: string; readonly to: string }
  | {
      readonly type: 'contribute'
      readonly from: string
      readonly to: string
      readonly name: string
      readonly entropy: string
    }
  | {
      readonly type: 'beacon'
      readonly from: string
      readonly to: string
      readonly value: Hex
      readonly iterationsLog: number
    }
  | { readonly type: 'verifyPowers'; readonly powers: string }
  | {
      readonly type: 'verifyKey'
      readonly constraints: string
      readonly powers: string
      readonly provingKey: string
    }
  | { readonly type: 'exportKey'; readonly provingKey: string }

export type FromCeremony =
  | { readonly type: 'progress'; readonly text: string }
  /** `no`: the tools refuse, and say why. `value` is an exported key. */
  | {
      readonly type: 'ended'
      readonly verdict: 'yes' | 'no'
      readonly detail: string
      readonly value?: unknown
    }
