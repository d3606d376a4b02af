import { setTimeout as sleep } from 'node:timers/promises'
import { createDrandBeacon } from '../../../adapters/beacon/drand.ts'
import { BeaconError } from '../../../ports/beacon.ts'
import { postCommittee, standingOf } from '../../shared/committees.ts'
import { openAccount, sendOrThrow } from '../account.ts'
import type { Run } from '../command.ts'
import { committeeSize, wordText } from '../committee-options.ts'
import { EXIT } from '../exit.ts'

const POLL_MS = 1000
const TITLES = {
  posted: 'posted     ',
  'posted before': 'posted before',
  checked: 'refuted a wrong root of',
  wrong: 'WRONG      ',
} as const
/** Beyond the round's own time: beacons' servers lag a little. */
const TRIES_MAX = 120

export const run: Run = async (context, _args, options) => {
  const { output } = context
  const size = committeeSize(options)
  const account = await openAccount(context, options)
  const { chain, sender } = account
  const { network } = chain
  const beacon = createDrandBeacon({ urls: network.beacon.urls, info: network.beacon })
  try {
    const { reads } = standingOf(chain)
    const posting = {
      chain,
      beacon,
      send: (id: string, call: Parameters<typeof sendOrThrow>[2]) => sendOrThrow(sender, id, call),
      tell: (what: string) => output.progress(what),
    }
    const posted = await patiently(() => postCommittee(posting, size), output.progress.bind(output))
    const { epoch, keyRoot, keyed, state } = posted
    const place = await reads.posted(size)
    const finalAt = place?.epoch === epoch ? place.finalAt : undefined
    output.result({ ...posted, keyRoot: wordText(keyRoot), finalAt }, () => {
      output.line(`${TITLES[state]} epoch ${epoch}, ${keyed} of ${size} members have keys`)
      output.line(`key root    ${wordText(keyRoot)}`)
      if (finalAt !== undefined && state !== 'wrong')
        output.line(
          `counts from ${new Date(Number(finalAt) * 1000).toISOString()}, or at once by \`dikast committee check\``,
        )
      if (state === 'wrong')
        output.line(
          'another root was posted, nobody checked it in time, and it counts: trust no answer of this epoch',
        )
    })
    if (state === 'wrong') return EXIT.no
    return EXIT.ok
  } finally {
    await beacon.close()
    await account.close()
  }
}

/** The round that draws a committee may be some seconds ahead. */
async function patiently<T>(work: () => Promise<T>, tell: (what: string) => void): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof BeaconError) || error.reason !== 'not-emitted' || attempt >= TRIES_MAX)
        throw error
      if (attempt === 1) tell('waiting for the beacon round that draws the epoch’s committees')
      await sleep(POLL_MS)
    }
  }
}
