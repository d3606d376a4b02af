import { contractReader } from '../../../adapters/chain/reads.ts'
import { decodeRevert, describeRevert } from '../../../adapters/chain/revert.ts'
import { committeeSizeMax } from '../../../core/consensus/quorum.ts'
import { toHex } from '../../../crypto/bytes.ts'
import { ChainError } from '../../../ports/chain.ts'
import { computeMarketAbi } from '../../../protocol/abi/compute-market.ts'
import {
  ATTEMPTS_MAX,
  CHALLENGE_WINDOW_SECONDS_MAX,
  COMMITTEE_SIZE_MAX,
  COMMITTEE_SIZE_MIN,
} from '../../../protocol/limits.ts'
import type { RequestParams } from '../../../protocol/signed-request.ts'
import { CONSENSUS, type Hex, type RequestId } from '../../../protocol/types.ts'
import type { ChainAccess } from '../../shared/chain-access.ts'
import { openAccount, sendOrThrow } from '../account.ts'
import { parseGwei, requiredText, textOption, wholeNumber } from '../arguments.ts'
import { explainUnsealed } from '../capability-snapshot.ts'
import type { Options, Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { findFunction } from '../function-lookup.ts'
import { readInputFile } from '../input-file.ts'
import { ether } from '../output.ts'
import { RevertedError } from '../reverts.ts'
import { waitFor } from '../waiting.ts'

const GWEI = 10n ** 9n

export const run: Run = async (context, [idOrName = ''], options) => {
  const { output } = context
  const asked = {
    committeeSize: optionalNumber(options, 'committee', COMMITTEE_SIZE_MIN, COMMITTEE_SIZE_MAX) ?? 0,
    attempts: wholeNumber('--attempts', requiredText(options, 'attempts'), 1, ATTEMPTS_MAX),
    callbackGas: 0,
    challengeWindow: optionalNumber(options, 'challengeWindow', 1, CHALLENGE_WINDOW_SECONDS_MAX) ?? 0,
    input: toHex(readInputFile('--input', textOption(options, 'input'))),
  }
  const maxFee = textOption(options, 'maxFee')
  const maxFeeWei = maxFee === undefined ? undefined : parseGwei('--max-fee', maxFee)
  const account = await openAccount(context, options)
  const { chain, sender } = account
  try {
    const { functionId, spec } = await findFunction(chain, idOrName)
    const consensus = CONSENSUS[spec.consensus] ?? 'exact'
    optionalNumber(options, 'committee', COMMITTEE_SIZE_MIN, committeeSizeMax(consensus))
    const params = { ...asked, functionId, maxFeePerGas: maxFeeWei ?? (await usualMaxFee(chain)) }
    const value = await quote(chain, params).catch(async (error: unknown) => {
      const wanted = { ...spec, committeeSize: asked.committeeSize || spec.committeeSize }
      throw error instanceof RevertedError ? await explainUnsealed(chain, error, functionId, wanted) : error
    })
    const outcome = await sendOrThrow(sender, `request:${Date.now()}`, chain.calls.request(params, value))
    // Waiting needs no key: others may send from the account meanwhile.
    await account.close()
    const requestId = await requestIn(chain, outcome.hash, outcome.blockNumber)
    output.progress(`request ${requestId}, ${consensus}, ${ether(value)} escrowed`)
    if (options.wait === true) return await waitFor(chain, output, requestId)
    output.result({ requestId, consensus, value, transaction: outcome.hash }, () => output.line(requestId))
    return EXIT.ok
  } finally {
    await account.close()
  }
}

function optionalNumber(options: Options, name: string, min: number, max: number): number | undefined {
  const given = textOption(options, name)
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  return given === undefined ? undefined : wholeNumber(flag, given, min, max)
}

async function usualMaxFee(chain: ChainAccess): Promise<bigint> {
  const head = await chain.reader.block('latest')
  return 2n * (head?.baseFeePerGas ?? GWEI) + 2n * GWEI
}

/** What the request costs. The market refuses here already what it would refuse to take. */
async function quote(chain: ChainAccess, params: RequestParams): Promise<bigint> {
  const { market } = chain.network.deployment
  const result = await contractReader(chain.reader).call(computeMarketAbi, market, 'quote', [params])
  if ('reverted' in result)
    throw new RevertedError(decodeRevert(result.reverted)?.name, describeRevert(result.reverted))
  return result.ok
}

async function requestIn(chain: ChainAccess, transactionHash: Hex, blockNumber: bigint): Promise<RequestId> {
  try {
    const found = await chain.audits.requestIn(transactionHash, blockNumber)
    if (found !== undefined) return found
  } catch (cause) {
    throw madeError(
      'unreachable',
      `transaction ${transactionHash} made the request, its id could not be read`,
      cause,
    )
  }
  throw madeError(
    'missing',
    `transaction ${transactionHash} was mined, the node does not serve the request it made`,
    undefined,
  )
}

function madeError(reason: 'unreachable' | 'missing', detail: string, cause: unknown): ChainError {
  return new ChainError(reason, detail, {
    cause,
    fix: 'do not ask again: the transaction’s RequestSubmitted log holds the id',
  })
}
