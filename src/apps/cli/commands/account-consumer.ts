import { openAccount, sendOrThrow } from '../account.ts'
import { parseAddress, parseEther, requiredText } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { ether } from '../output.ts'

export const run: Run = async (context, [address = ''], options) => {
  const { output } = context
  const consumer = parseAddress('address', address)
  const valueMax = parseEther('--max', requiredText(options, 'max'))
  const account = await openAccount(context, options)
  const { chain, sender } = account
  try {
    const call = chain.calls.setConsumer(consumer, valueMax)
    const { hash, gasUsed } = await sendOrThrow(sender, `consumer:${Date.now()}`, call)
    output.result({ account: account.address, consumer, valueMax, transaction: hash, gasUsed }, () => {
      output.line(
        valueMax === 0n
          ? `${consumer} may spend nothing of ${account.address} any longer`
          : `${consumer} may spend ${ether(valueMax)} of ${account.address} a request`,
      )
    })
    return EXIT.ok
  } finally {
    await account.close()
  }
}
