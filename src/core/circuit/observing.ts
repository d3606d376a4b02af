/**
 * What a standing committee observes for a circuit's request (OBS-1 to OBS-4): which function its members run, what they sign, and in
 * which context.
 *
 * The request's input is the committee's key root and a context. Both are held against what they must be: a context that was another
 * contract's would have members sign values for a question nobody asked them.
 * @module
 */
import { concat, fromHex, toBytesBE, toHex } from '../../crypto/bytes.ts'
import { observationContext, RESULT_BITS } from '../../crypto/committee-proof.ts'
import { keccak } from '../../crypto/hash.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import {
  CONSENSUS,
  type Digest,
  type FunctionId,
  type FunctionSpec,
  type Request,
} from '../../protocol/types.ts'
import { decodeValues } from '../consensus/aggregate/values.ts'
import { parseAgreement, type ValueRule } from '../consensus/agreement.ts'
import { wordsOf } from './manifest.ts'

const VALUE_ABOVE = 1n << RESULT_BITS

/** A request of a committee's circuit, and the second it was made in. */
export interface ObservedRequest {
  readonly chainId: number
  readonly request: Pick<Request, 'requester' | 'functionId' | 'input'>
  /** Of its block, seconds since 1970. */
  readonly askedAt: bigint
}

export interface CommitteeInput {
  readonly keyRoot: bigint
  readonly ctx: bigint
}

/** `keccak256(abi.encode(functionId, askedAt))`: two requests of one contract in one second ask the same. */
export function observedSubject(functionId: FunctionId, askedAt: bigint): Digest {
  return toHex(keccak(concat(fromHex(functionId, 'functionId', 32), toBytesBE(askedAt, 32))))
}

/** What a request's input says (OBS-2). Throws `InvalidInputError` unless its context is that of this very request. */
export function committeeInputOf({ chainId, request, askedAt }: ObservedRequest): CommitteeInput {
  const words = wordsOf(fromHex(request.input, 'input'))
  const [keyRoot, ctx] = words
  if (keyRoot === undefined || ctx === undefined || words.length !== 2)
    throw new InvalidInputError(
      'input',
      `has ${words.length} words: a committee’s key root and a context are two`,
    )
  const subject = observedSubject(request.functionId, askedAt)
  if (ctx !== observationContext({ chainId, contract: request.requester, subject }))
    throw new InvalidInputError(
      'input',
      'names a context that is not that of its requester, function and second',
      {
        fix: 'compose it in the contract that asks, as CommitteeFeed does',
      },
    )
  return { keyRoot, ctx }
}

/**
 * The rule of a function that can be observed (OBS-1): the median of one value from 0 to 2^128 - 1. Throws `InvalidInputError` for any
 * other.
 */
export function observedRule({ kind, consensus, agreement }: FunctionSpec): ValueRule {
  const mode = CONSENSUS[consensus]
  const agreed = kind === 'wasm' && mode === 'aggregate' ? parseAgreement(mode, agreement) : undefined
  const rule = agreed?.mode === 'aggregate' && agreed.rule.kind === 'median' ? agreed.rule : undefined
  if (rule === undefined) throw unobservable('it is no aggregate function of kind median')
  const { type, bounds } = rule
  if (type.length !== 1 || (bounds.min ?? type.min) < 0n || (bounds.max ?? type.max) >= VALUE_ABOVE)
    throw unobservable(`a value of it is not one number from 0 to 2^${RESULT_BITS} - 1`)
  // Observations are private: nobody can leave out what is far from a median he does not see.
  if (rule.deviationBps !== undefined)
    throw unobservable('a deviation cannot be held to by a proof of the median')
  return rule
}

function unobservable(why: string): InvalidInputError {
  return new InvalidInputError('observe', why, {
    fix: 'name a function of consensus = "aggregate" with kind=median and a type such as uint128, or max below 2^128',
  })
}

/** What a run's result is as an observation; undefined for a failure, or a value out of its bounds: the member is absent. */
export function observedValue(
  rule: ValueRule,
  { exit, output }: { readonly exit: number; readonly output: Uint8Array },
): bigint | undefined {
  return exit === 0 ? decodeValues(rule.type, rule.bounds, output)?.[0] : undefined
}
