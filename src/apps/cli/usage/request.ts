/** The usage of `request`, `status`, `verify` and `verify-deployment`. */
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
    .option('--wait', 'wait until it is fulfilled or expired')
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
  define(
    program,
    'verify-deployment',
    "compare a network's contracts with this version's source: code, parameters, owners, lists",
    () => import('../commands/verify-deployment.ts'),
    'dikast verify-deployment --network network.json --rpc http://127.0.0.1:8545',
  )
}
