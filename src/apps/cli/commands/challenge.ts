import { audit } from '../../../core/audit/audit.ts'
import { utc } from '../../../core/audit/mismatch.ts'
import type { Certified, Request, RequestId } from '../../../protocol/types.ts'
import { gatherEvidence } from '../../shared/audit-evidence.ts'
import { type ChainAccess, openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { openAccount, sendOrThrow } from '../account.ts'
import { parseDigest, textOption } from '../arguments.ts'
import {
  assertChallengeable,
  assertCourt,
  describeStakes,
  findHeld,
  NotNowError,
  type Stakes,
  stakesOf,
} from '../challenges.ts'
import type { CommandContext, Options, Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { rerun } from '../reexecute.ts'
import type { Rerun } from '../rerun.ts'

interface Compared {
  readonly ran: Rerun
  readonly request: Request
  readonly certified: Certified
  readonly stakes: Stakes
}

/** Nothing is sent before this machine has run the function itself, and never without being told to. */
export const run: Run = async (context, [id = ''], options) => {
  const { output, networkFile, rpcUrl } = context
  const requestId = parseDigest('request', id)
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const compared = await compare(chain, requestId, context, options)
  const { ran, stakes } = compared
  const same = ran.type === 'same'
  const told = { requestId, outcome: ran.type, detail: ran.detail, ...stakes }
  const lines = [
    ran.detail,
    ...(same ? ['what was certified is what this machine computes: a challenge would be lost'] : []),
    ...describeStakes(stakes),
  ]
  if (options.force !== true && (same || options.yes !== true)) {
    output.result({ ...told, sent: false }, () => {
      for (const line of lines) output.line(line)
      output.line(same ? 'not challenged' : 'not challenged yet: say --yes to send the bond')
    })
    return same ? EXIT.ok : EXIT.no
  }
  for (const line of lines) output.line(line)
  const sent = await send(context, options, requestId, compared)
  output.result({ ...told, sent: true, ...sent }, () => {
    output.line(`challenged  in ${sent.transaction}`)
    if (sent.window !== undefined)
      output.line(
        `heard       from ${utc(sent.window.opensAt)} to ${utc(sent.window.closesAt)}, by a committee of round ${sent.window.round}`,
      )
  })
  return EXIT.ok
}

async function compare(
  chain: ChainAccess,
  requestId: RequestId,
  { output }: CommandContext,
  options: Options,
): Promise<Compared> {
  assertCourt(chain)
  const { request, course, evidence: finality } = await findHeld(chain, requestId)
  assertChallengeable(course, finality)
  const { evidence } = await gatherEvidence(chain, requestId)
  if (audit(evidence).some(({ verdict }) => verdict === 'failed'))
    throw new NotNowError('what the chain is said to hold of it does not hold together', {
      fix: `see \`dikast verify ${requestId}\`, and ask another node with --rpc`,
    })
  output.progress('running the function here')
  const ran = await rerun(chain, evidence, { module: textOption(options, 'module') }, output)
  if (ran.type === 'impossible')
    throw new NotNowError(`there is nothing to compare with: ${ran.detail}`, {
      fix: `see \`dikast verify ${requestId} --reexecute\``,
    })
  const { certified } = finality
  const bond = (await chain.challenges.bondOf(request, certified)) ?? 0n
  const stakes = stakesOf(request, bond, ran.found?.fuelUsed ?? request.fuelLimit)
  return { ran, request, certified, stakes }
}

async function send(
  context: CommandContext,
  options: Options,
  requestId: RequestId,
  { request, certified, stakes }: Compared,
) {
  const account = await openAccount(context, options)
  try {
    const { chain, sender } = account
    const call = chain.calls.challenge(request, certified, stakes.bond)
    // The network file was read again, and may be another by now.
    if (call === undefined) throw new NotNowError('the network has no court any more')
    const { hash, gasUsed } = await sendOrThrow(sender, `challenge:${requestId}`, call)
    const window = (await chain.challenges.challenged(requestId))?.window
    return { transaction: hash, gasUsed, window }
  } finally {
    await account.close()
  }
}
