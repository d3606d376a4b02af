/**
 * What a command is: given a context, arguments and options, it ends with an exit code.
 * @module
 */
import type { Output } from './output.ts'

/** What every command gets. */
export interface CommandContext {
  readonly output: Output
  readonly networkFile: string | undefined
  readonly rpcUrl: string | undefined
}

/** An option that may be given several times is a list. */
export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** A command's work: its result is the process's exit code, one of `EXIT` but where a guest's own is passed on. */
export type Run = (context: CommandContext, args: readonly string[], options: Options) => Promise<number>
