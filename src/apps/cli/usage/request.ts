/** The usage of `request`, `status` and `verify`, and of what follows a challenge. */
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
    'verify <request>',
    'audit a result from the chain alone',
    () => import('../commands/verify.ts'),
    'dikast verify 0x… --reexecute',
  )
    .option('--reexecute', 'also fetch the module and run it again')
    .option('--module <file>', 'run it again with the module of this file, not of peers')
    .option('--evidence <file>', 'run it again with the transcript of this file, not of peers')
  defineChallenge(program, define)
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
