/** Seeds that failed once, with what was wrong. All run in every short run. */
export interface FailedSeed {
  readonly nodes: number
  readonly seed: number
  readonly cause: string
}

export const PBFT_SEEDS: readonly FailedSeed[] = [
  {
    nodes: 7,
    seed: 107,
    cause:
      'of the simulator: two equivocators answered each other without end, and the cap on events counted that as a ' +
      'failure of the honest. A faulty seat’s line has a width now, and its messages are not counted.',
  },
  { nodes: 13, seed: 3, cause: 'of the simulator: the same, of two that deny what was prepared.' },
]
