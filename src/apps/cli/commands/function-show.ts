import { quorumOf } from '../../../core/consensus/quorum.ts'
import { CONSENSUS } from '../../../protocol/types.ts'
import { openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { agreementOf, describeAgreement, describeTrust } from '../agreement-words.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { describeFuelTerms } from '../fuel.ts'
import { findFunction } from '../function-lookup.ts'
import { ether } from '../output.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }, [idOrName = '']) => {
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const { functionId, owner, spec, uris } = await findFunction(chain, idOrName)
  const terms = await chain.reads.terms(functionId)
  const consensus = CONSENSUS[spec.consensus] ?? 'exact'
  const quorum = quorumOf(consensus, spec.committeeSize)
  const agreement = describeAgreement(consensus, spec.agreement)
  const trust =
    consensus === 'zk'
      ? undefined
      : describeTrust(consensus, agreementOf(consensus, spec.agreement), spec.committeeSize)
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
