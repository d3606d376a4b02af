/** What a command ends with. Documented in docs/cli.md and in `dikast --help`. */
export const EXIT = {
  ok: 0,
  /** The answer is no: a verification failed, the contract refused, a request expired, the account cannot pay. */
  no: 1,
  /** The command line, a file or a key is not as it must be. */
  usage: 2,
  /** The network could not be reached or answered wrongly. */
  network: 3,
  /** Dikast, or the machine it runs on, failed. */
  fault: 4,
  /** Nothing that could be checked is wrong, and something could not be checked. */
  unchecked: 5,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
