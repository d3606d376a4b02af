/**
 * The chain as the protocol sees it: decoded events in order, reads at a block, and transactions that get mined once.
 *
 * The follower reads by block hash and tells of reorganisations: after `rollback` every event above `number` never
 * happened. Events of one block come in log order, after that block's `block` event.
 * @module
 */
import { DikastError } from '../protocol/errors.ts'
import type {
  Address,
  Attempt,
  Certified,
  Digest,
  Fulfillment,
  FunctionId,
  FunctionSpec,
  Hash,
  Hex,
  Request,
  RequestId,
} from '../protocol/types.ts'

export interface Block {
  readonly number: bigint
  readonly hash: Hash
  readonly parentHash: Hash
  /** Seconds since 1970. */
  readonly time: bigint
  readonly baseFeePerGas: bigint
}

/** Where an event stands. */
export interface LogPosition {
  readonly blockNumber: bigint
  readonly blockHash: Hash
  readonly transactionHash: Hash
  readonly logIndex: number
}

export interface Payment {
  readonly perSeat: bigint
  readonly pool: bigint
  readonly submitter: bigint
  readonly refund: bigint
}

export type ChainLog =
  | {
      readonly type: 'requestSubmitted'
      readonly requestId: RequestId
      readonly escrow: bigint
      readonly request: Request
    }
  | {
      readonly type: 'requestFulfilled'
      readonly requestId: RequestId
      readonly functionId: FunctionId
      readonly submitter: Address
      readonly payment: Payment
      readonly fulfillment: Fulfillment
    }
  /** Of a function with a challenge window: settled when it is final. */
  | {
      readonly type: 'requestCertified'
      readonly requestId: RequestId
      readonly functionId: FunctionId
      readonly certified: Certified
      readonly output: Hex
      readonly certificate: Hex
    }
  | {
      readonly type: 'requestChallenged'
      readonly requestId: RequestId
      readonly challenger: Address
      /** Wei. */
      readonly bond: bigint
      readonly window: Attempt
    }
  | {
      readonly type: 'challengeResolved'
      readonly requestId: RequestId
      readonly overturned: boolean
      readonly fulfillment: Fulfillment
    }
  | { readonly type: 'requestFinalized'; readonly requestId: RequestId; readonly payment: Payment }
  | { readonly type: 'requestFulfilledInBatch'; readonly requestId: RequestId; readonly payment: Payment }
  | { readonly type: 'callbackFailed'; readonly requestId: RequestId }
  | { readonly type: 'requestExpired'; readonly requestId: RequestId; readonly refund: bigint }
  | {
      readonly type: 'roundPosted'
      readonly round: bigint
      readonly randomness: Digest
      readonly signature: Hex
    }
  | {
      readonly type: 'epochSealed'
      readonly epoch: number
      readonly blob: Address
      readonly count: number
      readonly totalWeight: bigint
    }
  | {
      readonly type: 'capabilitiesSealed'
      readonly capabilities: Hex
      readonly epoch: number
      readonly blob: Address
      readonly count: number
      readonly totalWeight: bigint
    }
  | {
      readonly type: 'nodeRegistered'
      readonly attestor: Address
      readonly operator: Address
      readonly peerId: Hex
      readonly capabilities: Hex
    }
  | {
      readonly type: 'blsKeyRegistered'
      readonly attestor: Address
      /** 48 bytes; the contract has seen a proof of possession. */
      readonly key: Hex
    }
  | {
      readonly type: 'stakeChanged'
      readonly attestor: Address
      readonly epoch: number
      readonly stake: bigint
    }
  | {
      readonly type: 'functionDeployed'
      readonly functionId: FunctionId
      readonly owner: Address
      readonly spec: FunctionSpec
      readonly uris: readonly string[]
    }

export type ChainEvent =
  | { readonly type: 'block'; readonly block: Block }
  | { readonly type: 'log'; readonly log: ChainLog; readonly at: LogPosition; readonly block: Block }
  /** Everything above this block is undone; `block` events follow for what replaced it. */
  | { readonly type: 'rollback'; readonly toNumber: bigint; readonly toHash: Hash }

export interface ChainFollower {
  /**
   * Delivers events from `from` (inclusive) to the head, then as blocks come, one at a time: the next is delivered when
   * the handler's promise resolves. Survives RPC failures with back-off. Resolves when `signal` aborts.
   */
  follow(options: {
    readonly from: bigint
    readonly signal: AbortSignal
    readonly handler: (event: ChainEvent) => Promise<void>
  }): Promise<void>
}

/** A call to make on chain. */
export interface Transaction {
  /** Names the effect, e.g. `fulfill:<requestId>`: sending it twice is one transaction. Kept until forgotten. */
  readonly id: string
  readonly to: Address
  readonly data: Hex
  readonly value?: bigint
  /** Gas limit; estimated when absent. */
  readonly gas?: bigint
}

export type TransactionOutcome =
  | { readonly type: 'mined'; readonly hash: Hash; readonly blockNumber: bigint; readonly gasUsed: bigint }
  /** The call reverts, in simulation or on chain. `error` is the decoded custom error's name, or undefined. */
  | {
      readonly type: 'reverted'
      readonly error: string | undefined
      readonly detail: string
      readonly hash?: Hash
    }

export interface TransactionSender {
  readonly address: Address
  /** Persists, signs, broadcasts, re-prices and awaits one confirmation. Safe to call again after a crash. */
  send(transaction: Transaction): Promise<TransactionOutcome>
  close(): Promise<void>
}

export type ChainFailure =
  | 'unreachable'
  | 'wrong-chain'
  | 'malformed'
  | 'missing'
  | 'insufficient-funds'
  /** Something with value was signed and its nonce is used, but no receipt shows by what. */
  | 'outcome-unknown'
  | 'closed'

export class ChainError extends DikastError {
  readonly code = 'CHAIN'
  readonly reason: ChainFailure

  constructor(
    reason: ChainFailure,
    detail: string,
    options: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(`chain: ${reason}: ${detail.slice(0, 400)}`, options)
    this.reason = reason
  }
}
