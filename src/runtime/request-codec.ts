/**
 * A request as plain data for the store: integers as decimal text, everything else as it is.
 * @module
 */
import type { Request } from '../protocol/types.ts'

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
