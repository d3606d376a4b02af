/** The usage of `node`, `coordinator` and `prover`. */
import type { Command } from 'commander'
import { type Define, KEYSTORE } from './define.ts'

const DATA = ['--data <folder>', "the node's folder: keys, store and modules", '.dikast/node'] as const
const EXTENSIONS = [
  '--extensions <file>',
  "what the node offers to functions, or none (default: the folder's extensions.json, if there is one)",
] as const

const RAPIDSNARK = [
  '--rapidsnark <path>',
  "rapidsnark's program: a path, or a name on PATH",
  'rapidsnark',
] as const

export function defineNode(program: Command, define: Define): void {
  const node = program.command('node').description('run a node: stake, serve, earn')
  define(
    node,
    'init',
    'make the keys of a new node',
    () => import('../commands/node-init.ts'),
    'dikast node init --data ~/node',
  ).option(...DATA)
  define(
    node,
    'register',
    'register the node and bond its first stake',
    () => import('../commands/node-register.ts'),
    'DIKAST_KEY=0x… dikast node register --stake 32',
  )
    .option(...DATA)
    .option(...EXTENSIONS)
    .option(...KEYSTORE)
    .requiredOption('--stake <ether>', 'stake to bond, in ether')
  define(
    node,
    'bls',
    "register the node's BLS key: large committees sign with it",
    () => import('../commands/node-bls.ts'),
    'DIKAST_KEY=0x… dikast node bls',
  )
    .option(...DATA)
    .option(...KEYSTORE)
  define(
    node,
    'schnorr',
    "register the node's key for standing committees; it counts from the next epoch",
    () => import('../commands/node-schnorr.ts'),
    'DIKAST_KEY=0x… dikast node schnorr',
  )
    .option(...DATA)
    .option(...KEYSTORE)
  define(
    node,
    'bond',
    'add stake; it counts from the next epoch',
    () => import('../commands/node-bond.ts'),
    'DIKAST_KEY=0x… dikast node bond --amount 5',
  )
    .option(...DATA)
    .option(...KEYSTORE)
    .requiredOption('--amount <ether>', 'in ether')
  define(
    node,
    'renew',
    'keep the node drawn, or have it drawn again; a running node does it by itself',
    () => import('../commands/node-renew.ts'),
    'DIKAST_KEY=0x… dikast node renew',
  )
    .option(...DATA)
    .option(...KEYSTORE)
  define(
    node,
    'unbond',
    'take stake out; it can be withdrawn after the unbonding period',
    () => import('../commands/node-unbond.ts'),
    'DIKAST_KEY=0x… dikast node unbond --amount 5',
  )
    .option(...DATA)
    .option(...KEYSTORE)
    .requiredOption('--amount <ether>', 'in ether, or `all`')
  define(
    node,
    'withdraw',
    'pay out stake whose unbonding period is over',
    () => import('../commands/node-withdraw.ts'),
    'DIKAST_KEY=0x… dikast node withdraw --to 0x…',
  )
    .option(...DATA)
    .option(...KEYSTORE)
    .option('--to <address>', 'where to (default: the operator)')
  define(
    node,
    'claim',
    'pay out what the node earned',
    () => import('../commands/node-claim.ts'),
    'DIKAST_KEY=0x… dikast node claim --to 0x…',
  )
    .option(...DATA)
    .option(...KEYSTORE)
    .option('--to <address>', 'where to (default: the operator)')
  define(
    node,
    'earnings',
    'what the node earned, request by request',
    () => import('../commands/node-earnings.ts'),
    'dikast node earnings',
  ).option(...DATA)
  define(
    node,
    'status',
    'stake, epoch and place of the node',
    () => import('../commands/node-status.ts'),
    'dikast node status',
  )
    .option(...DATA)
    .option(...EXTENSIONS)
  define(
    node,
    'start',
    'run the node until it is told to stop',
    () => import('../commands/node-start.ts'),
    'dikast node start --listen /ip4/0.0.0.0/tcp/4001',
  )
    .option(...DATA)
    .option(...EXTENSIONS)
    .option(
      '--prover <engine>',
      'what proves circuits: kernel, snarkjs or rapidsnark on this machine; redis://host:port, or redis for REDIS_URL, where `dikast prover start` runs',
      'kernel',
    )
    .option(...RAPIDSNARK)
    .option(
      '--observe <function...>',
      'functions with permissions it observes in standing committees, for whoever asks: the market does not pay for that',
    )
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
    () => import('../commands/coordinator-start.ts'),
    'DIKAST_KEY=0x… dikast coordinator start',
  )
    .option('--data <folder>', "the coordinator's folder", '.dikast/coordinator')
    .option(...KEYSTORE)
    .option('--listen <multiaddr>', 'where to listen', '/ip4/0.0.0.0/tcp/4000')
    .option('--announce <multiaddr>', 'the address others should dial, when it differs')
    .option('--committees <sizes>', 'post the key roots of standing committees of these sizes, such as 15,30')
    .option('--log <level>', 'debug, info, warn or error', 'info')
}

/** A prover needs neither chain nor network file. */
export function defineProver(program: Command, local: Define): void {
  const prover = program.command('prover').description('prove for nodes that share a Redis with it')
  local(
    prover,
    'start',
    'run a prover until it is told to stop; start as many as are wanted',
    () => import('../commands/prover-start.ts'),
    'dikast prover start --redis redis://10.0.0.5:6379',
  )
    .option(
      '--redis <url>',
      'the Redis it shares with the nodes (default: REDIS_URL, which may hold a password)',
    )
    .option('--engine <engine>', 'kernel, snarkjs or rapidsnark', 'kernel')
    .option(...RAPIDSNARK)
    .option(
      '--threads <count>',
      'of the kernel (default: as many as the machine runs side by side, up to 16)',
    )
    .option('--key-memory <MiB>', 'what keys that are kept loaded may take', '1024')
    .option('--log <level>', 'debug, info, warn or error', 'info')
}
