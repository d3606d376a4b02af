/**
 * What an operator does with stake: used by `dikast node …` and by `scripts/stake.ts`.
 * @module
 */
import {
  blsKeyToPoint,
  blsPossessionDigest,
  blsPublicKey,
  blsSecretOf,
  blsSignatureToPoint,
  proveBlsPossession,
} from '../../crypto/bls.ts'
import { nodeBindingDigest } from '../../crypto/eip712.ts'
import { proveKey } from '../../crypto/key-proof.ts'
import { schnorrSecret } from '../../crypto/schnorr.ts'
import { expandSignature, signDigest } from '../../crypto/signature.ts'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Address, Hash, Hex } from '../../protocol/types.ts'
import { type Account, sendOrThrow } from './account.ts'
import { unclaimedShares } from './shares.ts'

/** Of a node that offers nothing outside the sandbox. */
const NO_CAPABILITIES: Hex = `0x${'00'.repeat(32)}`

export interface NodeIdentity {
  readonly attestor: Address
  /** Raw Ed25519 public key. */
  readonly peerKey: Hex
  readonly attestorKey: Uint8Array
}

export interface Mined {
  readonly hash: Hash
  readonly gasUsed: bigint
}

/** Registers a node under the account and bonds its first stake; again it only says so. */
export async function registerNode(
  account: Account,
  node: NodeIdentity,
  stakeWei: bigint,
  capabilities: Hex = NO_CAPABILITIES,
): Promise<Mined> {
  const { chain, sender, address } = account
  const existing = await chain.reads.node(node.attestor)
  if (existing !== undefined) {
    throw new InvalidInputError('node', `${node.attestor} is registered already, by ${existing.operator}`, {
      fix: 'bond more with `dikast node bond`',
    })
  }
  const { chainId, nodeRegistry } = chain.network.deployment
  const digest = nodeBindingDigest(
    { chainId, contract: nodeRegistry },
    { operator: address, peerId: node.peerKey, capabilities },
  )
  const bindingSignature = expandSignature(signDigest(node.attestorKey, digest))
  const { attestor, peerKey: peerId } = node
  const call = chain.calls.register({ attestor, peerId, capabilities, bindingSignature }, stakeWei)
  return sendOrThrow(sender, `register:${attestor}`, call)
}

/** Gives the node its BLS key, for committees whose certificates are aggregates. */
export async function registerBlsKey(
  account: Account,
  node: Pick<NodeIdentity, 'attestor' | 'attestorKey'>,
): Promise<Mined & { readonly key: Hex }> {
  const { attestor } = node
  await ownNode(account, attestor)
  const { chainId, bls } = account.chain.network.deployment
  if (bls === undefined) {
    throw new InvalidInputError('network', 'has no registry of BLS keys', {
      fix: 'take the network file from a network that has one: its field deployment.bls',
    })
  }
  const secret = blsSecretOf(node.attestorKey)
  const key = blsPublicKey(secret)
  const digest = blsPossessionDigest({ chainId, registry: bls.keyRegistry, attestor, key })
  const proof = blsSignatureToPoint(proveBlsPossession(secret, digest))
  const call = account.chain.calls.registerBlsKey(bls.keyRegistry, attestor, blsKeyToPoint(key), proof)
  return { ...(await sendOrThrow(account.sender, `bls:${attestor}`, call)), key }
}

/** Gives the node its key for standing committees, which counts from the next epoch on. */
export async function registerSchnorrKey(
  account: Account,
  { attestor, attestorKey }: Pick<NodeIdentity, 'attestor' | 'attestorKey'>,
): Promise<Mined & { readonly key: bigint }> {
  await ownNode(account, attestor)
  const { chainId, schnorrKeys: registry } = account.chain.network.deployment
  if (registry === undefined) {
    throw new InvalidInputError('network', 'has no registry of keys for standing committees', {
      fix: 'take the network file from a network that has one: its field schnorrKeys',
    })
  }
  const proof = proveKey(schnorrSecret(attestorKey), { chainId, registry, holder: attestor })
  const call = account.chain.calls.registerSchnorrKey(registry, attestor, proof)
  return { ...(await sendOrThrow(account.sender, `schnorr:${attestor}`, call)), key: proof.u }
}

export async function bondStake(account: Account, attestor: Address, amountWei: bigint): Promise<Mined> {
  await ownNode(account, attestor)
  return sendOrThrow(account.sender, `bond:${attestor}`, account.chain.calls.bond(attestor, amountWei))
}

/** By hand what a running node does by itself: it is drawn again, or for longer. */
export async function renewNode(
  account: Account,
  attestor: Address,
): Promise<Mined & { readonly liveUntil: number }> {
  await ownNode(account, attestor)
  const mined = await sendOrThrow(account.sender, `renew:${attestor}`, account.chain.calls.renew(attestor))
  const liveness = await account.chain.reads.liveness(attestor)
  return { ...mined, liveUntil: liveness?.liveUntil ?? 0 }
}

/** `all` takes out the whole stake. */
export async function unbondStake(
  account: Account,
  attestor: Address,
  amount: bigint | 'all',
): Promise<Mined & { readonly amount: bigint }> {
  const { stake } = await ownNode(account, attestor)
  const wei = amount === 'all' ? stake : amount
  if (wei === 0n || wei > stake) {
    throw new InvalidInputError('--amount', `${wei} wei is not within the node's stake of ${stake} wei`)
  }
  const mined = await sendOrThrow(
    account.sender,
    `unbond:${attestor}`,
    account.chain.calls.unbond(attestor, wei),
  )
  return { ...mined, amount: wei }
}

/** Pays out unbonded stake, proving with the first sealed epoch without it. */
export async function withdrawStake(
  account: Account,
  attestor: Address,
  to: Address,
): Promise<Mined & { readonly amount: bigint }> {
  const { unbonding, unbondingEpoch } = await ownNode(account, attestor)
  if (unbonding === 0n) {
    throw new InvalidInputError('node', `${attestor} has nothing unbonding`, {
      fix: '`dikast node unbond` takes stake out first',
    })
  }
  const sealed = await firstSealedEpoch(account, unbondingEpoch)
  if (sealed === undefined) {
    throw new InvalidInputError('node', `no epoch from ${unbondingEpoch} on is sealed yet`, {
      fix: 'try again after the next seal',
    })
  }
  const mined = await sendOrThrow(
    account.sender,
    `withdraw:${attestor}`,
    account.chain.calls.withdraw(attestor, sealed, to),
  )
  return { ...mined, amount: unbonding }
}

/** Of one transaction: at 21,000 gas each, with a proof of eight hashes, well below a block's and EIP-7825's bound. */
export const CLAIMS_MAX = 64

export interface ClaimedEarnings extends Mined {
  readonly amount: bigint
  /** How many shares of large committees were claimed for it, and what they were worth. */
  readonly shares: { readonly count: number; readonly wei: bigint }
}

/** Claims the node's shares of large committees, then pays out all it earned. Safe to repeat after a failure. */
export async function claimEarnings(
  account: Account,
  attestor: Address,
  to: Address,
  claimsMax = CLAIMS_MAX,
): Promise<ClaimedEarnings> {
  await ownNode(account, attestor)
  const { chain, sender } = account
  const shares = await unclaimedShares(chain, attestor)
  for (let next = 0; next < shares.length; next += claimsMax) {
    const claims = shares.slice(next, next + claimsMax)
    const id = `shares:${attestor}:${claims[0]?.settlement}`
    await sendOrThrow(sender, id, chain.calls.claimShares(attestor, claims))
  }
  const amount = await chain.audits.nodeCreditOf(attestor)
  if (amount === 0n) throw new InvalidInputError('node', `${attestor} has earned nothing yet`)
  const mined = await sendOrThrow(sender, `claim:${attestor}`, chain.calls.claimNode(attestor, to))
  const wei = shares.reduce((sum, share) => sum + share.wei, 0n)
  return { ...mined, amount, shares: { count: shares.length, wei } }
}

async function ownNode(account: Account, attestor: Address) {
  const node = await account.chain.reads.node(attestor)
  if (node === undefined) {
    throw new InvalidInputError('node', `${attestor} is not registered`, {
      fix: 'register it with `dikast node register`',
    })
  }
  if (node.operator.toLowerCase() !== account.address.toLowerCase()) {
    throw new InvalidInputError('key', `${account.address} is not the operator of ${attestor}`, {
      fix: `use the key of ${node.operator}`,
    })
  }
  return node
}

/** Epochs nobody sealed are skipped. */
async function firstSealedEpoch(account: Account, from: number): Promise<number | undefined> {
  const newest = await account.chain.reads.latestSealedEpoch()
  for (let epoch = from; newest !== undefined && epoch <= newest; epoch++) {
    if ((await account.chain.reads.snapshotOf(epoch)) !== undefined) return epoch
  }
  return undefined
}
