/**
 * How a command is told to the command line: its usage, a sentence, an example, and where its work is.
 * @module
 */
import type { Command } from 'commander'
import type { Run } from '../command.ts'

/** Adds a command to its parent; options are then added to what it returns. */
export type Define = (
  parent: Command,
  usage: string,
  about: string,
  load: () => Promise<{ readonly run: Run }>,
  example: string,
) => Command

export const KEYSTORE = [
  '--keystore <file>',
  'key file of the account that pays, instead of DIKAST_KEY',
] as const

/** For an option that may be given several times. */
export function several(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}
