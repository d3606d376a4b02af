import { readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { toHex } from '../../../crypto/bytes.ts'
import { InvalidInputError, LimitExceededError } from '../../../protocol/errors.ts'
import { ATTEMPTS_MAX, COMMITTEE_SIZE_MAX, INPUT_BYTES_MAX } from '../../../protocol/limits.ts'
import type { Hex } from '../../../protocol/types.ts'
import type { ChainAccess } from '../../shared/chain-access.ts'
import { openAccount, sendOrThrow } from '../account.ts'
import { parseGwei, requiredText, textOption, wholeNumber } from '../arguments.ts'
import type { Options, Run } from '../command.ts'
import { findFunction } from '../function-lookup.ts'
import { EXIT, type ExitCode, ether, type Output } from '../output.ts'
import { findRequest } from '../request-lookup.ts'

const GWEI = 10n ** 9n
const POLL_MS = 500
/** Past its deadline a request waits for somebody to expire it; nobody may. */
const EXPIRY_PATIENCE_SECONDS = 60

export const run: Run = async (context, [idOrName = ''], options) => {
  const { output } = context
  const account = await openAccount(context, options)
  const { chain, sender } = account
  try {
    const { functionId } = await findFunction(chain, idOrName)
    const params = {
      functionId,
      committeeSize: wholeNumber(
        '--committee',
        textOption(options, 'committee') ?? '0',
        0,
        COMMITTEE_SIZE_MAX,
      ),
      attempts: wholeNumber('--attempts', requiredText(options, 'attempts'), 1, ATTEMPTS_MAX),
      callbackGas: 0,
      maxFeePerGas: await maxFeePerGas(chain, options),
      input: readInput(textOption(options, 'input')),
    }
    const value = await chain.reads.quote(params)
    const outcome = await sendOrThrow(sender, `request:${Date.now()}`, chain.calls.request(params, value))
    const requestId = await requestIn(chain, outcome.hash, outcome.blockNumber)
    output.progress(`request ${requestId}, ${ether(value)} escrowed`)
    if (options.wait === true) return await waitFor(chain, output, requestId)
    output.result({ requestId, value, transaction: outcome.hash }, () => output.line(requestId))
    return EXIT.ok
  } finally {
    await account.close()
  }
}

function readInput(file: string | undefined): Hex {
  if (file === undefined) return '0x'
  try {
    if (file !== '-' && statSync(file).size > INPUT_BYTES_MAX) {
      throw new LimitExceededError('input bytes', statSync(file).size, INPUT_BYTES_MAX)
    }
    const bytes = readFileSync(file === '-' ? 0 : file)
    if (bytes.length > INPUT_BYTES_MAX)
      throw new LimitExceededError('input bytes', bytes.length, INPUT_BYTES_MAX)
    return toHex(bytes)
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError('--input', `${file} cannot be read`, { cause })
  }
}

async function maxFeePerGas(chain: ChainAccess, options: Options): Promise<bigint> {
  const given = textOption(options, 'maxFee')
  if (given !== undefined) return parseGwei('--max-fee', given)
  const head = await chain.reader.block('latest')
  return 2n * (head?.baseFeePerGas ?? GWEI) + 2n * GWEI
}

async function requestIn(chain: ChainAccess, transactionHash: Hex, blockNumber: bigint): Promise<Hex> {
  const found = await chain.audits.requestIn(transactionHash, blockNumber)
  if (found === undefined) throw new InvalidInputError('transaction', `${transactionHash} emitted no request`)
  return found
}

async function waitFor(chain: ChainAccess, output: Output, requestId: Hex): Promise<ExitCode> {
  const { submitted } = await findRequest(chain, requestId)
  const { deadline } = submitted.log.request
  for (;;) {
    const { status } = await chain.reads.statusOf(requestId)
    if (status !== 'open') {
      const { fulfilled } = await findRequest(chain, requestId)
      const { exit, output: bytes } = fulfilled?.log.fulfillment ?? {}
      output.result(
        { requestId, status, exit, output: bytes, transaction: fulfilled?.at.transactionHash },
        () => {
          output.line(
            status === 'expired'
              ? `${requestId} expired; the escrow is credited back`
              : `exit ${exit}, output ${bytes}`,
          )
        },
      )
      return status === 'expired' || exit !== 0 ? EXIT.no : EXIT.ok
    }
    if (Math.floor(Date.now() / 1000) > Number(deadline) + EXPIRY_PATIENCE_SECONDS) {
      output.result({ requestId, status }, () =>
        output.line(`${requestId} is past its deadline and nobody has expired it yet`),
      )
      return EXIT.no
    }
    await sleep(POLL_MS)
  }
}
