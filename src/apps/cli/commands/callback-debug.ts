import { openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { parseDigest } from '../arguments.ts'
import { callbackGasOption, findFailedCallback } from '../callback.ts'
import { describeReason, replayCallback } from '../callback-replay.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'

export const run: Run = async ({ output, networkFile, rpcUrl }, [id = ''], options) => {
  const requestId = parseDigest('request', id)
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const callback = await findFailedCallback(chain, requestId)
  const gas = callbackGasOption(options, callback)
  const { target, data, request } = callback
  const replay = await replayCallback(chain, callback, gas)
  output.result({ requestId, target, gasBought: request.callbackGas, data, ...replay }, () => {
    output.line(`callback    of ${target}, which bought ${request.callbackGas} gas`)
    switch (replay.outcome) {
      case 'succeeds':
        output.line(`outcome     it would succeed now, with ${gas} gas`)
        output.line(`fix         \`dikast callback retry ${requestId} --gas ${gas}\``)
        return
      case 'outOfGas':
        output.line(`outcome     out of gas with ${gas}, succeeds with ${replay.gasNeeded ?? 'more'}`)
        break
      case 'reverts':
        output.line(`outcome     reverts: ${describeReason(replay.reason)}`)
    }
    output.line(`fix         ${replay.fix}`)
  })
  return replay.outcome === 'succeeds' ? EXIT.ok : EXIT.no
}
