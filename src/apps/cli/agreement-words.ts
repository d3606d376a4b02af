/**
 * How a function's committee agrees, and whom that trusts, for people.
 * @module
 */
import { reachOfOneLiar } from '../../core/consensus/aggregate/rules.ts'
import { type AggregateRule, type Agreement, parseAgreement } from '../../core/consensus/agreement.ts'
import { faultsTolerated, quorumOf } from '../../core/consensus/quorum.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Consensus } from '../../protocol/types.ts'

const BPS_PER_PERCENT = 100

/** Of what stands in a specification; or that no node takes part, since it cannot be read (AGR-2). */
export function describeAgreement(consensus: Consensus, text: string): string {
  const agreement = agreementOf(consensus, text)
  return agreement === undefined ? 'cannot be read: no node takes part in its requests' : words(agreement)
}

/** Undefined for what no node can read, and for a proof. */
export function agreementOf(consensus: Consensus, text: string): Agreement | undefined {
  try {
    return parseAgreement(consensus, text)
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined
    throw error
  }
}

function words(agreement: Agreement): string {
  switch (agreement.mode) {
    case 'exact':
      return 'every member runs it, and a quorum gives the same bytes'
    case 'pbft':
      return agreement.check === 'validate'
        ? `one member proposes its result, and the function’s validate tells the others whether to accept it; another proposes after ${agreement.timeoutMs} ms`
        : `one member proposes its result, and the others accept it if their own runs gave the same; another proposes after ${agreement.timeoutMs} ms`
    case 'aggregate':
      return `every member signs what it saw, and the result is ${describeRule(agreement.rule)}`
    case 'raft':
      return `one member leads, runs it, and the others sign what it says; another leads after ${agreement.timeoutMs} ms of silence`
  }
}

function describeRule(rule: AggregateRule): string {
  if (rule.kind === 'custom') return 'what the function’s aggregate makes of that'
  const { kind, type, bounds, deviationBps, trimPercent, decimals } = rule
  const range =
    bounds.min === undefined && bounds.max === undefined
      ? []
      : [`${bounds.min ?? type.min} to ${bounds.max ?? type.max}`]
  const more = [
    ...range,
    ...(kind === 'trimmed-mean' ? [`${trimPercent} % left out at either end`] : []),
    ...(deviationBps === undefined
      ? []
      : [`none further from the median than ${deviationBps / BPS_PER_PERCENT} %`]),
    ...(decimals === 0 ? [] : [`${decimals} decimals`]),
  ]
  return [`the ${kind} of ${type.name} values`, ...more].join(', ')
}

/** Whom and what a result of this mode trusts; of an agreement that cannot be read, whom alone. */
export function describeTrust(
  consensus: Exclude<Consensus, 'zk'>,
  agreement: Agreement | undefined,
  size: number,
): string {
  if (consensus === 'raft')
    return `every member: its leader alone runs the function, and what it reports is signed. One faulty leader decides; it survives ${size - quorumOf('raft', size)} that crash, and none that lies`
  return `that at most ${faultsTolerated(size)} of the ${size} drawn are faulty, however they fail${alsoTrusted(agreement)}`
}

function alsoTrusted(agreement: Agreement | undefined): string {
  switch (agreement?.mode) {
    case 'pbft':
      return `; and that what ${agreement.check === 'validate' ? 'the function’s validate' : 'a repeated run'} accepts is good enough: who leads chooses among it`
    case 'aggregate':
      return '; and the function’s rule'
    default:
      return ''
  }
}

/** How far one liar among them moves an aggregate (AGG-6); undefined for other modes. */
export function describeLiar(agreement: Agreement | undefined, size: number): string | undefined {
  if (agreement?.mode !== 'aggregate') return undefined
  const { rule } = agreement
  switch (reachOfOneLiar(rule, size)) {
    case 'none':
      return `cannot move a ${rule.kind} beyond what honest members saw`
    case 'deviation':
      return `moves a ${rule.kind} as far as its deviation lets values count`
    case 'bounds':
      return `moves a ${rule.kind} as far as its bounds allow: a deviation, a median or a trimmed mean would hold it`
    case 'unknown':
      return 'moves the result as far as the function’s own aggregate lets it'
  }
}
