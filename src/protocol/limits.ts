/**
 * Every bound of the protocol, with its reason. Units stand last in the names.
 * @module
 */

/** Seats of a committee: the certificate's bitmap is one word. */
export const COMMITTEE_SIZE_MAX = 256
/** Below four a committee survives no fault. */
export const COMMITTEE_SIZE_MIN = 4
/** Of a function with a challenge window: a challenge is heard by a larger committee, and 256 are the most that are drawn. */
export const CHALLENGED_COMMITTEE_SIZE_MAX = 127
/** Challenge windows come in quarters of an hour, up to 127 of them. */
export const CHALLENGE_STEP_SECONDS = 900
export const CHALLENGE_WINDOW_SECONDS_MAX = 127 * CHALLENGE_STEP_SECONDS
/** What the committee of a challenge signs as its attempt. */
export const CHALLENGE_ATTEMPT = 255
/** Attempts of a request. */
export const ATTEMPTS_MAX = 3

/** Whether a committee may have this number: an attempt's, or that of a challenge. */
export function isTurn(attempt: number): boolean {
  return (
    attempt === CHALLENGE_ATTEMPT || (Number.isSafeInteger(attempt) && attempt >= 0 && attempt < ATTEMPTS_MAX)
  )
}

/** A request's input: it is calldata and a log. */
export const INPUT_BYTES_MAX = 32_768
/** A function's output: it is calldata, a log and the callback's argument. */
export const OUTPUT_BYTES_MAX = 32_768
/** What the entry `validate` reads: an input, two outputs, and the lengths and exits beside them (PBFT-15). */
export const VALIDATION_BYTES_MAX = INPUT_BYTES_MAX + 2 * OUTPUT_BYTES_MAX + 3 * 4 + 2 * 2
/** What the entry `aggregate` reads: an output of every member of the largest committee, and what is told of each. */
export const AGGREGATION_BYTES_MAX = COMMITTEE_SIZE_MAX * (OUTPUT_BYTES_MAX + 256)
/** A module: large enough for a language runtime, small enough to fetch and compile within a window. */
export const MODULE_BYTES_MAX = 16 * 1024 * 1024
/** A key that a circuit's proofs are made with: that of sixty thousand constraints has 35 MiB. */
export const PROVING_KEY_BYTES_MAX = 64 * 1024 * 1024
/** A Groth16 proof over BN254: A (64) ‖ B (128) ‖ C (64), big-endian, B as EIP-197 has it: x's u first, then its 1, then y's. */
export const PROOF_BYTES = 256
/** Linear memory a function may declare. */
export const MEMORY_BYTES_MAX = 1024 * 1024 * 1024
/** A page of WebAssembly's. */
export const MEMORY_BYTES_MIN = 65_536
/** Of one attempt: a day. */
export const WINDOW_SECONDS_MAX = 86_400
/** Fees of a function are kept on chain in whole gwei of 40 bits: up to 1,099 of the currency. */
export const FEE_STEP_WEI = 10n ** 9n
export const FEE_WEI_MAX = (2n ** 40n - 1n) * FEE_STEP_WEI
/** Fuel limits are kept on chain in whole millions of 24 bits: more than any run has time for. */
export const FUEL_STEP = 1_000_000n
export const FUEL_LIMIT_MAX = (2n ** 24n - 1n) * FUEL_STEP
/** Wei a unit of fuel, kept on chain in 24 bits. */
export const FUEL_PRICE_WEI_MAX = 2n ** 24n - 1n
/** Permissions of a function: they are calldata and a log, and each host call is held against all of them. */
export const PERMISSIONS_MAX = 64
export const PERMISSION_BYTES_MAX = 256
/** Nodes of a snapshot: a seal of them fits six transactions, their weights sum below 2^64. */
export const SNAPSHOT_NODES_MAX = 4096
/** Nodes of one blob of a snapshot: whole blocks of 32 bytes a node in the 24,576 a contract's code may have. */
export const SNAPSHOT_PART_NODES = 704
/** Nodes whose weights a draw reads together. */
export const SNAPSHOT_BLOCK_NODES = 64
/** Nodes one step of a seal looks at: it fits a transaction (16.7 million gas) whatever became of them. */
export const SEAL_STEP_NODES = 704
/** One attestation frame: the output, the report and a signature. */
export const ATTESTATION_FRAME_BYTES_MAX = OUTPUT_BYTES_MAX + 4096
/** Evidence of a proposal that other members have to look at: it travels in one frame with what they signed. */
export const PROPOSED_EVIDENCE_BYTES_MAX = 512 * 1024
/** Seats of a committee whose members prove to one another what they were told: a proposal may carry the square of them in signatures. */
export const AGREEING_COMMITTEE_SIZE_MAX = 64
/** One part of a module on the wire. */
export const MODULE_CHUNK_BYTES_MAX = 512 * 1024
/** A member serves the evidence of what it attested for this long: a week, time enough to audit or challenge. */
export const EVIDENCE_PERIOD_SECONDS = 7 * 24 * 60 * 60
/** Standard error kept for the operator; never digested. */
export const STDERR_BYTES_MAX = 65_536
