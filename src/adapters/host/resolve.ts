import { lookup } from 'node:dns/promises'
import { parseAddress } from '../../core/permissions/address.ts'
import { checkAddress, type Leave } from './gate.ts'
import { RefusedError } from './refusal.ts'

/** Addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>

export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address)

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
