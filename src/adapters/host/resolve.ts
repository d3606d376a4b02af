import { lookup } from 'node:dns/promises'
import { parseAddress } from '../../core/permissions/address.ts'
import { checkAddress, type Leave } from './gate.ts'
import { RefusedError } from './refusal.ts'

/** Addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>

/**
 * The system's resolver holds one of the process's few threads for as long as a name's servers dawdle, and all that reads a
 * file or a name waits for one: guests get half of them.
 */
export const LOOKUPS_MAX = 2
/** With the wait for others' look-ups. A look-up itself cannot be called off. */
export const LOOKUP_MS_MAX = 10_000

export const systemResolve: Resolve = fewAtATime(async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address),
)

/** At most `LOOKUPS_MAX` under way, those included that nobody waits for any more. */
export function fewAtATime(resolve: Resolve): Resolve {
  let underWay = 0
  const waiting = new Set<() => void>()
  const begin = (host: string): Promise<readonly string[]> => {
    underWay++
    return resolve(host).finally(() => {
      underWay--
      const [next] = waiting
      next?.()
    })
  }
  return async (host) => {
    let turn = () => {}
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${host} was not resolved in time`)), LOOKUP_MS_MAX)
    })
    const addresses =
      underWay < LOOKUPS_MAX
        ? begin(host)
        : new Promise<readonly string[]>((settle) => {
            turn = () => {
              waiting.delete(turn)
              settle(begin(host))
            }
            waiting.add(turn)
          })
    try {
      return await Promise.race([addresses, late])
    } finally {
      clearTimeout(timer)
      waiting.delete(turn)
    }
  }
}

/**
 * The one address to connect to. The name is resolved here, once, and what is checked is what is connected to: a name that
 * resolves to something else a moment later changes nothing. One address that may not be reached refuses the whole name.
 */
export async function addressOf(host: string, leave: Leave, resolve: Resolve): Promise<string> {
  const addresses = parseAddress(host) === undefined ? await resolved(host, resolve) : [host]
  for (const address of addresses) checkAddress(address, host, leave)
  const [first] = addresses
  if (first === undefined) throw new RefusedError('failed', `${host} has no address`)
  return first
}

async function resolved(host: string, resolve: Resolve): Promise<readonly string[]> {
  try {
    return await resolve(host)
  } catch (cause) {
    throw new RefusedError('failed', `${host} cannot be resolved`, { cause })
  }
}
