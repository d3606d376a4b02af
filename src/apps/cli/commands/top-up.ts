import { decodeRevert, describeRevert } from '../../../adapters/chain/revert.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import type { Address, Request } from '../../../protocol/types.ts'
import type { ChainAccess } from '../../shared/chain-access.ts'
import { openAccount, sendOrThrow } from '../account.ts'
import { parseDigest, parseGwei, parseSomeEther, textOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { ether } from '../output.ts'
import { findRequest } from '../request-lookup.ts'
import { RevertedError } from '../reverts.ts'

export const run: Run = async (context, [id = ''], options) => {
  const { output } = context
  const requestId = parseDigest('request', id)
  const [added, maxFee] = [textOption(options, 'value'), textOption(options, 'maxFee')]
  if (added === undefined && maxFee === undefined)
    throw new InvalidInputError('top-up', 'adds nothing and raises nothing', {
      fix: 'give --value, --max-fee, or both',
    })
  const given = added === undefined ? undefined : parseSomeEther('--value', added)
  // Below what the request pays now, nothing is raised.
  const maxFeePerGas = maxFee === undefined ? 0n : parseGwei('--max-fee', maxFee)
  const account = await openAccount(context, options)
  const { chain, sender } = account
  try {
    const { request } = (await findRequest(chain, requestId)).submitted.log
    const value = given ?? (await valueMissing(chain, sender.address, request, maxFeePerGas))
    const call = chain.calls.topUp(request, maxFeePerGas, value)
    const { hash, gasUsed } = await sendOrThrow(sender, `top-up:${requestId}:${Date.now()}`, call)
    const now = await chain.audits.toppedUp(requestId)
    const result = { requestId, value, escrow: now?.escrow, maxFeePerGas: now?.maxFeePerGas }
    output.result({ ...result, transaction: hash, gasUsed }, () => {
      output.line(`added       ${ether(value)}`)
      if (now !== undefined)
        output.line(
          `now         ${ether(now.escrow)} escrowed, at most ${now.maxFeePerGas} wei a unit of gas`,
        )
    })
    return EXIT.ok
  } finally {
    await account.close()
  }
}

/** What the escrow lacks for a higher price of gas, as the market says it. */
async function valueMissing(
  chain: ChainAccess,
  from: Address,
  request: Request,
  maxFeePerGas: bigint,
): Promise<bigint> {
  const { to, data } = chain.calls.topUp(request, maxFeePerGas, 0n)
  const tried = await chain.reader.call({ from, to, data })
  if (tried.type === 'returned') return 0n
  const revert = decodeRevert(tried.data)
  if (revert?.name !== 'PaymentTooSmall') throw new RevertedError(revert?.name, describeRevert(tried.data))
  const { value, required } = revert.args as { readonly value: bigint; readonly required: bigint }
  return required - value
}
