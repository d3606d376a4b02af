import type { Decision } from '../../../../../src/core/consensus/core.ts'
import type { PbftMessage } from '../../../../../src/core/consensus/pbft-messages.ts'
import type { Actor, Puppet } from '../../mode.ts'
import { others } from './forge.ts'

/**
 * Keeps to the protocol until it is decided, then passes certificates on that lack signatures: one honest seat's, too many,
 * or with one counted twice.
 */
export function omitter<Message>(puppet: Puppet<Message | PbftMessage>): Actor<Message | PbftMessage> {
  const { context, random } = puppet
  const member = puppet.member()
  const spoil = ({ seals, ...rest }: Decision): Decision => {
    const without = seals.filter((_, i) => i !== Math.floor(random() * seals.length))
    const kind = Math.floor(random() * 3)
    if (kind === 0) return { ...rest, seals: without }
    if (kind === 1) return { ...rest, seals: [...without, ...without.slice(-1)] }
    return { ...rest, seals: seals.slice(0, context.quorum - 1) }
  }
  return {
    start: () => member.start(),
    deliver: (from, message) => {
      member.deliver(from, message)
      const { decision } = member
      if (decision === undefined || random() < 0.5) return
      for (const to of others(puppet)) puppet.send(to, { type: 'decision', decision: spoil(decision) })
    },
  }
}
