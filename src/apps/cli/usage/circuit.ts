/** The usage of `circuit`. */
import type { Command } from 'commander'
import type { Define } from './define.ts'

export function defineCircuit(program: Command, local: Define): void {
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
    'make a proving key for development; one that others trust takes a ceremony',
    () => import('../commands/circuit-setup.ts'),
    'dikast circuit setup build/auction.r1cs --dev',
  )
    .option('--dev', 'a key for development, whose maker can prove anything')
    .option('--seed <text>', 'the same seed makes the same key (default: a random one, which is forgotten)')
    .option('--out <file>', 'where the key goes (default: beside the constraints, as .zkey)')
}
