import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createLibp2pTransport } from '../../../adapters/transport/libp2p.ts'
import { sameHex } from '../../../crypto/bytes.ts'
import { moduleReceiptDigest } from '../../../crypto/eip712.ts'
import { functionIdOf } from '../../../crypto/function-id.ts'
import { GROTH16_SELECTOR, type VerificationKey } from '../../../crypto/groth16-key.ts'
import { recoverSigner } from '../../../crypto/signature.ts'
import { silentLog } from '../../../ports/log.ts'
import { InvalidInputError, LimitExceededError } from '../../../protocol/errors.ts'
import type { Address, FunctionId, FunctionSpec, Hex } from '../../../protocol/types.ts'
import { pushModule } from '../../../runtime/module-exchange.ts'
import type { SignedReceipt } from '../../../runtime/wire.ts'
import type { ChainAccess } from '../../shared/chain-access.ts'
import { openAccount, sendOrThrow } from '../account.ts'
import { agreementFrom, entryBeside, warningOf } from '../agreement-manifest.ts'
import { listOption, requiredText, textOption, wholeNumber } from '../arguments.ts'
import { awaitSnapshot } from '../capability-snapshot.ts'
import {
  assertKeyMayBeDeployed,
  assertObservable,
  circuitFilesFrom,
  circuitSpecFrom,
  isCircuit,
} from '../circuit-spec.ts'
import type { CommandContext, Options, Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { describeFuelTerms } from '../fuel.ts'
import { parseFunctionName } from '../function-lookup.ts'
import { DEPLOY_DEFAULTS, termsFrom } from '../function-spec.ts'
import { deployOptionsOf, findManifest, type Manifest } from '../manifest.ts'
import { checkEntry, checkModule, type ModuleFile, readModule } from '../module-file.ts'
import { ether, type Output } from '../output.ts'
import { findNodes } from '../peers.ts'
import { RevertedError } from '../reverts.ts'

const REPLICAS_MAX = 64
/** The registry's bounds. */
const URIS_MAX = 8
const URI_CHARS_MAX = 256

export const run: Run = async (context, [given], flags) => {
  const { output } = context
  const manifest = findManifest('.')
  if (manifest !== undefined) output.progress(`defaults from ${manifest.file}`)
  const file = moduleFile(given, manifest)
  const read = await readModule(file)
  if (isCircuit(read.bytes)) return await deployCircuit(context, file, read, flags)
  const options = { ...DEPLOY_DEFAULTS, ...(manifest && deployOptionsOf(manifest)), ...flags }
  const agreed = agreementFrom(options)
  const beside = entryBeside(agreed, requiredText(options, 'entry'))
  const terms = termsFrom(options)
  const { bytes, moduleHash } = read
  await checkModule(bytes, file, terms)
  if (beside !== undefined) checkEntry(bytes, file, beside)
  const warning = warningOf(agreed)
  if (warning !== undefined) output.progress(`warning: ${warning}`)
  const spec: FunctionSpec = { ...terms, moduleHash }
  const uris = urisFrom(options)
  const title = textOption(options, 'name')
  const name = title === undefined ? undefined : parseFunctionName('--name', title)
  const replicas = wholeNumber('--replicas', requiredText(options, 'replicas'), 1, REPLICAS_MAX)
  const account = await openAccount(context, options)
  const { chain } = account
  try {
    const functionId = functionIdOf(account.address, spec)
    const named = name === undefined ? undefined : await ownedName(chain, name, account.address)
    if ((await chain.reads.functionById(functionId)) === undefined) {
      output.progress(`deploying ${functionId}`)
      await sendOrThrow(account.sender, `deploy:${functionId}`, chain.calls.deploy(spec, uris))
    } else output.progress(`${functionId} is deployed already; pushing its module again`)
    if (name !== undefined && named !== functionId) {
      await sendOrThrow(
        account.sender,
        `publish:${name}:${functionId}`,
        chain.calls.publish(name, functionId),
      )
    }
    const receipts = await pushToNodes(chain, output, { functionId, moduleHash, bytes }, replicas)
    const snapshot = BigInt(spec.capabilities) === 0n ? undefined : await awaitSnapshot(account, output, spec)
    output.result(
      { functionId, name, moduleHash, bytes: bytes.length, owner: account.address, spec, receipts, snapshot },
      () => {
        output.line(`function    ${functionId}`)
        if (name !== undefined) output.line(`name        ${name}`)
        output.line(`module      ${bytes.length} bytes, sha256 ${moduleHash}`)
        output.line(`committee   ${spec.committeeSize} nodes, ${ether(spec.flatFeePerSeat)} each`)
        output.line(`fuel        ${describeFuelTerms(spec)}`)
        for (const { attestor, storedAt, signature } of receipts) {
          output.line(
            `stored by   ${attestor} at ${new Date(storedAt * 1000).toISOString()}, receipt ${signature.slice(0, 18)}…`,
          )
        }
        if (snapshot !== undefined && snapshot !== 'sealed')
          output.line(`not yet      requests are refused: \`dikast function seal ${functionId}\` says why`)
        if (receipts.length < replicas)
          output.line(
            `only ${receipts.length} of ${replicas} nodes stored the module: run the command again later`,
          )
      },
    )
    return receipts.length === 0 ? EXIT.network : EXIT.ok
  } finally {
    await account.close()
  }
}

/** As of a module: its key is registered first, and both its files are pushed. */
async function deployCircuit(
  context: CommandContext,
  file: string,
  { bytes, moduleHash }: ModuleFile,
  options: Options,
): Promise<number> {
  const { output } = context
  const files = circuitFilesFrom(options, bytes)
  const spec = circuitSpecFrom(options, moduleHash, files)
  const uris = urisFrom(options)
  const title = textOption(options, 'name')
  const name = title === undefined ? undefined : parseFunctionName('--name', title)
  const replicas = wholeNumber('--replicas', requiredText(options, 'replicas'), 1, REPLICAS_MAX)
  const account = await openAccount(context, options)
  const { chain } = account
  try {
    assertKeyMayBeDeployed(files.key, chain.network.deployment.chainId, options)
    await assertObservable(chain.reads, files.terms)
    const functionId = functionIdOf(account.address, spec)
    const named = name === undefined ? undefined : await ownedName(chain, name, account.address)
    const isNew = (await chain.reads.functionById(functionId)) === undefined
    if (isNew) {
      const system = await chain.reads.verifierOf(GROTH16_SELECTOR)
      if (system === undefined)
        throw new InvalidInputError('network', 'takes no proofs: its router knows no proof system', {
          fix: 'use a network that was deployed with one',
        })
      output.progress(`registering the key of ${file} and deploying ${functionId}`)
      const keyHash = spec.verificationKeyHash
      await sendOrThrow(account.sender, `key:${keyHash}`, chain.calls.registerKey(system, files.keyBytes))
      await sendOrThrow(account.sender, `deploy:${functionId}`, chain.calls.deploy(spec, uris))
    } else output.progress(`${functionId} is deployed already; pushing its files again`)
    if (name !== undefined && named !== functionId)
      await sendOrThrow(
        account.sender,
        `publish:${name}:${functionId}`,
        chain.calls.publish(name, functionId),
      )
    const { provingKey, terms } = files
    const pushed = [
      { functionId, moduleHash, bytes },
      { functionId, moduleHash: terms.provingKey, bytes: provingKey },
    ]
    const receipts: SignedReceipt[][] = []
    for (const one of pushed) receipts.push([...(await pushToNodes(chain, output, one, replicas))])
    const [ofModule = [], ofKey = []] = receipts
    const kind = files.key.isCeremony ? 'ceremony' : 'dev'
    output.result(
      {
        functionId,
        name,
        moduleHash,
        provingKey: terms.provingKey,
        key: { hash: spec.verificationKeyHash, kind, isBound: files.key.isBound },
        owner: account.address,
        spec,
        receipts: { module: ofModule, provingKey: ofKey },
      },
      () => {
        output.line(`function    ${functionId}`)
        if (name !== undefined) output.line(`name        ${name}`)
        output.line(`calculator  ${bytes.length} bytes, sha256 ${moduleHash}`)
        output.line(`proving key ${provingKey.length} bytes, sha256 ${terms.provingKey}`)
        output.line(`key         ${spec.verificationKeyHash}, made ${keyWords(files.key)}`)
        output.line(`prover      one node an attempt, ${ether(spec.flatFeePerSeat)} for a proof`)
        output.line(`stored by   ${ofModule.length} nodes, the key by ${ofKey.length}`)
        if (ofKey.length < replicas)
          output.line(`only ${ofKey.length} of ${replicas} nodes stored the key: run the command again later`)
      },
    )
    return ofModule.length === 0 || ofKey.length === 0 ? EXIT.network : EXIT.ok
  } finally {
    await account.close()
  }
}

function keyWords({ isCeremony }: VerificationKey): string {
  return isCeremony ? 'by a ceremony' : 'for development: whoever made it can prove anything'
}

/** The module named, or what the manifest of this folder makes. */
function moduleFile(given: string | undefined, manifest: Manifest | undefined): string {
  const file = given ?? manifest?.build.artifact
  if (file === undefined)
    throw new InvalidInputError('module', 'is missing, and this folder has no manifest that names one', {
      fix: 'name the .wasm file, or run it in a folder made by `dikast function init`',
    })
  if (given === undefined && !existsSync(file))
    throw new InvalidInputError('module', `${file} is not built yet`, { fix: 'run `dikast function build`' })
  return file
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
    )
  return texts
}

/** Pushes to nodes until `replicas` of them have signed a receipt that checks out. */
async function pushToNodes(
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
