import type { FunctionTerms } from '../../../adapters/chain/reads.ts'
import { type CircuitTerms, parseCircuitTerms } from '../../../core/consensus/agreement.ts'
import { quorumOf } from '../../../core/consensus/quorum.ts'
import { toHex } from '../../../crypto/bytes.ts'
import type { VerificationKey } from '../../../crypto/groth16-key.ts'
import type { DeployedFunction } from '../../../ports/market.ts'
import { CONSENSUS } from '../../../protocol/types.ts'
import { type ChainAccess, openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { agreementOf, describeAgreement, describeTrust } from '../agreement-words.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { describeFuelTerms } from '../fuel.ts'
import { findFunction } from '../function-lookup.ts'
import { ether, type Output } from '../output.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }, [idOrName = '']) => {
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const { functionId, owner, spec, uris } = await findFunction(chain, idOrName)
  const terms = await chain.reads.terms(functionId)
  const consensus = CONSENSUS[spec.consensus] ?? 'exact'
  if (consensus === 'zk') return await showCircuit(chain, output, { functionId, owner, spec, uris }, terms)
  const quorum = quorumOf(consensus, spec.committeeSize)
  const agreement = describeAgreement(consensus, spec.agreement)
  const trust = describeTrust(consensus, agreementOf(consensus, spec.agreement), spec.committeeSize)
  const how = { consensus, quorum, agreement, trust }
  output.result({ functionId, owner, state: terms?.state, ...how, spec, uris }, () => {
    output.line(`function    ${functionId}`)
    output.line(`state       ${terms?.state}`)
    output.line(`owner       ${owner}`)
    output.line(`module      sha256 ${spec.moduleHash}, entry ${spec.entry}`)
    output.line(`runtime     ${spec.runtime}`)
    output.line(`fuel        ${describeFuelTerms(spec)}`)
    output.line(`consensus   ${consensus}: ${quorum} of ${spec.committeeSize} must sign the same report`)
    output.line(`agreement   ${agreement}`)
    if (trust !== undefined) output.line(`trusted     ${trust}`)
    output.line(`window      ${spec.windowSeconds} s an attempt`)
    if (spec.challengeWindow !== 0)
      output.line(`challenge   ${spec.challengeWindow} s before a result is final`)
    output.line(`bounds      ${spec.memoryBytesMax} bytes of memory, ${spec.outputBytesMax} of output`)
    output.line(
      `price       ${ether(spec.flatFeePerSeat)} a seat and its fuel, at most ${ether(spec.flatFeePerSeat + spec.fuelPrice * spec.fuelLimit)}; royalty ${ether(spec.royalty)}`,
    )
    output.line(
      `permissions ${spec.permissions.length === 0 ? 'none: it reaches nothing outside' : ''}`.trimEnd(),
    )
    for (const permission of spec.permissions) output.line(`            ${permission}`)
    for (const uri of uris) output.line(`fetch       ${uri}`)
  })
  return EXIT.ok
}

/** No committee, no fuel: keys and digests are what there is to know. */
async function showCircuit(
  chain: ChainAccess,
  output: Output,
  { functionId, owner, spec, uris }: DeployedFunction,
  terms: FunctionTerms | undefined,
): Promise<number> {
  const key = terms === undefined ? undefined : await chain.reads.verificationKey(terms.verifier)
  const files = filesIn(spec.agreement)
  const made = key === undefined ? undefined : key.isCeremony ? 'ceremony' : 'dev'
  const shape = key && { made, isBound: key.isBound, outputs: key.outputs, inputs: key.inputs }
  output.result(
    { functionId, owner, state: terms?.state, consensus: 'zk', key: shape, files, spec, uris },
    () => {
      output.line(`function    ${functionId}, a circuit`)
      output.line(`state       ${terms?.state}`)
      output.line(`owner       ${owner}`)
      output.line(`calculator  sha256 ${spec.moduleHash}`)
      output.line(`proving key sha256 ${files?.provingKey ?? 'not named: no node proves it'}`)
      output.line(`constraints sha256 ${files?.constraints ?? 'not named'}`)
      if (files?.observed !== undefined) {
        const { functionId: observed, input } = files.observed
        output.line(`observes    ${observed} with input ${toHex(input)}, by a standing committee`)
      }
      output.line(`key         ${spec.verificationKeyHash}, ${keyIn(key)}`)
      if (key !== undefined) output.line(`signals     ${key.outputs} outputs, ${key.inputs} words of input`)
      output.line('trusted     who made the key, and the circuit; nobody who proves')
      output.line(
        `window      ${spec.windowSeconds} s for a drawn prover, and as long for anybody after the last`,
      )
      output.line(`price       ${ether(spec.flatFeePerSeat)} a proof; royalty ${ether(spec.royalty)}`)
      for (const uri of uris) output.line(`fetch       ${uri}`)
    },
  )
  return EXIT.ok
}

function filesIn(agreement: string): CircuitTerms | undefined {
  try {
    return parseCircuitTerms(agreement)
  } catch {
    // Whoever deployed it so has no use of it.
    return undefined
  }
}

function keyIn(key: VerificationKey | undefined): string {
  if (key === undefined) return 'which the proof system does not know'
  const made = key.isCeremony
    ? 'made by a ceremony, its maker says'
    : 'for development: its maker can prove anything'
  return `${made}; ${key.isBound ? 'a proof says who is paid' : 'a proof says nothing of who is paid'}`
}
