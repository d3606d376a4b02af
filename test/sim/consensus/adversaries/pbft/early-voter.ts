import type { PbftMessage } from '../../../../../src/core/consensus/pbft-messages.ts'
import { VIEW_MAX } from '../../../../../src/core/consensus/views.ts'
import type { Outcome } from '../../../../../src/core/request/attestation.ts'
import type { Digest } from '../../../../../src/protocol/types.ts'
import type { Actor, Line } from '../../mode.ts'
import { attestationOf, others, prepareOf, subjectOf, viewChangeOf } from './forge.ts'

/** Votes before it may: prepares and attests every root it hears of, in this view and the next, and asks for views far ahead. */
export function earlyVoter(puppet: Line<PbftMessage>): Actor<PbftMessage> {
  const done = new Set<string>()
  const vote = (view: number, root: Digest, outcome: Outcome | undefined): void => {
    if (done.has(`${view}:${root}:${outcome !== undefined}`)) return
    done.add(`${view}:${root}:${outcome !== undefined}`)
    for (const to of others(puppet)) {
      puppet.send(to, prepareOf(puppet, view, root))
      if (outcome !== undefined) puppet.send(to, attestationOf(puppet, view, outcome))
    }
  }
  return {
    start: () => {
      const view = Math.floor(puppet.random() * VIEW_MAX)
      for (const to of others(puppet)) puppet.send(to, viewChangeOf(puppet, view + 1))
    },
    deliver: (_, message) => {
      const { view, root, outcome } = subjectOf(puppet.context, message)
      if (root === undefined) return
      vote(view, root, outcome)
      if (view < VIEW_MAX && puppet.random() < 0.3) vote(view + 1, root, outcome)
    },
  }
}
