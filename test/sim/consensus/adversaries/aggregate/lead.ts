/** What leads a view with proposals of its own, and is a member that keeps to the protocol in everything else. */

import type { Observation } from '../../../../../src/core/consensus/aggregate/observation.ts'
import type { AggregateMessage } from '../../../../../src/core/consensus/aggregate/state.ts'
import type { Proposal } from '../../../../../src/core/consensus/core.ts'
import { signViewChange } from '../../../../../src/core/consensus/pbft-messages.ts'
import type { MemberHooks } from '../../member.ts'
import type { Actor, Puppet } from '../../mode.ts'
import { HeardChanges, others, proposeOf } from '../pbft/forge.ts'

/** Longer than honest members take to see something. */
const WAIT_MS_MAX = 300

export interface Heard {
  /** Of each seat its newest, its own with them. */
  readonly observations: ReadonlyMap<number, Observation>
}

/** @param storyFor what a seat is told; undefined when there is nothing to tell. */
export function falseLeader(
  puppet: Puppet<AggregateMessage>,
  storyFor: (to: number, heard: Heard) => Proposal | undefined,
  hooks: MemberHooks<AggregateMessage> = {},
): Actor<AggregateMessage> {
  const { context, random, later } = puppet
  const heard = new HeardChanges()
  const observations = new Map<number, Observation>()
  const proposed = new Set<number>()
  const keep = (seat: number, message: AggregateMessage): void => {
    if (message.type !== 'observation') heard.keep(message)
    else observations.set(seat, { ...message.observed, seat, signature: message.signature })
  }
  const member = puppet.member({
    ...hooks,
    send: (_, message) => {
      keep(context.seat, message)
      return message.type === 'propose' ? undefined : message
    },
  })
  const lead = (view: number): void => {
    if (context.leaderOf(view) !== context.seat || proposed.has(view)) return
    const changes = [
      ...(view === 0 ? [] : [signViewChange(context, view, undefined)]),
      ...heard.of(view).filter(({ seat }) => seat !== context.seat),
    ]
    if (view > 0 && changes.length < context.quorum) return
    const chosen = changes.slice(0, context.quorum).sort((a, b) => a.seat - b.seat)
    for (const to of others(puppet)) {
      const story = storyFor(to, { observations })
      if (story === undefined) continue
      proposed.add(view)
      puppet.send(to, proposeOf(puppet, view, story, view === 0 ? [] : chosen))
    }
  }
  return {
    start: () => {
      member.start()
      later(random() * WAIT_MS_MAX, () => lead(0))
    },
    deliver: (from, message) => {
      keep(from, message)
      member.deliver(from, message)
      if (message.type === 'observation') lead(0)
      if (message.type === 'viewChange') later(random() * 100, () => lead(message.change.view))
    },
  }
}
