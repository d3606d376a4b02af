import type { PbftMessage } from '../../../../../src/core/consensus/pbft-messages.ts'
import { signViewChange } from '../../../../../src/core/consensus/pbft-messages.ts'
import type { Outcome } from '../../../../../src/core/request/attestation.ts'
import type { Digest } from '../../../../../src/protocol/types.ts'
import { proposalOf } from '../../crypto.ts'
import type { Actor, Line } from '../../mode.ts'
import { attestationOf, HeardChanges, others, prepareOf, proposeOf, viewChangeOf } from './forge.ts'

/**
 * Tells each half of the committee another story. As leader it proposes two roots, each with the view-changes that allow
 * it; as member it prepares and attests, for whoever it hears from, whatever that seat is for. It leaves every view
 * having prepared nothing.
 */
export function equivocator(puppet: Line<PbftMessage>): Actor<PbftMessage> {
  const { context, random } = puppet
  const heard = new HeardChanges()
  const half = new Set(others(puppet).filter(() => random() < 0.5))
  const stories = [0, 1].map((story) => proposalOf('good', context.seat, 100 + story))
  const proposed = new Set<number>()
  const outcomes = new Map<Digest, Outcome>()

  const lead = (view: number): void => {
    if (context.leaderOf(view) !== context.seat || proposed.has(view)) return
    const own = signViewChange(context, view, undefined)
    const changes = [own, ...heard.of(view).filter(({ seat }) => seat !== context.seat)]
    if (view > 0 && changes.length < context.quorum) return
    proposed.add(view)
    for (const to of others(puppet)) {
      const story = stories[half.has(to) ? 0 : 1]
      // The view-changes that hide most: those that report nothing first.
      const chosen = changes
        .sort((a, b) => (a.prepared?.view ?? -1) - (b.prepared?.view ?? -1))
        .slice(0, context.quorum)
        .sort((a, b) => a.seat - b.seat)
      if (story !== undefined) puppet.send(to, proposeOf(puppet, view, story, view === 0 ? [] : chosen))
    }
  }

  const echo = (to: number, view: number, root: Digest): void => {
    puppet.send(to, prepareOf(puppet, view, root))
    const outcome = outcomes.get(root)
    if (outcome !== undefined) puppet.send(to, attestationOf(puppet, view, outcome))
  }

  return {
    start: () => lead(0),
    deliver: (from, message) => {
      heard.keep(message)
      const view = message.type === 'viewChange' ? message.change.view : undefined
      if (message.type === 'propose') {
        const root = context.rootOf(message.proposal.outcome)
        if (root === undefined) return
        outcomes.set(root, message.proposal.outcome)
        for (const to of others(puppet)) echo(to, message.view, root)
      } else if (message.type === 'prepare') {
        for (const story of stories) outcomes.set(context.rootOf(story.outcome) ?? '0x', story.outcome)
        echo(from, message.view, message.root)
      } else if (view !== undefined) {
        for (const to of others(puppet)) if (random() < 0.5) puppet.send(to, viewChangeOf(puppet, view))
        puppet.later(random() * 100, () => lead(view))
      }
    },
  }
}
