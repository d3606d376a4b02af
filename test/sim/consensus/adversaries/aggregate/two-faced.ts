import type { AggregateMessage } from '../../../../../src/core/consensus/aggregate/state.ts'
import { type AggregateKit, seen, signObserved, VALUE_MAX } from '../../aggregate-kit.ts'
import type { Adversary } from '../../mode.ts'

/** Observations it has signed. */
const FACES = 3

/** Tells each member what it saw another way, and some of them another way each time; keeps to the protocol otherwise. */
export function twoFaced({ terms }: AggregateKit): Adversary<AggregateMessage> {
  return ({ member, context, random }) => {
    const faces = Array.from({ length: FACES }, (_, face): AggregateMessage => {
      const observed = seen((face - 1) * VALUE_MAX)
      return { type: 'observation', observed, signature: signObserved(context, terms, observed).signature }
    })
    return member({
      send: (to, message) =>
        message.type === 'observation'
          ? (faces[random() < 0.3 ? Math.floor(random() * FACES) : to % FACES] ?? message)
          : message,
    })
  }
}
