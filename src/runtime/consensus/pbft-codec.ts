/**
 * pBFT on the wire and on disk.
 * @module
 */
import type {
  PbftMessage,
  PreparedCertificate,
  Propose,
  ViewChange,
} from '../../core/consensus/pbft-messages.ts'
import type { PbftRecord } from '../../core/consensus/pbft-state.ts'
import { fromHex } from '../../crypto/bytes.ts'
import { SIGNATURE_BYTES } from '../../crypto/signature.ts'
import { AGREEING_COMMITTEE_SIZE_MAX } from '../../protocol/limits.ts'
import { booleanOf, type Fields, fieldsOf, hexOf, listOf, optionalOf } from '../fields.ts'
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
  seatOf,
  signatureOf,
  signatureToPlain,
  viewOf,
} from './parts.ts'

const TYPES = ['propose', 'prepare', 'viewChange', 'attestation', 'decision'] as const

export const pbftCodec: ModeCodec<PbftRecord, PbftMessage> = {
  messageToPlain: (message) => {
    const { type } = message
    switch (type) {
      case 'propose':
        return proposeToPlain(message)
      case 'prepare':
        return { ...message, root: fromHex(message.root), signature: fromHex(message.signature) }
      case 'viewChange': {
        const { change, proposal } = message
        const held = proposal !== undefined && { proposal: proposalToPlain(proposal) }
        return { type, change: changeToPlain(change), ...held }
      }
      case 'attestation':
        return { type, message: attestationToPlain(message.message) }
      case 'decision':
        return { type, decision: decisionToPlain(message.decision) }
    }
  },
  messageOf: (fields, instance) => {
    const type = typeOf(fields, TYPES)
    switch (type) {
      case 'propose':
        return proposeOf(fields)
      case 'prepare':
        return {
          type,
          view: viewOf(fields),
          root: digestOf(fields, 'root'),
          signature: hexOf(fields, 'signature', SIGNATURE_BYTES),
        }
      case 'viewChange':
        return {
          type,
          change: changeOf(fieldsOf(fields, 'change')),
          proposal: optionalOf(fields, 'proposal', () => proposalOf(fieldsOf(fields, 'proposal'))),
        }
      case 'attestation':
        return { type, message: attestationOf(fieldsOf(fields, 'message'), instance) }
      case 'decision':
        return { type, decision: decisionOf(fieldsOf(fields, 'decision')) }
    }
  },
  recordToPlain: ({ view, accepted, hasVoted, prepared, decision }) => ({
    view,
    hasVoted,
    ...(accepted !== undefined && {
      accepted: { message: proposeToPlain(accepted.message), root: fromHex(accepted.root) },
    }),
    ...(prepared !== undefined && {
      prepared: {
        certificate: certificateToPlain(prepared.certificate),
        proposal: proposalToPlain(prepared.proposal),
      },
    }),
    ...(decision !== undefined && { decision: decisionToPlain(decision) }),
  }),
  recordOf: (fields) => ({
    view: viewOf(fields),
    hasVoted: booleanOf(fields, 'hasVoted'),
    accepted: optionalOf(fields, 'accepted', () => {
      const accepted = fieldsOf(fields, 'accepted')
      return { message: proposeOf(fieldsOf(accepted, 'message')), root: digestOf(accepted, 'root') }
    }),
    prepared: optionalOf(fields, 'prepared', () => {
      const prepared = fieldsOf(fields, 'prepared')
      return {
        certificate: certificateOf(fieldsOf(prepared, 'certificate')),
        proposal: proposalOf(fieldsOf(prepared, 'proposal')),
      }
    }),
    decision: optionalOf(fields, 'decision', () => decisionOf(fieldsOf(fields, 'decision'))),
  }),
}

function proposeToPlain({ type, view, proposal, justification, signature }: Propose): Plain {
  return {
    type,
    view,
    proposal: proposalToPlain(proposal),
    justification: justification.map(changeToPlain),
    signature: fromHex(signature),
  }
}

function proposeOf(fields: Fields): Propose {
  return {
    type: 'propose',
    view: viewOf(fields),
    proposal: proposalOf(fieldsOf(fields, 'proposal')),
    justification: listOf(fields, 'justification', AGREEING_COMMITTEE_SIZE_MAX).map(changeOf),
    signature: hexOf(fields, 'signature', SIGNATURE_BYTES),
  }
}

function changeToPlain({ seat, view, prepared, signature }: ViewChange): Plain {
  return {
    seat,
    view,
    ...(prepared !== undefined && { prepared: certificateToPlain(prepared) }),
    signature: fromHex(signature),
  }
}

function changeOf(fields: Fields): ViewChange {
  return {
    seat: seatOf(fields),
    view: viewOf(fields),
    prepared: optionalOf(fields, 'prepared', () => certificateOf(fieldsOf(fields, 'prepared'))),
    signature: hexOf(fields, 'signature', SIGNATURE_BYTES),
  }
}

function certificateToPlain({ view, root, signatures }: PreparedCertificate): Plain {
  return { view, root: fromHex(root), signatures: signatures.map(signatureToPlain) }
}

function certificateOf(fields: Fields): PreparedCertificate {
  return {
    view: viewOf(fields),
    root: digestOf(fields, 'root'),
    signatures: listOf(fields, 'signatures', AGREEING_COMMITTEE_SIZE_MAX).map(signatureOf),
  }
}
