/**
 * The network file: which chain, which contracts, which beacon, whom to dial first. One file, found by itself.
 * @module
 */
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { InvalidInputError, LimitExceededError } from '../../protocol/errors.ts'
import type { Address, Hex } from '../../protocol/types.ts'

/** Looked for in the working folder and every folder above it. */
export const NETWORK_FILE = join('.dikast', 'network.json')
const NETWORK_FILE_BYTES_MAX = 65_536
const FIX = 'take the network file from the network you want to use; docs/cli.md lists its fields'

const address = z.custom<Address>(
  (value) => typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value),
  'is not an address',
)
const url = z.url({ protocol: /^https?$/, error: 'is not an http or https URL' })

const schema = z.object({
  rpcUrl: url,
  deployment: z.object({
    chainId: z.number().int().positive(),
    nodeRegistry: address,
    beaconRegistry: address,
    functionRegistry: address,
    verifierRouter: address,
    market: address,
    challengeCourt: address.optional(),
    bounties: address.optional(),
    /** What BLS certificates take; a network may do without. */
    bls: z.object({ verifier: address, keyRegistry: address }).optional(),
    standingCommittees: address.optional(),
    schnorrKeys: address.optional(),
    poseidonTables: address.optional(),
    /** Older networks are without them. */
    slasher: address.optional(),
    timelock: address.optional(),
    functionsAdapter: address.optional(),
    /** Markets the slasher believes beside this one. */
    otherMarkets: z.array(address).max(16).optional(),
    /** Slashers the registry has beside that one. */
    otherSlashers: z.array(address).max(15).optional(),
    /** Other ways to ask, beside the market. */
    periphery: z
      .object({ recurringRequests: address, signedRequests: address, resultStore: address })
      .partial()
      .optional(),
    fromBlock: z.coerce.bigint().nonnegative(),
  }),
  beacon: z.object({
    urls: z.array(url).min(1).max(8),
    publicKey: z.custom<Hex>(
      (value) => typeof value === 'string' && /^0x[0-9a-fA-F]{192}$/.test(value),
      'is not a 96-byte key',
    ),
    genesisTime: z.number().int().positive(),
    periodSeconds: z.number().int().positive(),
    chainHash: z
      .custom<Hex>((value) => typeof value === 'string' && /^0x[0-9a-fA-F]{64}$/.test(value), 'is not a hash')
      .optional(),
  }),
  /** What the contracts were built with. Only `dikast verify-deployment` reads it, and checks it then. */
  parameters: z.unknown().optional(),
  /** Multiaddrs ending in `/p2p/<peer>`. Coordinators gather attestations; every peer tells the addresses it knows. */
  coordinators: z
    .array(
      z
        .string()
        .max(256)
        .regex(/^\/.+\/p2p\/[1-9A-HJ-NP-Za-km-z]{40,64}$/, 'is not a multiaddr ending in /p2p/<peer id>'),
    )
    .max(16)
    .default([]),
})

export type NetworkFile = z.output<typeof schema>

/** Reads a network file: the one named, `DIKAST_NETWORK`, or the nearest `.dikast/network.json`. */
export function readNetworkFile(
  named: string | undefined,
  from: string = process.cwd(),
  user: number | undefined = process.getuid?.(),
): NetworkFile {
  const path = named ?? (process.env.DIKAST_NETWORK || findUpwards(from, user))
  if (path === undefined) {
    throw new InvalidInputError('network', `found no ${NETWORK_FILE} here or above`, {
      fix: 'name one with --network FILE or DIKAST_NETWORK, or start a local network with `npm run demo -- --keep`',
    })
  }
  let text: string
  try {
    if (statSync(path).size > NETWORK_FILE_BYTES_MAX)
      throw new LimitExceededError('network file bytes', statSync(path).size, NETWORK_FILE_BYTES_MAX)
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause
    throw new InvalidInputError('network', `${path} cannot be read`, {
      cause,
      fix: 'check the path given with --network or DIKAST_NETWORK',
    })
  }
  return parseNetworkFile(text, path)
}

export function parseNetworkFile(text: string, path: string): NetworkFile {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new InvalidInputError('network', `${path} is not JSON`, { cause, fix: FIX })
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.join('.') || 'the whole'
  const problem = issue !== undefined && isMissing(json, issue.path) ? 'is missing' : issue?.message
  throw new InvalidInputError('network', `${path}: ${field} ${problem}`, { fix: FIX })
}

function isMissing(json: unknown, path: readonly PropertyKey[]): boolean {
  const at = (value: unknown, key: PropertyKey): unknown =>
    typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  return path.length > 0 && path.reduce(at, json) === undefined
}

/** The text of a network file; integers beyond a double are decimal text. */
export function formatNetworkFile(network: NetworkFile): string {
  return `${JSON.stringify(network, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2)}\n`
}

/** The peer id at the end of a multiaddr. */
export function peerOfMultiaddr(multiaddr: string): string {
  const peer = multiaddr.split('/p2p/').at(-1)
  if (peer === undefined || !multiaddr.includes('/p2p/')) {
    throw new InvalidInputError('multiaddr', `${multiaddr} does not end in /p2p/<peer id>`)
  }
  return peer
}

function findUpwards(from: string, user: number | undefined): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const candidate = join(folder, NETWORK_FILE)
    if (existsSync(candidate)) {
      assertOwn(candidate, user)
      return candidate
    }
    if (dirname(folder) === folder) return undefined
  }
}

/** Anybody may put a file into /tmp, which lies above much: what nobody named must be this user's, or the system's. */
function assertOwn(path: string, user: number | undefined): void {
  if (user === undefined) return // Windows has no such owners.
  const foreign = [dirname(path), path].find((found) => ![user, 0].includes(lstatSync(found).uid))
  if (foreign === undefined) return
  throw new InvalidInputError('network', `${foreign} belongs to another user and is not used by itself`, {
    fix: `if you trust it, name it: --network ${path}`,
  })
}
