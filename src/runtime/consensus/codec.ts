/**
 * How one mode's messages travel and its record is kept: deterministic CBOR, decoded strictly. Decoders throw `InvalidInputError`.
 * @module
 */
import { encode } from 'cborg'
import type { Instance } from '../../core/consensus/core.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import { type Fields, read } from '../fields.ts'
import type { Plain } from './parts.ts'

/** `Saved` and `Message` are a core's; what is decoded belongs to the instance. */
export interface ModeCodec<Saved, Message> {
  messageToPlain(message: Message): Plain
  messageOf(fields: Fields, instance: Instance): Message
  recordToPlain(record: Saved): Plain
  recordOf(fields: Fields, instance: Instance): Saved
}

export function encodeMessage<Message>(
  codec: Pick<ModeCodec<unknown, Message>, 'messageToPlain'>,
  message: Message,
): Uint8Array {
  return encode(codec.messageToPlain(message))
}

export function decodeMessage<Message>(
  codec: Pick<ModeCodec<unknown, Message>, 'messageOf'>,
  bytes: Uint8Array,
  instance: Instance,
): Message {
  return codec.messageOf(read(bytes, 'consensus message'), instance)
}

/** A message names its type; those of other modes are none of this one. */
export function typeOf<T extends string>(fields: Fields, types: readonly T[]): T {
  const { type } = fields
  const known = types.find((one) => one === type)
  if (known === undefined) throw new InvalidInputError('type', 'is no message of this mode')
  return known
}
