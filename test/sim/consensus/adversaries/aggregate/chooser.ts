import type { AggregateMessage } from '../../../../../src/core/consensus/aggregate/state.ts'
import { type AggregateKit, observedValue, runOf, seen, VALUE_MAX } from '../../aggregate-kit.ts'
import type { Adversary } from '../../mode.ts'
import { others } from '../pbft/forge.ts'
import { falseLeader } from './lead.ts'

/**
 * Leaves out what does not suit it: as leader it makes a report of the quorum of observations that is highest, and for half of the
 * committee, at times, one of the lowest. Its own is as high as can be.
 */
export function chooser({ reportOf }: AggregateKit): Adversary<AggregateMessage> {
  return (puppet) => {
    const { context, random } = puppet
    const isTwofold = random() < 0.5
    const low = new Set(others(puppet).filter(() => isTwofold && random() < 0.5))
    return falseLeader(
      puppet,
      (to, { observations }) => {
        const inOrder = [...observations.values()].sort((a, b) =>
          Number((observedValue(b) ?? 0n) - (observedValue(a) ?? 0n)),
        )
        if (low.has(to)) inOrder.reverse()
        return inOrder.length < context.quorum
          ? undefined
          : reportOf(context, inOrder.slice(0, context.quorum))
      },
      { run: () => runOf(seen(VALUE_MAX)) },
    )
  }
}
