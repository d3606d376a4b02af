/**
 * The `dikast` command line. Commands are loaded when they run, so help and mistakes answer at once.
 * @module
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Options } from './command.ts'
import { EXIT } from './exit.ts'
import { createOutput, type Streams } from './output.ts'
import { packageFile } from './package-root.ts'
import { defineCircuit } from './usage/circuit.ts'
import { defineCommittee } from './usage/committee.ts'
import type { Define } from './usage/define.ts'
import { defineConsensus, defineFunction, defineLocal } from './usage/function.ts'
import { defineNode, defineProver } from './usage/node.ts'
import { defineRequest } from './usage/request.ts'

const EXIT_CODES = `
Exit codes: 0 done · 1 the answer is no (verification failed, refused by the contract, expired, cannot pay) ·
2 wrong usage, file or key · 3 the network could not be reached or answered wrongly · 4 dikast itself failed ·
5 nothing is wrong with what could be checked, and something could not be.

Keys are never given by flag. DIKAST_KEY holds the account that pays (0x and 64 hexadecimal digits), or --keystore names
a Web3 Secret Storage file whose password is asked for, or taken from DIKAST_PASSWORD.`

/** Runs the command line; resolves to the exit code, whatever happens. */
export async function main(
  argv: readonly string[],
  streams: Streams = { out: process.stdout, err: process.stderr },
): Promise<number> {
  const ended = { code: EXIT.ok as number }
  const json = argv.includes('--json')
  const program = programOf(streams, json, ended)
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    return endOf(error, createOutput({ json }, streams))
  }
  return ended.code
}

/** Commander throws to end: for help and the version too, which are no failure. */
function endOf(error: unknown, output: ReturnType<typeof createOutput>): number {
  if (!(error instanceof CommanderError)) return output.fail(error)
  if (error.exitCode === 0) return EXIT.ok
  // People have commander's own words on standard error already.
  if (!output.json) return EXIT.usage
  const problem = error.code === 'commander.help' ? 'names no command' : error.message.replace(/^error: /, '')
  return output.fail(
    new InvalidInputError('command line', problem, { fix: '`dikast --help` lists the commands' }),
  )
}

function programOf(streams: Streams, json: boolean, ended: { code: number }): Command {
  const program = new Command('dikast')
    .description(
      'Ask a network of staked nodes for a computation, run one of its nodes, or audit any result.',
    )
    .version(version(), '--version')
    .configureOutput({
      writeOut: (written) => streams.out.write(written),
      writeErr: (written) => {
        if (!json) streams.err.write(written)
      },
    })
    .showHelpAfterError('(--help shows the usage and an example)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .enablePositionalOptions()
  const local: Define = (parent, usage, about, load, example) =>
    parent
      .command(usage)
      .description(about)
      .option('--json', 'print one JSON value for machines')
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action(async (...received: unknown[]) => {
        const command = received.at(-1) as Command // commander passes arguments, then options, then the command
        const options = command.opts<Options>()
        const output = createOutput({ json: options.json === true }, streams)
        const context = { output, networkFile: text(options.network), rpcUrl: text(options.rpc) }
        try {
          ended.code = await (await load()).run(context, command.args, options)
        } catch (error) {
          ended.code = output.fail(error)
        }
      })
  const define: Define = (...told) =>
    local(...told)
      .option(
        '--network <file>',
        'network file (default: DIKAST_NETWORK, or the nearest .dikast/network.json)',
      )
      .option('--rpc <url>', "the chain's JSON-RPC, instead of the network file's")
  defineNode(program, define)
  defineProver(program, local)
  defineLocal(program, local)
  defineFunction(program, define, local)
  defineCircuit(program, define, local)
  defineCommittee(program, define)
  defineRequest(program, define)
  defineConsensus(program, define)
  return program
}

function text(value: Options[string]): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function version(): string {
  return (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version
}
