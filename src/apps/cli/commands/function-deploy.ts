import { existsSync } from 'node:fs'
import { GROTH16_SELECTOR, type VerificationKey } from '../../../crypto/groth16-key.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import type { FunctionSpec } from '../../../protocol/types.ts'
import type { SignedReceipt } from '../../../runtime/wire.ts'
import { openAccount, sendOrThrow } from '../account.ts'
import { agreementFrom, entryBeside, warningOf } from '../agreement-manifest.ts'
import { requiredText } from '../arguments.ts'
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
import { DEPLOY_DEFAULTS, termsFrom } from '../function-spec.ts'
import { deployOptionsOf, findManifest, type Manifest } from '../manifest.ts'
import { checkEntry, checkModule, type ModuleFile, readModule } from '../module-file.ts'
import { ether } from '../output.ts'
import { publicationFrom, publish, pushToNodes } from '../publishing.ts'

export const run: Run = async (context, [given], flags) => {
  const { output } = context
  const manifest = findManifest('.')
  const file = moduleFile(given, manifest)
  const read = await readModule(file)
  if (isCircuit(read.bytes)) {
    // A folder may well hold the module a circuit observes: under its name, and for its fee, the circuit is not meant.
    if (manifest !== undefined) output.progress(`a circuit takes no terms from ${manifest.file}`)
    return await deployCircuit(context, file, read, flags)
  }
  if (manifest !== undefined) output.progress(`defaults from ${manifest.file}`)
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
  const publication = publicationFrom(options)
  const { name, replicas } = publication
  const account = await openAccount(context, options)
  const { chain } = account
  try {
    const functionId = await publish(account, output, spec, publication)
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
  const publication = publicationFrom(options)
  const { name, replicas } = publication
  if (!files.key.isBound)
    output.progress(
      'no binding: a proof of this circuit is good for every request with its input, and in the open turn for whoever commits to it first',
    )
  const account = await openAccount(context, options)
  const { chain } = account
  try {
    assertKeyMayBeDeployed(files.key, chain.network.deployment.chainId, options)
    await assertObservable(chain.reads, files.terms)
    const functionId = await publish(account, output, spec, publication, async () => {
      const system = await chain.reads.verifierOf(GROTH16_SELECTOR)
      if (system === undefined)
        throw new InvalidInputError('network', 'takes no proofs: its router knows no proof system', {
          fix: 'use a network that was deployed with one',
        })
      output.progress(`registering the key of ${file}`)
      const call = chain.calls.registerKey(system, files.keyBytes)
      await sendOrThrow(account.sender, `key:${spec.verificationKeyHash}`, call)
    })
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
