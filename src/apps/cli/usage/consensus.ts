/** The usage of `consensus`. */
import type { Command } from 'commander'
import type { Define } from './define.ts'

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
