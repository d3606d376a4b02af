/**
 * Raft on the wire and on disk.
 * @module
 */
import type { Entry, RaftMessage, RaftRecord } from '../../core/consensus/raft-state.ts'
import { fromHex } from '../../crypto/bytes.ts'
import { COMMITTEE_SIZE_MAX } from '../../protocol/limits.ts'
import { booleanOf, type Fields, fieldsOf, numberOf, optionalOf } from '../fields.ts'
import { type ModeCodec, typeOf } from './codec.ts'
import {
  attestationOf,
  attestationToPlain,
  decisionOf,
  decisionToPlain,
  digestOf,
  type Plain,
  proposalOf,
  proposalToPlain,
  viewOf,
} from './parts.ts'

const TYPES = ['askVote', 'vote', 'append', 'appended', 'commit', 'attestation', 'decision'] as const

export const raftCodec: ModeCodec<RaftRecord, RaftMessage> = {
  messageToPlain: (message) => {
    switch (message.type) {
      case 'askVote':
      case 'vote':
        return { ...message }
      case 'append': {
        const { entry, ...rest } = message
        return { ...rest, ...(entry !== undefined && { entry: entryToPlain(entry) }) }
      }
      case 'appended': {
        const { root, ...rest } = message
        return { ...rest, ...(root !== undefined && { root: fromHex(root) }) }
      }
      case 'commit':
        return { ...message, root: fromHex(message.root) }
      case 'attestation':
        return { type: message.type, message: attestationToPlain(message.message) }
      case 'decision':
        return { type: message.type, decision: decisionToPlain(message.decision) }
    }
  },
  messageOf: (fields, instance) => {
    const type = typeOf(fields, TYPES)
    const term = (): number => viewOf(fields, 'term')
    switch (type) {
      case 'askVote':
        return { type, term: term(), last: viewOf(fields, 'last'), isTrial: booleanOf(fields, 'isTrial') }
      case 'vote':
        return {
          type,
          term: term(),
          isTrial: booleanOf(fields, 'isTrial'),
          isGranted: booleanOf(fields, 'isGranted'),
        }
      case 'append':
        return {
          type,
          term: term(),
          entry: optionalOf(fields, 'entry', () => entryOf(fieldsOf(fields, 'entry'))),
        }
      case 'appended':
        return { type, term: term(), root: optionalOf(fields, 'root', () => digestOf(fields, 'root')) }
      case 'commit':
        return { type, term: term(), root: digestOf(fields, 'root') }
      case 'attestation':
        return { type, message: attestationOf(fieldsOf(fields, 'message'), instance) }
      case 'decision':
        return { type, decision: decisionOf(fieldsOf(fields, 'decision')) }
    }
  },
  recordToPlain: ({ term, votedFor, entry, committed, decision }) => ({
    term,
    ...(votedFor !== undefined && { votedFor }),
    ...(entry !== undefined && { entry: entryToPlain(entry) }),
    ...(committed !== undefined && { committed }),
    ...(decision !== undefined && { decision: decisionToPlain(decision) }),
  }),
  recordOf: (fields) => ({
    term: viewOf(fields, 'term'),
    votedFor: optionalOf(fields, 'votedFor', () => numberOf(fields, 'votedFor', COMMITTEE_SIZE_MAX - 1)),
    entry: optionalOf(fields, 'entry', () => entryOf(fieldsOf(fields, 'entry'))),
    committed: optionalOf(fields, 'committed', () => viewOf(fields, 'committed')),
    decision: optionalOf(fields, 'decision', () => decisionOf(fieldsOf(fields, 'decision'))),
  }),
}

function entryToPlain({ term, proposal, root }: Entry): Plain {
  return { term, proposal: proposalToPlain(proposal), root: fromHex(root) }
}

function entryOf(fields: Fields): Entry {
  return {
    term: viewOf(fields, 'term'),
    proposal: proposalOf(fieldsOf(fields, 'proposal')),
    root: digestOf(fields, 'root'),
  }
}
