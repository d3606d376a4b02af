/** The usage of `circuit`. */
import type { Command } from 'commander'
import type { Define } from './define.ts'

export function defineCircuit(program: Command, define: Define, local: Define): void {
  const circuits = program
    .command('circuit')
    .description('compile circuits and make keys, to deploy them as functions')
  local(
    circuits,
    'compile <circuit>',
    'compile a circom circuit: constraints, and a witness calculator that says what it is given',
    () => import('../commands/circuit-compile.ts'),
    'dikast circuit compile auction.circom --out build',
  ).option('--out <folder>', 'where its files go', '.')
  local(
    circuits,
    'setup <constraints>',
    'make a proving key for development, or begin the ceremony that makes one others can trust',
    () => import('../commands/circuit-setup.ts'),
    'dikast circuit setup build/auction.r1cs --dev',
  )
    .option('--dev', 'a key for development, whose maker can prove anything')
    .option(
      '--seed <text>',
      'with --dev: the same seed makes the same key (default: a random one, which is forgotten)',
    )
    .option('--out <file>', 'where the key goes (default: beside the constraints, as .zkey, or -0.zkey)')
    .option('--ptau <file>', 'begin a ceremony with these powers of tau, prepared for phase 2')
    .option(
      '--ptau-hash <digest>',
      'what they hash to, SHA-256 or BLAKE2b-512 (default: that of a public file)',
    )
    .option('--module <file>', 'the calculator (default: beside the constraints, as .wasm)')
    .option('--round <round>', "drand's quicknet round that will end the ceremony")
    .option('--ends <time>', 'or the first round out at this time, such as 2026-12-01T12:00:00Z')
    .option('--iterations <log>', 'the beacon is hashed 2^log times, 10 to 20 (default: 10)')
    .option('--transcript <file>', 'where the transcript goes (default: ceremony.json beside the key)')
  local(
    circuits,
    'contribute <key> <to>',
    'contribute to a key with randomness of your own, which is forgotten',
    () => import('../commands/circuit-contribute.ts'),
    'dikast circuit contribute auction-0.zkey auction-1.zkey --name "Alice (alice.example)"',
  )
    .requiredOption('--name <name>', 'who you are, up to 64 bytes')
    .option('--entropy <file>', "randomness beside this machine's own; - for standard input")
    .option(...TRANSCRIPT)
  local(
    circuits,
    'beacon <key> <to>',
    'end a ceremony with the round of drand it announced',
    () => import('../commands/circuit-beacon.ts'),
    'dikast circuit beacon auction-3.zkey auction.zkey',
  )
    .option('--round <round>', 'the round that was announced, to be sure')
    .option('--signature <hex>', "drand's signature of it (default: asked for)")
    .option('--url <url>', 'whom to ask (default: https://api.drand.sh)')
    .option('--module <file>', "the calculator (default: beside the key, by the circuit's name)")
    .option(...TRANSCRIPT)
  local(
    circuits,
    'export <key>',
    'the verification key in a proving key: as the chain has it, as snarkjs has it, and its hash',
    () => import('../commands/circuit-export.ts'),
    'dikast circuit export auction.zkey --module auction.wasm',
  )
    .requiredOption('--module <file>', 'the calculator')
    .option('--out <folder>', 'where its files go (default: beside the key)')
  define(
    circuits,
    'verify-setup',
    'check how a proving key was made: source, powers of tau, contributions, beacon, the key on chain',
    () => import('../commands/circuit-verify-setup.ts'),
    'dikast circuit verify-setup --r1cs auction.r1cs --ptau powers.ptau --zkey auction.zkey --transcript ceremony.json --source auction.circom --module auction.wasm --function auction',
  )
    .requiredOption('--r1cs <file>', 'the constraints')
    .requiredOption('--ptau <file>', 'the powers of tau')
    .requiredOption('--zkey <file>', 'the proving key')
    .option('--ptau-hash <digest>', 'what the powers hash to, SHA-256 or BLAKE2b-512')
    .option(
      '--trust-powers',
      'do not compute whether they are consistent, which is long work for the public ones',
    )
    .option('--source <circuit>', 'the .circom, to compile again')
    .option('--module <file>', 'the calculator')
    .option('--transcript <file>', "the ceremony's transcript")
    .option('--function <function>', 'the function on chain that has the key')
    .option('--vk-hash <hash>', "or the key's hash on chain")
}

const TRANSCRIPT = ['--transcript <file>', 'the transcript (default: ceremony.json beside the key)'] as const
