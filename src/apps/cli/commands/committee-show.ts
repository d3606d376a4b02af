import { keyRoot } from '../../../crypto/committee-proof.ts'
import { openChain } from '../../shared/chain-access.ts'
import { membersWithKeys, standingOf } from '../../shared/committees.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import type { Run } from '../command.ts'
import { committeeSize, wordText } from '../committee-options.ts'
import { EXIT } from '../exit.ts'

/** Exit 1 when the root that was posted last is not the one of its committee's keys. */
export const run: Run = async ({ output, networkFile, rpcUrl }, _args, options) => {
  const size = committeeSize(options)
  const chain = await openChain(readNetworkFile(networkFile), rpcUrl)
  const { reads } = standingOf(chain)
  const [posted, latest] = await Promise.all([reads.posted(size), reads.latest(size)])
  const epoch = posted?.epoch ?? latest?.epoch
  if (epoch === undefined) {
    output.result({ size, posted, latest }, () => {
      output.line(`no root of a committee of ${size} was ever posted`)
      output.line(`\`dikast committee post --size ${size}\` posts that of the newest epoch`)
    })
    return EXIT.ok
  }
  const committee = await reads.committeeAt(epoch, size)
  const right = keyRoot(committee.keys)
  const isRight = posted === undefined || posted.keyRoot === right
  const members = committee.members.map((attestor, slot) => ({
    slot,
    attestor,
    hasKey: committee.keys[slot] !== 0n,
  }))
  const round = await reads.roundOf(epoch)
  const finalAt = posted?.finalAt
  const counts = latest?.epoch === epoch
  output.result(
    { size, epoch, round, keyRoot: wordText(right), posted, isRight, latest: latest?.epoch, members },
    () => {
      output.line(`committee   of ${size}, epoch ${epoch}, drawn by beacon round ${round}`)
      output.line(`key root    ${wordText(right)}, computed here`)
      if (!isRight) output.line(`WRONG       ${posted?.poster} posted ${wordText(posted?.keyRoot ?? 0n)}`)
      if (counts)
        output.line(
          `counts      ${isRight ? 'yes' : 'yes: nobody checked it in time; trust no answer of this committee'}`,
        )
      else if (!isRight)
        output.line(
          `to do       \`dikast committee check --size ${size}\` puts the right one in its place, and earns half of the bond`,
        )
      else if (finalAt !== undefined)
        output.line(`counts      from ${new Date(Number(finalAt) * 1000).toISOString()}`)
      output.line(`members     ${membersWithKeys(committee)} of ${size} have keys`)
      for (const { slot, attestor, hasKey } of members)
        output.line(`  ${String(slot).padStart(2)}        ${attestor}${hasKey ? '' : '  no key: absent'}`)
    },
  )
  return isRight ? EXIT.ok : EXIT.no
}
