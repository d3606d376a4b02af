/** The chain and the account of scripts that send transactions. */
import {
  BaseError,
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  InsufficientFundsError,
  type PublicClient,
  type WalletClient,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { accountKey } from '../src/apps/cli/keys.ts'
import { toHex } from '../src/crypto/bytes.ts'
import { ChainError } from '../src/ports/chain.ts'
import { InvalidInputError } from '../src/protocol/errors.ts'

/** Undefined when none is given: then an unlocked account of the chain's node pays. */
export async function keyFor(keystore: string | undefined): Promise<Hex | undefined> {
  if (keystore === undefined && !process.env.DIKAST_KEY) return undefined
  return toHex(await accountKey({ keystore }))
}

export async function walletFor(rpc: string, key: Hex | undefined): Promise<WalletClient> {
  const transport = http(rpc)
  if (key !== undefined) return createWalletClient({ account: privateKeyToAccount(key), transport })
  const unlocked = await createWalletClient({ transport })
    .getAddresses()
    .catch(() => [])
  if (unlocked[0] === undefined) {
    throw new InvalidInputError('key', 'no account to pay with: the chain has none unlocked', {
      fix: 'set DIKAST_KEY, or name an encrypted key file with --keystore',
    })
  }
  return createWalletClient({ account: unlocked[0], transport })
}

export async function clientFor(rpc: string): Promise<PublicClient> {
  if (!URL.canParse(rpc) || !/^https?:$/.test(new URL(rpc).protocol)) {
    throw new InvalidInputError('--rpc', 'is not an http or https URL', {
      fix: 'give the JSON-RPC’s URL, such as http://127.0.0.1:8545',
    })
  }
  const client = createPublicClient({ transport: http(rpc) })
  try {
    await client.getChainId()
  } catch (cause) {
    // The host alone: a path or a user often holds the key of a paid service.
    throw new ChainError('unreachable', `${new URL(rpc).host} does not answer as a JSON-RPC node`, {
      cause,
      fix: 'check that the node runs and --rpc is right',
    })
  }
  return client
}

/** What the chain or viem refuses, in one line; viem's own words go on for many. */
export function deployFailure(
  cause: unknown,
  what = 'the deployment stopped',
  fix = 'what was deployed so far is of no use: mend the cause, and deploy again',
): unknown {
  if (!(cause instanceof BaseError)) return cause
  const poor = cause.walk((error) => error instanceof InsufficientFundsError) !== null
  return new ChainError('malformed', `${what}: ${cause.shortMessage}`, {
    cause,
    fix: poor ? 'send the account some ether' : fix,
  })
}
