/** The usage of `request` and what follows it, `callback`, `account`, `verify`, challenges and `verify-deployment`. */
import type { Command } from 'commander'
import { type Define, KEYSTORE } from './define.ts'

export function defineRequest(program: Command, define: Define): void {
  define(
    program,
    'request <function>',
    'ask for a computation from an account',
    () => import('../commands/request.ts'),
    'DIKAST_KEY=0x… dikast request price-feed --input prices.json --wait',
  )
    .option(...KEYSTORE)
    .option('--input <file>', 'file with the input; - for standard input')
    .option('--committee <size>', "a committee larger than the function's own")
    .option(
      '--challenge-window <seconds>',
      "how long the certificate may be challenged, when the function's own is shorter",
    )
    .option('--attempts <count>', 'committees that may try, 1 to 3', '3')
    .option(
      '--max-fee <gwei>',
      'the most to reimburse a submitter for a unit of gas (default: twice the base fee, plus 2)',
    )
    .option('--wait', 'wait until it is fulfilled, which is when it is final, or expired')
  define(
    program,
    'status <request>',
    'where a request stands',
    () => import('../commands/status.ts'),
    'dikast status 0x…',
  )
  define(
    program,
    'top-up <request>',
    'add value to an open request, or raise what it pays for gas',
    () => import('../commands/top-up.ts'),
    'DIKAST_KEY=0x… dikast top-up 0x… --max-fee 40',
  )
    .option(...KEYSTORE)
    .option('--value <ether>', 'what to add (default: what --max-fee takes)')
    .option('--max-fee <gwei>', 'the most to reimburse a submitter for a unit of gas; never lowered')
  define(
    program,
    'prove <request>',
    'prove a circuit’s request here, and settle it: after the last window you are paid, before it the node drawn',
    () => import('../commands/prove.ts'),
    'DIKAST_KEY=0x… dikast prove 0x… --inputs secret.json --wait',
  )
    .option(...KEYSTORE)
    .option('--inputs <file>', 'the private inputs by name, as JSON; - for standard input')
    .option('--module <file>', 'the calculator, not of peers')
    .option('--proving-key <file>', 'the proving key, not of peers')
    .option('--payee <address>', 'who is paid after the last window (default: the account)')
    .option('--keep <file>', 'where the proof is kept until it is settled (default: proof-0x….json)')
    .option('--wait', 'wait until everybody may settle it, to be paid')
  defineCallback(program, define)
  defineAccount(program, define)
  define(
    program,
    'verify <request>',
    'audit a result from the chain alone',
    () => import('../commands/verify.ts'),
    'dikast verify 0x… --reexecute',
  )
    .option('--reexecute', 'also fetch the module and run it again')
    .option('--module <file>', 'run it again with the module of this file, not of peers')
    .option(
      '--evidence <file>',
      'make it again of the transcript or the observations in this file, not of peers',
    )
  defineChallenge(program, define)
  define(
    program,
    'verify-deployment',
    "compare a network's contracts with this version's source: code, parameters, owners, lists",
    () => import('../commands/verify-deployment.ts'),
    'dikast verify-deployment --network network.json --rpc http://127.0.0.1:8545',
  )
}

function defineChallenge(program: Command, define: Define): void {
  define(
    program,
    'challenge <request>',
    'run a certified request here, and challenge it if the result is another',
    () => import('../commands/challenge.ts'),
    'DIKAST_KEY=0x… dikast challenge 0x… --yes',
  )
    .option(...KEYSTORE)
    .option('--module <file>', 'run it with the module of this file, not of peers')
    .option('--yes', 'send the challenge with its bond, when the result is another')
    .option('--force', 'send it whatever this machine computes')
  define(
    program,
    'finalize <request>',
    'settle what can no longer be challenged, or expire what a challenge left undecided',
    () => import('../commands/finalize.ts'),
    'DIKAST_KEY=0x… dikast finalize 0x…',
  ).option(...KEYSTORE)
  define(
    program,
    'slash <request>',
    'take stake of those who signed what a challenge overturned',
    () => import('../commands/slash.ts'),
    'DIKAST_KEY=0x… dikast slash 0x…',
  ).option(...KEYSTORE)
}

function defineCallback(program: Command, define: Define): void {
  const callback = program.command('callback').description('callbacks that failed: find out why, try again')
  define(
    callback,
    'retry <request>',
    'call back again; anyone may, for a week after the deadline',
    () => import('../commands/callback-retry.ts'),
    'DIKAST_KEY=0x… dikast callback retry 0x… --gas 500000',
  )
    .option(...KEYSTORE)
    .option('--gas <units>', 'gas for the callback, at most 2000000 (default: what was bought)')
  define(
    callback,
    'debug <request>',
    'replay a failed callback on the chain as it is now, and say why it reverts',
    () => import('../commands/callback-debug.ts'),
    'dikast callback debug 0x…',
  ).option('--gas <units>', 'gas for the callback, at most 2000000 (default: what was bought)')
}

function defineAccount(program: Command, define: Define): void {
  const account = program
    .command('account')
    .description('prepaid accounts in the market, and who may spend them')
  define(
    account,
    'show [address]',
    'what an account holds in the market, and what its consumers may spend (default: the key’s account)',
    () => import('../commands/account-show.ts'),
    'dikast account show 0x…',
  ).option('--keystore <file>', 'key file of the account, instead of DIKAST_KEY')
  define(
    account,
    'deposit',
    'prepay an account: requests made for it are paid from there',
    () => import('../commands/account-deposit.ts'),
    'DIKAST_KEY=0x… dikast account deposit --amount 0.5',
  )
    .option(...KEYSTORE)
    .requiredOption('--amount <ether>', 'in ether')
    .option('--for <address>', 'whose account (default: the one that pays)')
  define(
    account,
    'consumer <address>',
    'let a contract or an account make requests that yours pays for',
    () => import('../commands/account-consumer.ts'),
    'DIKAST_KEY=0x… dikast account consumer 0x… --max 0.01',
  )
    .option(...KEYSTORE)
    .requiredOption('--max <ether>', 'the most one request may cost; 0 ends it')
  define(
    account,
    'claim',
    'pay out what the account holds in the market',
    () => import('../commands/account-claim.ts'),
    'DIKAST_KEY=0x… dikast account claim',
  )
    .option(...KEYSTORE)
    .option('--to <address>', 'where to (default: the account itself)')
}
