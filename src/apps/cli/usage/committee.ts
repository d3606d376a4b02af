/** The usage of `committee`. */
import type { Command } from 'commander'
import { type Define, KEYSTORE } from './define.ts'

const SIZE = ['--size <members>', 'seats of the committee, 4 to 30'] as const

export function defineCommittee(program: Command, define: Define): void {
  const committee = program
    .command('committee')
    .description('committees that stand for an epoch: whose observations a proof is made of')
  define(
    committee,
    'show',
    'who sits on the committee whose root was posted last, and whether that root is right',
    () => import('../commands/committee-show.ts'),
    'dikast committee show --size 15',
  ).requiredOption(...SIZE)
  define(
    committee,
    'post',
    "post the root of the newest epoch's committee, with a bond",
    () => import('../commands/committee-post.ts'),
    'DIKAST_KEY=0x… dikast committee post --size 15',
  )
    .requiredOption(...SIZE)
    .option(...KEYSTORE)
  define(
    committee,
    'check',
    "have the chain compute the root posted last, or else the newest epoch's: the right one counts at once",
    () => import('../commands/committee-check.ts'),
    'DIKAST_KEY=0x… dikast committee check --size 15',
  )
    .requiredOption(...SIZE)
    .option(...KEYSTORE)
  define(
    committee,
    'claim',
    'pay out bonds that are yours',
    () => import('../commands/committee-claim.ts'),
    'DIKAST_KEY=0x… dikast committee claim --to 0x…',
  )
    .option(...KEYSTORE)
    .option('--to <address>', 'where to (default: the account)')
}
