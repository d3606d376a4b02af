/**
 * What a function may reach outside its sandbox, by kind. A node and a function state theirs as a set in 32 bytes: bit i,
 * counted from the least significant, is the i-th of `CAPABILITIES`. The order is part of the format: add at the end only.
 * @module
 */
import type { Hex } from '../../protocol/types.ts'

export const CAPABILITIES = ['http', 'ipfs', 's3', 'cgi', 'driver', 'socket', 'llm'] as const
export type Capability = (typeof CAPABILITIES)[number]

export function isCapability(value: unknown): value is Capability {
  return CAPABILITIES.some((capability) => capability === value)
}

/** The set as 32 bytes, big-endian. */
export function capabilitySet(capabilities: Iterable<Capability>): Hex {
  let bits = 0n
  for (const capability of capabilities) bits |= 1n << BigInt(CAPABILITIES.indexOf(capability))
  return `0x${bits.toString(16).padStart(64, '0')}`
}

/** Whether all of `needed` is in `granted`. */
export function coversSet(granted: Hex, needed: Hex): boolean {
  return (BigInt(needed) & ~BigInt(granted)) === 0n
}

/** What a set names, in the order of its bits. Bits this version knows no capability for are named by their number. */
export function capabilityNames(set: Hex): readonly string[] {
  const names: string[] = []
  for (let bits = BigInt(set), i = 0; bits > 0n; bits >>= 1n, i++)
    if ((bits & 1n) === 1n) names.push(CAPABILITIES[i] ?? `bit ${i}`)
  return names
}
