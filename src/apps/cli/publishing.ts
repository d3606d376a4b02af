/**
 * A function brought to a network: deployed unless it is there, a name pointed at it, its files pushed to nodes.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { createLibp2pTransport } from '../../adapters/transport/libp2p.ts'
import { sameHex } from '../../crypto/bytes.ts'
import { moduleReceiptDigest } from '../../crypto/eip712.ts'
import { functionIdOf } from '../../crypto/function-id.ts'
import { recoverSigner } from '../../crypto/signature.ts'
import { silentLog } from '../../ports/log.ts'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import type { Address, FunctionId, FunctionSpec, Hex } from '../../protocol/types.ts'
import { pushModule } from '../../runtime/module-exchange.ts'
import type { SignedReceipt } from '../../runtime/wire.ts'
import type { ChainAccess } from '../shared/chain-access.ts'
import { type Account, sendOrThrow } from './account.ts'
import { listOption, requiredText, textOption, wholeNumber } from './arguments.ts'
import type { Options } from './command.ts'
import { parseFunctionName } from './function-lookup.ts'
import type { Output } from './output.ts'
import { findNodes } from './peers.ts'
import { RevertedError } from './reverts.ts'

const REPLICAS_MAX = 64
/** The registry's bounds. */
const URIS_MAX = 8
const URI_CHARS_MAX = 256

export interface Publication {
  readonly name: string | undefined
  readonly uris: readonly string[]
  /** How many nodes are to store its files. */
  readonly replicas: number
}

/** Throws `InvalidInputError` naming the option. */
export function publicationFrom(options: Options): Publication {
  const uris = urisFrom(options)
  const title = textOption(options, 'name')
  const name = title === undefined ? undefined : parseFunctionName('--name', title)
  const replicas = wholeNumber('--replicas', requiredText(options, 'replicas'), 1, REPLICAS_MAX)
  return { name, uris, replicas }
}

/** Safe to repeat. `prepare`: what has to be on chain before a function that is not there yet. */
export async function publish(
  { address, chain, sender }: Account,
  output: Output,
  spec: FunctionSpec,
  { name, uris }: Publication,
  prepare: () => Promise<void> = async () => {},
): Promise<FunctionId> {
  const functionId = functionIdOf(address, spec)
  const named = name === undefined ? undefined : await ownedName(chain, name, address)
  if ((await chain.reads.functionById(functionId)) === undefined) {
    await prepare()
    output.progress(`deploying ${functionId}`)
    await sendOrThrow(sender, `deploy:${functionId}`, chain.calls.deploy(spec, uris))
  } else output.progress(`${functionId} is deployed already; pushing its files again`)
  if (name !== undefined && named !== functionId)
    await sendOrThrow(sender, `publish:${name}:${functionId}`, chain.calls.publish(name, functionId))
  return functionId
}

/** What the name points at. Asked before the function is paid for: a name belongs to who published it first. */
async function ownedName(
  chain: ChainAccess,
  name: string,
  account: Address,
): Promise<FunctionId | undefined> {
  const functionId = await chain.reads.resolve(name)
  const owner = functionId === undefined ? undefined : (await chain.reads.functionById(functionId))?.owner
  if (owner !== undefined && !sameHex(owner, account))
    throw new RevertedError('NameTaken', `NameTaken(name: ${name}, owner: ${owner})`)
  return functionId
}

function urisFrom(options: Options): readonly string[] {
  const texts = listOption(options, 'uri')
  if (texts.length > URIS_MAX)
    throw new LimitExceededError('--uri', texts.length, URIS_MAX, { fix: 'name fewer' })
  const bad = texts.find((uri) => uri.length > URI_CHARS_MAX || !URL.canParse(uri))
  if (bad !== undefined)
    throw new InvalidInputError(
      '--uri',
      `«${bad.slice(0, 80)}» is not a URL of up to ${URI_CHARS_MAX} characters`,
      { fix: 'give one such as https://example.com/module.wasm' },
    )
  return texts
}

/** Pushes to nodes until `replicas` of them have signed a receipt that checks out. */
export async function pushToNodes(
  chain: ChainAccess,
  output: Output,
  module: { readonly functionId: Hex; readonly moduleHash: Hex; readonly bytes: Uint8Array },
  replicas: number,
): Promise<readonly SignedReceipt[]> {
  const { coordinators, deployment } = chain.network
  const domain = { chainId: deployment.chainId, contract: deployment.market }
  const transport = await createLibp2pTransport({ privateKey: randomBytes(32), listen: [], log: silentLog })
  const receipts: SignedReceipt[] = []
  try {
    const wanted = Math.min(replicas, Number(await chain.reads.nodeCount()))
    const peers = await findNodes(transport, coordinators, wanted)
    if (peers.length === 0) output.progress('no node answered: is a coordinator of the network file running?')
    for (const peer of peers) {
      if (receipts.length >= replicas) break
      output.progress(`pushing ${module.bytes.length} bytes to ${peer}`)
      try {
        receipts.push(await checkedReceipt(chain, domain, module, await pushModule(transport, peer, module)))
      } catch (error) {
        output.progress(`  not stored: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  } finally {
    await transport.stop()
  }
  return receipts
}

async function checkedReceipt(
  chain: ChainAccess,
  domain: { readonly chainId: number; readonly contract: Hex },
  module: { readonly moduleHash: Hex; readonly bytes: Uint8Array },
  receipt: SignedReceipt,
): Promise<SignedReceipt> {
  const { attestor, moduleHash, bytes, storedAt, signature } = receipt
  const digest = moduleReceiptDigest(domain, { moduleHash, bytes: BigInt(bytes), storedAt: BigInt(storedAt) })
  const signer = recoverSigner(digest, signature)
  if (
    signer === undefined ||
    !sameHex(signer, attestor) ||
    moduleHash !== module.moduleHash ||
    bytes !== module.bytes.length
  ) {
    throw new InvalidInputError('receipt', 'is not signed by the node, or for another module')
  }
  if ((await chain.reads.node(attestor)) === undefined) {
    throw new InvalidInputError('receipt', `${attestor} is not a registered node`)
  }
  return receipt
}
