/**
 * What a command is: given a context, arguments and options, it ends with an exit code.
 * @module
 */
import type { ExitCode } from './exit.ts'
import type { Output } from './output.ts'

/** What every command gets. */
export interface CommandContext {
  readonly output: Output
  readonly networkFile: string | undefined
  readonly rpcUrl: string | undefined
}

export type Options = Readonly<Record<string, string | boolean | undefined>>

/** A command's work: its result is the process's exit code. */
export type Run = (context: CommandContext, args: readonly string[], options: Options) => Promise<ExitCode>
