/**
 * The `dikast` command line. Commands are loaded when they run, so help and mistakes answer at once.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { InvalidInputError } from '../../protocol/errors.ts'
import type { Options, Run } from './command.ts'
import { EXIT } from './exit.ts'
import { createOutput, type Streams } from './output.ts'

const EXIT_CODES = `
Exit codes: 0 done · 1 the answer is no (verification failed, refused by the contract, expired, cannot pay) ·
2 wrong usage, file or key · 3 the network could not be reached or answered wrongly · 4 dikast itself failed.

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
  const define: Define = (parent, usage, about, load, example) =>
    parent
      .command(usage)
      .description(about)
      .option(
        '--network <file>',
        'network file (default: DIKAST_NETWORK, or the nearest .dikast/network.json)',
      )
      .option('--rpc <url>', "the chain's JSON-RPC, instead of the network file's")
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
  defineNode(program, define)
  defineFunction(program, define)
  defineRequest(program, define)
  return program
}

type Define = (
  parent: Command,
  usage: string,
  about: string,
  load: () => Promise<{ readonly run: Run }>,
  example: string,
) => Command

const DATA = ['--data <folder>', "the node's folder: keys, store and modules", '.dikast/node'] as const
const EXTENSIONS = [
  '--extensions <file>',
  "what the node offers to functions, or none (default: the folder's extensions.json, if there is one)",
] as const
const KEYSTORE = ['--keystore <file>', 'key file of the account that pays, instead of DIKAST_KEY'] as const

function defineNode(program: Command, define: Define): void {
  const node = program.command('node').description('run a node: stake, serve, earn')
  define(
    node,
    'init',
    'make the keys of a new node',
    () => import('./commands/node-init.ts'),
    'dikast node init --data ~/node',
  ).option(...DATA)
  define(
    node,
    'register',
    'register the node and bond its first stake',
    () => import('./commands/node-register.ts'),
    'DIKAST_KEY=0x… dikast node register --stake 32',
  )
    .option(...DATA)
    .option(...EXTENSIONS)
    .option(...KEYSTORE)
    .requiredOption('--stake <ether>', 'stake to bond, in ether')
  define(
    node,
    'bond',
    'add stake; it counts from the next epoch',
    () => import('./commands/node-bond.ts'),
    'DIKAST_KEY=0x… dikast node bond --amount 5',
  )
    .option(...DATA)
    .option(...KEYSTORE)
    .requiredOption('--amount <ether>', 'in ether')
  define(
    node,
    'unbond',
    'take stake out; it can be withdrawn after the unbonding period',
    () => import('./commands/node-unbond.ts'),
    'DIKAST_KEY=0x… dikast node unbond --amount 5',
  )
    .option(...DATA)
    .option(...KEYSTORE)
    .requiredOption('--amount <ether>', 'in ether, or `all`')
  define(
    node,
    'withdraw',
    'pay out stake whose unbonding period is over',
    () => import('./commands/node-withdraw.ts'),
    'DIKAST_KEY=0x… dikast node withdraw --to 0x…',
  )
    .option(...DATA)
    .option(...KEYSTORE)
    .option('--to <address>', 'where to (default: the operator)')
  define(
    node,
    'claim',
    'pay out what the node earned',
    () => import('./commands/node-claim.ts'),
    'DIKAST_KEY=0x… dikast node claim --to 0x…',
  )
    .option(...DATA)
    .option(...KEYSTORE)
    .option('--to <address>', 'where to (default: the operator)')
  define(
    node,
    'earnings',
    'what the node earned, request by request',
    () => import('./commands/node-earnings.ts'),
    'dikast node earnings',
  ).option(...DATA)
  define(
    node,
    'status',
    'stake, epoch and place of the node',
    () => import('./commands/node-status.ts'),
    'dikast node status',
  )
    .option(...DATA)
    .option(...EXTENSIONS)
  define(
    node,
    'start',
    'run the node until it is told to stop',
    () => import('./commands/node-start.ts'),
    'dikast node start --listen /ip4/0.0.0.0/tcp/4001',
  )
    .option(...DATA)
    .option(...EXTENSIONS)
    .option('--listen <multiaddr>', 'where to listen', '/ip4/0.0.0.0/tcp/4001')
    .option('--announce <multiaddr>', 'the address others should dial, when it differs')
    .option('--log <level>', 'debug, info, warn or error', 'info')
  const coordinator = program
    .command('coordinator')
    .description('drive requests: post rounds, seal epochs, gather, submit')
  define(
    coordinator,
    'start',
    'run a coordinator until it is told to stop',
    () => import('./commands/coordinator-start.ts'),
    'DIKAST_KEY=0x… dikast coordinator start',
  )
    .option('--data <folder>', "the coordinator's folder", '.dikast/coordinator')
    .option(...KEYSTORE)
    .option('--listen <multiaddr>', 'where to listen', '/ip4/0.0.0.0/tcp/4000')
    .option('--announce <multiaddr>', 'the address others should dial, when it differs')
    .option('--log <level>', 'debug, info, warn or error', 'info')
}

function defineFunction(program: Command, define: Define): void {
  const functions = program.command('function').description('deploy functions and look them up')
  define(
    functions,
    'deploy <module>',
    'deploy a WebAssembly module and push it to nodes',
    () => import('./commands/function-deploy.ts'),
    'DIKAST_KEY=0x… dikast function deploy price-feed.wasm --name price-feed --committee 5',
  )
    .option(...KEYSTORE)
    .option('--name <name>', 'publish it under this name (3 to 32 of a-z, 0-9 and -)')
    .option('--committee <size>', 'nodes that run each request, 4 to 256', '5')
    .option('--window <seconds>', "how long each attempt's committee has", '30')
    .option('--fee <ether>', 'what each node earns a request', '0.0001')
    .option('--royalty <ether>', 'what you earn a request', '0')
    .option('--runtime <profile>', 'deterministic-1 or wasmer-1', 'deterministic-1')
    .option('--fuel <units>', 'fuel a run may use, in whole millions', '1000000000')
    .option('--fuel-price <wei>', 'what each node earns for a unit of fuel, 0 to 16777215', '1000')
    .option('--memory <bytes>', 'linear memory it may use', '67108864')
    .option('--output <bytes>', 'output it may give', '1024')
    .option('--entry <export>', 'the export to call', '_start')
    .option('--uri <url...>', 'where else the module can be fetched')
    .option('--replicas <count>', 'nodes to push the module to', '4')
  define(
    functions,
    'list',
    'list deployed functions, newest last',
    () => import('./commands/function-list.ts'),
    'dikast function list --json',
  )
  define(
    functions,
    'show <function>',
    'show a function by id or name',
    () => import('./commands/function-show.ts'),
    'dikast function show price-feed',
  )
}

function defineRequest(program: Command, define: Define): void {
  define(
    program,
    'request <function>',
    'ask for a computation from an account',
    () => import('./commands/request.ts'),
    'DIKAST_KEY=0x… dikast request price-feed --input prices.json --wait',
  )
    .option(...KEYSTORE)
    .option('--input <file>', 'file with the input; - for standard input')
    .option('--committee <size>', "a committee larger than the function's own")
    .option('--attempts <count>', 'committees that may try, 1 to 3', '3')
    .option(
      '--max-fee <gwei>',
      'the most to reimburse a submitter for a unit of gas (default: twice the base fee, plus 2)',
    )
    .option('--wait', 'wait until it is fulfilled or expired')
  define(
    program,
    'status <request>',
    'where a request stands',
    () => import('./commands/status.ts'),
    'dikast status 0x…',
  )
  define(
    program,
    'verify <request>',
    'audit a result from the chain alone',
    () => import('./commands/verify.ts'),
    'dikast verify 0x… --reexecute',
  )
    .option('--reexecute', 'also fetch the module and run it again')
    .option('--module <file>', 'run it again with the module of this file, not of peers')
    .option('--evidence <file>', 'run it again with the transcript of this file, not of peers')
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function version(): string {
  // The package's root is not as far from the sources as from a bundle.
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const file = new URL('package.json', folder)
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
    if (folder.pathname === new URL('..', folder).pathname)
      throw new Error('no package.json above the program')
  }
}
