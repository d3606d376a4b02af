import { encodeEvidence, evidenceHashOf } from '../../../../../src/core/consensus/aggregate/evidence.ts'
import type { Observation } from '../../../../../src/core/consensus/aggregate/observation.ts'
import type { AggregateMessage } from '../../../../../src/core/consensus/aggregate/state.ts'
import { type AggregateKit, runOf, seen, signObserved, VALUE_MAX } from '../../aggregate-kit.ts'
import type { Adversary } from '../../mode.ts'
import { falseLeader, type Heard } from './lead.ts'

/**
 * Invents: as leader it proposes what the observations it holds do not make, or what observations make that their seats never
 * signed, or too few, or bytes that are none.
 */
export function forger({ terms, reportOf }: AggregateKit): Adversary<AggregateMessage> {
  return (puppet) => {
    const { context, random } = puppet
    const kind = Math.floor(random() * 4)
    // Its own word, in the names of all.
    const invented = Array.from(
      { length: context.committeeSize },
      (_, seat): Observation => ({ ...signObserved(context, terms, seen(VALUE_MAX - seat)), seat }),
    )
    const false_ = ({ observations }: Heard) => {
      const heard = [...observations.values()]
      if (heard.length < context.quorum) return undefined
      const true_ = reportOf(context, heard)
      return true_ && { ...true_, outcome: { ...true_.outcome, ...seen(VALUE_MAX) } }
    }
    const withEvidence = (evidence: Uint8Array) => ({
      outcome: { ...seen(VALUE_MAX), evidenceHash: evidenceHashOf(evidence) },
      evidence,
    })
    return falseLeader(
      puppet,
      (_, heard) => {
        if (kind === 0) return false_(heard)
        if (kind === 1) return reportOf(context, invented)
        if (kind === 2) return withEvidence(encodeEvidence(invented.slice(context.seat, context.seat + 1)))
        return withEvidence(Uint8Array.from({ length: 40 }, () => Math.floor(random() * 256)))
      },
      { run: () => runOf(seen(VALUE_MAX)) },
    )
  }
}
