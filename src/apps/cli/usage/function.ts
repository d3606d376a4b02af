/** The usage of `run`, `inspect`, `verify-proof`, `function` and `consensus`, which is about functions too. */
import type { Command } from 'commander'
import { type Define, KEYSTORE, several } from './define.ts'

/** Commands that need neither a network file nor a chain. */
export function defineLocal(program: Command, local: Define): void {
  local(
    program,
    'run <module>',
    'run a WebAssembly module here, as a node would',
    () => import('../commands/run.ts'),
    'dikast run price-feed.wasm --stdin prices.json',
  )
    .option('--entry <export>', 'the export to call, also validate or aggregate', '_start')
    .option('--arg <text>', 'an argument, after the name of the module (repeat for more)', several)
    .option('--env <name=value>', 'an environment variable (repeat for more)', several)
    .option('--stdin <file>', 'file with the input; - for standard input (default: none)')
    .option('--dir <host::guest>', 'give the guest a copy of a folder (repeat for more)', several)
    .option('--write-back', 'write what the guest changed back to these folders')
    .option('--fuel <units>', 'fuel it may use', '1000000000')
    .option('--memory <bytes>', 'linear memory it may use', '67108864')
    .option('--output <bytes>', 'output it may give', '32768')
    .option('--profile <name>', 'deterministic or wasmer: whose WASI it runs with', 'deterministic')
    .option('--seed <hex>', 'the seed of its random numbers, 32 bytes (default: zeros)')
    .option('--time <ns>', 'when its clock starts, in nanoseconds since 1970', '1767225600000000000')
    .option(
      '--permission <url>',
      'what of the outside it may reach (repeat for more; default: nothing)',
      several,
    )
    .option('--cgi <folder>', 'executables it may start, each with a permission cgi:alias')
    .option('--extensions <file>', "an operator's extensions file: what it grants, as a node with it would")
    .option('--record <file>', 'write down what it asked the outside, and the answers')
    .option('--replay <file>', 'answer from such a file, and reach nothing')
  local(
    program,
    'inspect <module>',
    'what a module imports, needs and costs, and whether nodes take it',
    () => import('../commands/inspect.ts'),
    'dikast inspect price-feed.wasm',
  )
    .option('--entry <export>', 'the export that is to be called', '_start')
    .option('--memory <bytes>', 'linear memory it may use', '67108864')
  local(
    program,
    'verify-proof',
    "check a Groth16 proof against its circuit's verification key, as snarkjs writes them",
    () => import('../commands/verify-proof.ts'),
    'dikast verify-proof --vk verification_key.json --proof proof.json --public public.json',
  )
    .requiredOption('--vk <file>', 'the verification key')
    .requiredOption('--proof <file>', 'the proof')
    .requiredOption('--public <file>', 'its public inputs')
}

export function defineFunction(program: Command, define: Define, local: Define): void {
  const functions = program.command('function').description('write functions, deploy them and look them up')
  local(
    functions,
    'init <name>',
    'start a function from a template',
    () => import('../commands/function-init.ts'),
    'dikast function init price-median --lang assemblyscript',
  )
    .requiredOption('--lang <language>', 'assemblyscript, rust, c or javascript')
    .option('--dir <folder>', 'where to (default: a folder of that name here)')
  local(
    functions,
    'build [folder]',
    "run the build command of a function's manifest and check what it made",
    () => import('../commands/function-build.ts'),
    'dikast function build',
  )
  local(
    functions,
    'test [folder]',
    'build a function and run its tests in the sandbox',
    () => import('../commands/function-test.ts'),
    'dikast function test price-median',
  ).option('--no-build', 'test what was built before')
  define(
    functions,
    'deploy [module]',
    'deploy a WebAssembly module, or a circuit, and push it to nodes; a manifest in the folder gives the defaults',
    () => import('../commands/function-deploy.ts'),
    'DIKAST_KEY=0x… dikast function deploy price-feed.wasm --name price-feed --committee 5',
  )
    .option(...KEYSTORE)
    .option('--name <name>', 'publish it under this name (3 to 32 of a-z, 0-9 and -)')
    .option(
      '--committee <size>',
      'nodes that run each request, 4 to 256, or to 64 unless it is exact (default: 5)',
    )
    .option(
      '--window <seconds>',
      "how long each attempt's committee has (default: 30; a circuit's prover 60)",
    )
    .option(
      '--challenge-window <seconds>',
      'how long a result may be challenged, in steps of 900 (default: 0)',
    )
    .option('--fee <ether>', 'what each node earns a request (default: 0.0001; a proof 0.001)')
    .option('--royalty <ether>', 'what you earn a request (default: 0)')
    .option('--runtime <profile>', 'deterministic-1 or wasmer-1 (default: deterministic-1)')
    .option('--verifier <kind>', 'ecdsa, or bls for committees above some 27 nodes (default: ecdsa)')
    .option('--fuel <units>', 'fuel a run may use, in whole millions (default: 1000000000)')
    .option('--fuel-price <wei>', 'what each node earns for a unit of fuel, 0 to 16777215 (default: 1000)')
    .option('--memory <bytes>', 'linear memory it may use (default: 67108864)')
    .option('--output <bytes>', 'output it may give (default: 1024)')
    .option('--entry <export>', 'the export to call (default: _start)')
    .option('--permission <url...>', 'what of the outside it may reach, unless it is exact')
    .option('--consensus <mode>', 'how its nodes agree: exact, pbft, aggregate or raft (default: exact)')
    .option(
      '--agreement <line>',
      'what that mode is told, such as kind=median;type=uint256 (default: its defaults)',
    )
    .option('--proving-key <file>', 'of a circuit: the .zkey its proofs are made with')
    .option('--constraints <file>', 'of a circuit: the .r1cs the key was made for')
    .option(
      '--ceremony <transcript>',
      'of a circuit: its key was made by this ceremony, and is marked so on chain',
    )
    .option(
      '--observe <function>',
      'of a circuit: the function whose median it proves, run by a standing committee',
    )
    .option('--observe-input <hex>', 'what its members give that function')
    .option('--allow-dev-key', 'of a circuit: deploy a key for development on a network that is not local')
    .option('--uri <url...>', 'where else the module can be fetched')
    .option('--replicas <count>', 'nodes to push the module to', '4')
  define(
    functions,
    'seal <function>',
    'make the snapshot that committees of a function with permissions are drawn from, when nobody else does',
    () => import('../commands/function-seal.ts'),
    'DIKAST_KEY=0x… dikast function seal spot-price',
  ).option(...KEYSTORE)
  define(
    functions,
    'list',
    'list deployed functions, newest last',
    () => import('../commands/function-list.ts'),
    'dikast function list --json',
  )
  define(
    functions,
    'show <function>',
    'show a function by id or name',
    () => import('../commands/function-show.ts'),
    'dikast function show price-feed',
  )
}

export function defineConsensus(program: Command, define: Define): void {
  const consensus = program.command('consensus').description('how committees agree, and what that is worth')
  define(
    consensus,
    'explain <function>',
    'what is trusted, how many faults it survives, and the chance that colluders forge, bias or block',
    () => import('../commands/consensus-explain.ts'),
    'dikast consensus explain price-feed --committee 21',
  ).option('--committee <size>', "a committee larger than the function's own")
}
