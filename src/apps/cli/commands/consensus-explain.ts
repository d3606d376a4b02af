import {
  atLeastOnce,
  type Chances,
  chancesOf,
  countDraws,
  seatsNeeded,
} from '../../../core/consensus/chances.ts'
import { committeeSizeMax, faultsTolerated, quorumOf } from '../../../core/consensus/quorum.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import { CONSENSUS } from '../../../protocol/types.ts'
import { openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { agreementOf, describeLiar, describeTrust } from '../agreement-words.ts'
import { textOption, wholeNumber } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { findFunction } from '../function-lookup.ts'

const SHARES = [0.1, 0.2, 0.3] as const
const REQUESTS = 1_000
/** Enough to see one in a thousand. */
const DRAWS = 2_000

export const run: Run = async ({ output, networkFile, rpcUrl }, [idOrName = ''], options) => {
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const { functionId, spec } = await findFunction(chain, idOrName)
  const consensus = CONSENSUS[spec.consensus]
  if (consensus === undefined || consensus === 'zk')
    throw new InvalidInputError('function', 'it is proven: no committee agrees on it')
  const asked = textOption(options, 'committee')
  const size =
    asked === undefined
      ? spec.committeeSize
      : wholeNumber('--committee', asked, spec.committeeSize, committeeSizeMax(consensus))
  const faults = consensus === 'raft' ? 0 : faultsTolerated(size)
  const quorum = quorumOf(consensus, size)
  const needed = seatsNeeded(consensus, size)
  const sealed = await chain.reads.latestSnapshot()
  const snapshot = sealed === undefined ? undefined : await chain.reads.snapshot(sealed.blob)
  const isDrawn = snapshot !== undefined && snapshot.members.length >= size
  const shares = SHARES.map((share) => {
    const draw = chancesOf(needed, size, share)
    return {
      share,
      draw,
      requests: {
        forge: atLeastOnce(draw.forge, REQUESTS),
        bias: atLeastOnce(draw.bias, REQUESTS),
        block: atLeastOnce(draw.block, REQUESTS),
      },
      drawn: isDrawn ? countDraws(snapshot, needed, size, share, DRAWS) : undefined,
    }
  })
  const agreement = agreementOf(consensus, spec.agreement)
  const trust = describeTrust(consensus, agreement, size)
  const liar = describeLiar(agreement, size)
  const nodes = snapshot?.members.length
  const told = { functionId, consensus, size, quorum, faults, needed, trust, liar }
  output.result({ ...told, epoch: sealed?.epoch, nodes, draws: DRAWS, shares }, () => {
    output.line(`function    ${functionId}`)
    output.line(`consensus   ${consensus}, ${size} nodes: ${quorum} must sign the same report`)
    output.line(`trusted     ${trust}`)
    if (liar !== undefined) output.line(`one liar    ${liar}`)
    output.line(`forge       takes ${needed.forge} seats: a report of their own is certified`)
    if (needed.bias !== needed.forge)
      output.line(`bias        takes ${needed.bias}: they choose among results honest members would sign`)
    output.line(`block       takes ${needed.block}: nothing is certified, and the escrow comes back`)
    output.line('')
    output.line(`colluding share of the stake      forge       bias      block`)
    for (const { share, draw, requests, drawn } of shares) {
      output.line(`${percent(share).padStart(8)}  one draw               ${row(draw)}`)
      output.line(`          once in ${REQUESTS} requests  ${row(requests)}`)
      if (drawn !== undefined)
        output.line(`          ${DRAWS} draws of ${String(nodes).padStart(4)}    ${row(drawn)}`)
    }
    output.line('')
    if (sealed === undefined) output.line('no epoch is sealed: nothing can be drawn yet')
    else if (!isDrawn) output.line(`epoch ${sealed.epoch} has ${nodes} nodes: too few for this committee`)
    else
      output.line(
        `draws are of epoch ${sealed.epoch}, by its smallest nodes up to the share; chances are those of a share split over many nodes`,
      )
  })
  return EXIT.ok
}

function row({ forge, bias, block }: Chances): string {
  return [forge, bias, block].map((chance) => percent(chance).padStart(10)).join(' ')
}

function percent(chance: number): string {
  if (chance === 0) return '0'
  const value = 100 * chance
  return value < 0.01 ? `${value.toExponential(0)} %` : `${Number(value.toPrecision(3))} %`
}
