/**
 * Every bound of the protocol, with its reason. Units stand last in the names.
 * @module
 */

/** Seats of a committee: the certificate's bitmap is one word. */
export const COMMITTEE_SIZE_MAX = 256
/** Below four a committee survives no fault. */
export const COMMITTEE_SIZE_MIN = 4
/** Attempts of a request. */
export const ATTEMPTS_MAX = 3
/** A request's input: it is calldata and a log. */
export const INPUT_BYTES_MAX = 32_768
/** A function's output: it is calldata, a log and the callback's argument. */
export const OUTPUT_BYTES_MAX = 32_768
/** A module: large enough for a language runtime, small enough to fetch and compile within a window. */
export const MODULE_BYTES_MAX = 16 * 1024 * 1024
/** Linear memory a function may declare. */
export const MEMORY_BYTES_MAX = 1024 * 1024 * 1024
/** Nodes of one snapshot blob: 28 bytes each in 24,576 bytes of code, less the header. */
export const SNAPSHOT_NODES_MAX = 877
/** One attestation frame: the output, the report and a signature. */
export const ATTESTATION_FRAME_BYTES_MAX = OUTPUT_BYTES_MAX + 4096
/** One part of a module on the wire. */
export const MODULE_CHUNK_BYTES_MAX = 512 * 1024
/** Standard error kept for the operator; never digested. */
export const STDERR_BYTES_MAX = 65_536
