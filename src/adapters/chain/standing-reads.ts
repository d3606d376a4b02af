/**
 * Reads of committees that stand for an epoch (docs/spec/standing-committees.md).
 * @module
 */
import { sameHex, toBytesBE, toHex } from '../../crypto/bytes.ts'
import { COMMITTEE_KEYS_MAX } from '../../crypto/committee-proof.ts'
import { ChainError } from '../../ports/chain.ts'
import type { CommitteeReads } from '../../ports/market.ts'
import { schnorrKeyRegistryAbi } from '../../protocol/abi/schnorr-key-registry.ts'
import { standingCommitteesAbi } from '../../protocol/abi/standing-committees.ts'
import type { Address, Deployment, StandingCommittee } from '../../protocol/types.ts'
import type { ChainReader } from './client.ts'
import { contractReader } from './reads.ts'
import { decodeRevert } from './revert.ts'

const ZERO_ADDRESS: Address = '0x0000000000000000000000000000000000000000'
const NUMBER_BITS = 32n
const ENTRY_BITS = 192n

/** A root that was posted, whether it counts yet or not. */
export interface PostedRoot {
  readonly epoch: number
  /** Seconds since 1970. */
  readonly finalAt: bigint
  readonly poster: Address
  readonly keyRoot: bigint
}

export interface StandingReads {
  /** Whose root it is, once it counts. */
  committeeOf(keyRoot: bigint): Promise<{ readonly epoch: number; readonly size: number } | undefined>
  /** Who sits on an epoch's committee. Throws `ChainError` with the revert in words while it is not drawn. */
  committeeAt(epoch: number, size: number): Promise<StandingCommittee>
  /** The newest root of that size that counts. */
  latest(size: number): Promise<{ readonly epoch: number; readonly keyRoot: bigint } | undefined>
  /** The root posted last for committees of this size; undefined before the first. */
  posted(size: number): Promise<PostedRoot | undefined>
  /** The beacon round that draws an epoch's committees. Throws `ChainError` for an epoch that is not sealed. */
  roundOf(epoch: number): Promise<bigint>
  /** Seconds between an epoch's seal and the round that draws its committees, at least. */
  leadSeconds(): Promise<bigint>
  /** Wei that go with a root. */
  bond(): Promise<bigint>
  /** Wei of bonds that are an account's again. */
  creditOf(account: Address): Promise<bigint>
  /** A node's key, and the first epoch it counts in; undefined while it has none. */
  keyOf(number: number): Promise<{ readonly key: bigint; readonly fromEpoch: number } | undefined>
}

/** Undefined in a network without such committees. */
export function createStandingReads(
  reader: ChainReader,
  { standingCommittees: to, schnorrKeys }: Deployment,
): StandingReads | undefined {
  if (to === undefined || schnorrKeys === undefined) return undefined
  const read = contractReader(reader)
  const abi = standingCommitteesAbi
  return {
    committeeOf: async (keyRoot) => {
      const [epoch, size] = await read.value(abi, to, 'committeeOf', [keyRoot])
      return size === 0 ? undefined : { epoch, size }
    },
    committeeAt: async (epoch, size) => {
      const [entries, keys] = await Promise.all([
        read.value(abi, to, 'membersOf', [epoch, size]),
        read.value(abi, to, 'keysOf', [epoch, size]),
      ])
      if (entries.length !== size || keys.length !== size || size > COMMITTEE_KEYS_MAX)
        throw new ChainError('malformed', `the committee of epoch ${epoch} has not ${size} members and keys`)
      return { epoch, members: entries.map(attestorOf), keys }
    },
    latest: async (size) => {
      const result = await read.call(abi, to, 'latest', [size])
      if ('ok' in result) return { epoch: result.ok[0], keyRoot: result.ok[1] }
      if (decodeRevert(result.reverted)?.name === 'NoCommittee') return undefined
      throw new ChainError('malformed', 'latest: the registry reverts')
    },
    posted: async (size) => {
      const [epoch, finalAt, poster, keyRoot] = await read.value(abi, to, 'postOf', [size])
      return sameHex(poster, ZERO_ADDRESS) ? undefined : { epoch, finalAt, poster, keyRoot }
    },
    roundOf: (epoch) => read.value(abi, to, 'roundOf', [epoch]),
    leadSeconds: async () => BigInt(await read.value(abi, to, 'leadSeconds', [])),
    bond: () => read.value(abi, to, 'bond', []),
    creditOf: (account) => read.value(abi, to, 'creditOf', [account]),
    keyOf: async (number) => {
      const [key, fromEpoch] = await read.value(schnorrKeyRegistryAbi, schnorrKeys, 'keyOf', [number])
      return key === 0n ? undefined : { key, fromEpoch }
    },
  }
}

/** What a node asks of committees, and of blocks. */
export function createCommitteeReads(reader: ChainReader, deployment: Deployment): CommitteeReads {
  const standing = createStandingReads(reader, deployment)
  return {
    standingCommittee: async (keyRoot) => {
      const found = await standing?.committeeOf(keyRoot)
      return found && standing?.committeeAt(found.epoch, found.size)
    },
    blockTime: async (blockNumber) => {
      const block = await reader.block(blockNumber)
      if (block === undefined) throw new ChainError('missing', `the node does not know block ${blockNumber}`)
      return block.time
    },
  }
}

/** An entry is `attestor (20) | number (4)`. */
function attestorOf(entry: bigint): Address {
  if (entry >> ENTRY_BITS !== 0n) throw new ChainError('malformed', 'a committee’s entry is too long')
  return toHex(toBytesBE(entry >> NUMBER_BITS, 20))
}
