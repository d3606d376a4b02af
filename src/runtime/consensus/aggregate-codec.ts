/**
 * *aggregate* on the wire and on disk: observations beside pBFT's messages.
 * @module
 */
import type { Observation, Observed } from '../../core/consensus/aggregate/observation.ts'
import type { AggregateMessage, AggregateRecord } from '../../core/consensus/aggregate/state.ts'
import { EXIT_MAX } from '../../core/wasm/exit.ts'
import { fromHex } from '../../crypto/bytes.ts'
import { SIGNATURE_BYTES } from '../../crypto/signature.ts'
import { OUTPUT_BYTES_MAX } from '../../protocol/limits.ts'
import { bytesOf, type Fields, fieldsOf, hexOf, numberOf, optionalOf, uint64Of } from '../fields.ts'
import type { ModeCodec } from './codec.ts'
import { type Plain, signatureOf, signatureToPlain } from './parts.ts'
import { pbftCodec } from './pbft-codec.ts'

export const aggregateCodec: ModeCodec<AggregateRecord, AggregateMessage> = {
  messageToPlain: (message) => {
    if (message.type !== 'observation') return pbftCodec.messageToPlain(message)
    const { type, observed, signature } = message
    return { type, ...observedToPlain(observed), signature: fromHex(signature) }
  },
  messageOf: (fields, instance) => {
    if (fields.type !== 'observation') return pbftCodec.messageOf(fields, instance)
    const signature = hexOf(fields, 'signature', SIGNATURE_BYTES)
    return { type: 'observation', observed: observedOf(fields), signature }
  },
  recordToPlain: ({ observation, agreement }) => ({
    ...(observation !== undefined && { observation: observationToPlain(observation) }),
    agreement: pbftCodec.recordToPlain(agreement),
  }),
  recordOf: (fields, instance) => ({
    observation: optionalOf(fields, 'observation', () => observationOf(fieldsOf(fields, 'observation'))),
    agreement: pbftCodec.recordOf(fieldsOf(fields, 'agreement'), instance),
  }),
}

function observedToPlain({ exit, fuelUsed, output }: Observed): Plain {
  return { exit, fuelUsed, output }
}

function observedOf(fields: Fields): Observed {
  return {
    exit: numberOf(fields, 'exit', EXIT_MAX),
    fuelUsed: uint64Of(fields, 'fuelUsed'),
    output: bytesOf(fields, 'output', OUTPUT_BYTES_MAX),
  }
}

function observationToPlain(observation: Observation): Plain {
  return { ...observedToPlain(observation), ...signatureToPlain(observation) }
}

function observationOf(fields: Fields): Observation {
  return { ...observedOf(fields), ...signatureOf(fields) }
}
