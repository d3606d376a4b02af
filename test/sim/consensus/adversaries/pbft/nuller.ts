import { type PbftMessage, signViewChange } from '../../../../../src/core/consensus/pbft-messages.ts'
import { proposalOf } from '../../crypto.ts'
import type { Actor, Line } from '../../mode.ts'
import { HeardChanges, others, proposeOf, viewChangeOf } from './forge.ts'

/**
 * Denies that anything was prepared. It proposes nothing in the first view; in later ones a root of its own, with the
 * view-changes that report least, or with none of those a new-view needs; and it reports nothing itself.
 */
export function nuller(puppet: Line<PbftMessage>): Actor<PbftMessage> {
  const { context, random } = puppet
  const heard = new HeardChanges()
  const proposed = new Set<number>()
  const lead = (view: number): void => {
    const own = signViewChange(context, view, undefined)
    const changes = [own, ...heard.of(view).filter(({ seat }) => seat !== context.seat)]
    if (changes.length < context.quorum || proposed.has(view)) return
    proposed.add(view)
    const chosen = changes
      .sort((a, b) => (a.prepared?.view ?? -1) - (b.prepared?.view ?? -1))
      .slice(0, random() < 0.7 ? context.quorum : Math.floor(random() * context.quorum))
      .sort((a, b) => a.seat - b.seat)
    const proposal = proposalOf('good', context.seat, 50 + view)
    for (const to of others(puppet)) puppet.send(to, proposeOf(puppet, view, proposal, chosen))
  }
  return {
    start: () => {},
    deliver: (_, message) => {
      heard.keep(message)
      if (message.type !== 'viewChange') return
      const { view } = message.change
      for (const to of others(puppet)) puppet.send(to, viewChangeOf(puppet, view))
      if (context.leaderOf(view) === context.seat) puppet.later(random() * 60, () => lead(view))
    },
  }
}
