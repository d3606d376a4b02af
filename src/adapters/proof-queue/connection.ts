/**
 * A connection to the Redis that nodes and provers share.
 * @module
 */
import type { Redis } from 'ioredis'
import { DikastError } from '../../protocol/errors.ts'

/** A command fails after this many reconnections: who waits for it must be able to see that Redis is away. */
const COMMAND_RETRIES_MAX = 2
const CONNECT_MS_MAX = 5_000
/** A part of 1 MiB passes in a fraction of it. */
const COMMAND_MS_MAX = 10_000
const RECONNECT_MS_MAX = 1_000

/** Redis does not answer, or refuses us. Its address is not repeated: it may hold a password. */
export class ProofQueueUnreachableError extends DikastError {
  readonly code = 'QUEUE_UNREACHABLE'

  constructor(cause: unknown) {
    super(
      `the Redis of the provers cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        fix: 'Check that Redis runs, and its address and password.',
      },
    )
  }
}

/** Connects, or throws `ProofQueueUnreachableError`; once connected, it reconnects by itself. */
export async function connect(url: string): Promise<Redis> {
  const { Redis } = await import('ioredis')
  let wasConnected = false
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS_MAX,
    commandTimeout: COMMAND_MS_MAX,
    maxRetriesPerRequest: COMMAND_RETRIES_MAX,
    // What is wrong with the address or the password is said at the start, not tried for ever.
    retryStrategy: (times) => (wasConnected ? Math.min(RECONNECT_MS_MAX, 50 * times) : null),
  })
  // Whoever waits for a command hears of it.
  redis.on('error', () => {})
  try {
    await redis.connect()
    await redis.ping()
    wasConnected = true
    return redis
  } catch (error) {
    redis.disconnect()
    throw new ProofQueueUnreachableError(error)
  }
}
