import { DikastError } from '../../protocol/errors.ts'

export type WitnessErrorReason =
  /** The inputs do not satisfy the circuit: nobody can prove them. */
  | 'unsatisfied'
  /** An input the circuit has was not given, or not all elements of it. */
  | 'missing-input'
  | 'unknown-input'
  | 'too-many-inputs'
  /** Not below the order of the field: two numbers would mean one element. */
  | 'input-out-of-range'
  /** Not a witness calculator of circom 2, or one that breaks its own rules. */
  | 'malformed-module'
  /** Stopped: it computed longer than it may. Another machine may be faster. */
  | 'time-limit'
  /** This machine could not run it. */
  | 'host'

const FIXES: Partial<Record<WitnessErrorReason, string>> = {
  unsatisfied: 'change the inputs: no proof of these exists',
  'missing-input': 'give every input the circuit declares, with all its elements',
  'unknown-input': 'name the inputs as the circuit’s source does',
  'too-many-inputs': 'give each input once, with as many elements as the circuit declares',
  'input-out-of-range': 'give numbers below 2188…5617, the order of BN254’s scalar field',
  'malformed-module': 'compile the circuit with `dikast circuit compile`, and deploy the .wasm that writes',
  'time-limit': 'prove it where there is less to do, or on a faster machine',
}

/** There is no witness. All reasons but `time-limit` and `host` are the same on every machine. */
export class WitnessError extends DikastError {
  readonly code = 'WITNESS'
  readonly reason: WitnessErrorReason
  /** Of `unsatisfied`: what the circuit says, by template and line. */
  readonly detail: string

  constructor(reason: WitnessErrorReason, detail: string, options: { readonly cause?: unknown } = {}) {
    const fix = FIXES[reason]
    super(`witness: ${reason}: ${detail}`, fix === undefined ? options : { ...options, fix })
    this.reason = reason
    this.detail = detail
  }
}
