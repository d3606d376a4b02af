/**
 * A request, and what became of it, as plain data for the store: integers as decimal text, everything else as it is.
 * @module
 */
import type { Finality } from '../core/request/state.ts'
import type { Attempt, Hex, Request } from '../protocol/types.ts'

type Plain<T> = T extends bigint
  ? string
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [Key in keyof T]: Plain<T[Key]> }
      : T

export type PlainRequest = Plain<Request>

export function requestToPlain(request: Request): PlainRequest {
  return {
    ...request,
    nonce: String(request.nonce),
    deadline: String(request.deadline),
    flatFeePerSeat: String(request.flatFeePerSeat),
    fuelPrice: String(request.fuelPrice),
    fuelLimit: String(request.fuelLimit),
    royalty: String(request.royalty),
    protocolFee: String(request.protocolFee),
    maxFeePerGas: String(request.maxFeePerGas),
    attempts: request.attempts.map(({ round, opensAt, closesAt }) => ({
      round: String(round),
      opensAt: String(opensAt),
      closesAt: String(closesAt),
    })),
  }
}

export function requestFromPlain(plain: PlainRequest): Request {
  return {
    ...plain,
    nonce: BigInt(plain.nonce),
    deadline: BigInt(plain.deadline),
    flatFeePerSeat: BigInt(plain.flatFeePerSeat),
    fuelPrice: BigInt(plain.fuelPrice),
    fuelLimit: BigInt(plain.fuelLimit),
    royalty: BigInt(plain.royalty),
    protocolFee: BigInt(plain.protocolFee),
    maxFeePerGas: BigInt(plain.maxFeePerGas),
    attempts: plain.attempts.map(({ round, opensAt, closesAt }) => ({
      round: BigInt(round),
      opensAt: BigInt(opensAt),
      closesAt: BigInt(closesAt),
    })),
  }
}

/** What the chain said of a certified request, each with the block it said so in. */
export interface KnownFinality extends Finality {
  readonly certifiedIn: bigint
  readonly challengedIn: bigint | undefined
  readonly judgedIn: bigint | undefined
}

type Whole<T> = { [Key in keyof T]: T[Key] extends bigint | undefined ? string : T[Key] }
/** Absent is an empty text: a block number, or an output nobody gave. */
export interface PlainFinality {
  readonly certified: Whole<KnownFinality['certified']>
  readonly output: string
  readonly certifiedIn: string
  readonly challenge: Plain<Attempt> | null
  readonly challengedIn: string
  readonly verdict: string | null
  readonly judgedIn: string
}

export function finalityToPlain(finality: KnownFinality): PlainFinality {
  const { certified, output, challenge, verdict } = finality
  return {
    certified: {
      ...certified,
      escrow: String(certified.escrow),
      reimbursement: String(certified.reimbursement),
      maxFeePerGas: String(certified.maxFeePerGas),
      certifiedAt: String(certified.certifiedAt),
      fuelUsed: String(certified.fuelUsed),
      signers: String(certified.signers),
    },
    output,
    certifiedIn: String(finality.certifiedIn),
    challenge:
      challenge === undefined
        ? null
        : {
            round: String(challenge.round),
            opensAt: String(challenge.opensAt),
            closesAt: String(challenge.closesAt),
          },
    challengedIn: String(finality.challengedIn ?? ''),
    verdict: verdict?.output ?? null,
    judgedIn: String(finality.judgedIn ?? ''),
  }
}

export function finalityFromPlain(plain: PlainFinality): KnownFinality {
  const { certified, challenge } = plain
  const blockOf = (text: string): bigint | undefined => (text === '' ? undefined : BigInt(text))
  return {
    certified: {
      ...certified,
      escrow: BigInt(certified.escrow),
      reimbursement: BigInt(certified.reimbursement),
      maxFeePerGas: BigInt(certified.maxFeePerGas),
      certifiedAt: BigInt(certified.certifiedAt),
      fuelUsed: BigInt(certified.fuelUsed),
      signers: BigInt(certified.signers),
    },
    output: plain.output as Hex,
    certifiedIn: BigInt(plain.certifiedIn),
    challenge:
      challenge === null
        ? undefined
        : {
            round: BigInt(challenge.round),
            opensAt: BigInt(challenge.opensAt),
            closesAt: BigInt(challenge.closesAt),
          },
    challengedIn: blockOf(plain.challengedIn),
    verdict: plain.verdict === null ? undefined : { output: plain.verdict as Hex },
    judgedIn: blockOf(plain.judgedIn),
  }
}
