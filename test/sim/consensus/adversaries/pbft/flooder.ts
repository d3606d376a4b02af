import type { PbftMessage } from '../../../../../src/core/consensus/pbft-messages.ts'
import { VIEW_MAX } from '../../../../../src/core/consensus/views.ts'
import { proposalOf } from '../../crypto.ts'
import type { Actor, Line } from '../../mode.ts'
import { attestationOf, others, prepareOf, proposeOf, viewChangeOf } from './forge.ts'

/** Sends without end: every kind of message, rightly signed and not, of any view. */
export function flooder(puppet: Line<PbftMessage>): Actor<PbftMessage> {
  const { context, random } = puppet
  const any = (): PbftMessage => {
    const view = Math.floor(random() * (random() < 0.2 ? VIEW_MAX + 5 : 4))
    const proposal = proposalOf(random() < 0.5 ? 'good' : 'bad', context.seat, Math.floor(random() * 256))
    const root = context.rootOf(proposal.outcome) ?? '0x'
    switch (Math.floor(random() * 7)) {
      case 0:
        return prepareOf(puppet, view, root)
      case 1:
        return attestationOf(puppet, view, proposal.outcome)
      case 2:
        return viewChangeOf(puppet, view)
      case 3:
        return proposeOf(puppet, view, proposal, [])
      case 4:
        return viewChangeOf(puppet, view + 1, { view, root, signatures: [] }, proposal)
      case 5:
        return { type: 'prepare', view, root, signature: '0x00' }
      default: {
        const seals = others(puppet).map((seat) => ({ seat, signature: context.sign(root) }))
        return { type: 'decision', decision: { view, root, outcome: proposal.outcome, seals } }
      }
    }
  }
  const flood = (): void => {
    for (const to of others(puppet)) if (random() < 0.5) puppet.send(to, any())
    puppet.later(random() * 100, flood)
  }
  return { start: flood, deliver: () => {} }
}
