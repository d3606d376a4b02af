/**
 * *exact* on the wire and on disk.
 * @module
 */
import type { ExactMessage, ExactRecord } from '../../core/consensus/exact-commit.ts'
import { fromHex } from '../../crypto/bytes.ts'
import { fieldsOf, optionalOf } from '../fields.ts'
import { type ModeCodec, typeOf } from './codec.ts'
import {
  attestationOf,
  attestationToPlain,
  decisionOf,
  decisionToPlain,
  digestOf,
  proposalOf,
  proposalToPlain,
} from './parts.ts'

export const exactCodec: ModeCodec<ExactRecord, ExactMessage> = {
  messageToPlain: (message) => {
    const { type } = message
    switch (type) {
      case 'commit':
        return { type, commitment: fromHex(message.commitment) }
      case 'reveal':
        return {
          type,
          blinding: fromHex(message.blinding),
          message: attestationToPlain(message.message),
        }
      case 'decision':
        return { type, decision: decisionToPlain(message.decision) }
    }
  },
  messageOf: (fields, instance) => {
    const type = typeOf(fields, ['commit', 'reveal', 'decision'])
    switch (type) {
      case 'commit':
        return { type, commitment: digestOf(fields, 'commitment') }
      case 'reveal':
        return {
          type,
          blinding: digestOf(fields, 'blinding'),
          message: attestationOf(fieldsOf(fields, 'message'), instance),
        }
      case 'decision':
        return { type, decision: decisionOf(fieldsOf(fields, 'decision')) }
    }
  },
  recordToPlain: ({ executed, decision }) => ({
    ...(executed !== undefined && { executed: proposalToPlain(executed) }),
    ...(decision !== undefined && { decision: decisionToPlain(decision) }),
  }),
  recordOf: (fields) => ({
    executed: optionalOf(fields, 'executed', () => proposalOf(fieldsOf(fields, 'executed'))),
    decision: optionalOf(fields, 'decision', () => decisionOf(fieldsOf(fields, 'decision'))),
  }),
}
