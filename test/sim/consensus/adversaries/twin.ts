import type { Proposal } from '../../../../src/core/consensus/core.ts'
import { proposalOf } from '../crypto.ts'
import type { Actor, Puppet } from '../mode.ts'

/** Two honest copies with one key that know nothing of each other, and have different halves of the network. */
export function twin<Message>(
  puppet: Puppet<Message>,
  run = (copy: number): Proposal => proposalOf('good', puppet.context.seat, 200 + copy),
): Actor<Message> {
  const { committeeSize } = puppet.context
  const halves = Array.from({ length: committeeSize }, () => puppet.random())
  const overlap = puppet.random() * 0.5
  const isOf = (other: number, copy: number): boolean =>
    copy === 0 ? (halves[other] ?? 0) < 0.5 + overlap : (halves[other] ?? 0) >= 0.5 - overlap
  const copies = [0, 1].map((copy) =>
    puppet.member({
      run: () => run(copy),
      send: (to, message) => (isOf(to, copy) ? message : undefined),
    }),
  )
  return {
    start: () => {
      for (const copy of copies) copy.start()
    },
    deliver: (from, message) => {
      copies.forEach((copy, i) => {
        if (isOf(from, i)) copy.deliver(from, message)
      })
    },
  }
}
