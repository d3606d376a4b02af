/**
 * Bounds on a module's parts. They keep compilation linear and small; most are far below the engine's own.
 * @module
 */
export const TYPES_MAX = 20_000
/** Parameters, and results, of one type. */
export const TYPE_ARITY_MAX = 255
export const IMPORTS_MAX = 256
export const FUNCTIONS_MAX = 200_000
export const TABLES_MAX = 8
/** Elements of all tables, shared evenly among them: an element costs the host's own heap about 16 bytes. */
export const TABLE_ELEMENTS_MAX = 1_000_000
/** Of each of so many tables. */
export const elementsOfEach = (tables: number): number => Math.floor(TABLE_ELEMENTS_MAX / tables)
export const GLOBALS_MAX = 20_000
export const EXPORTS_MAX = 20_000
export const ELEMENT_SEGMENTS_MAX = 20_000
export const DATA_SEGMENTS_MAX = 100_000
export const NAME_BYTES_MAX = 4096
/** One function's code: compilers take time super-linear in it. */
export const BODY_BYTES_MAX = 1024 * 1024
/** Locals of one function, parameters included: each costs stack and compile time. Engines allow 50,000; we add a few. */
export const LOCALS_MAX = 49_900
/** Locals of all functions together: a byte can declare fifty thousand. */
export const LOCALS_TOTAL_MAX = 4_000_000
/** Operands on the stack at a time: they are part of the frame a call takes. */
export const OPERANDS_MAX = 65_536
/**
 * What compilers take more time for than for the bytes, in units of about 150 ns, of one function and of all together. Ways that
 * meet have parameters, locals and operands brought into line: one for each, at each block and branch. A call passes
 * values. An optimising compiler takes 40 µs a target of a `br_table`, and for a loop time that grows with the number of
 * loops in the function and around it. Ordinary code has about one a byte; what is made for it has a hundred.
 */
export const COMPILE_UNITS_MAX = 2 ** 24
export const COMPILE_UNITS_TOTAL_MAX = 2 ** 26
export const UNITS_PER_BRANCH_TARGET = 256
/** Times the loops in the function, times those around it. */
export const UNITS_PER_LOOP = 4
/** One function's code once it is metered: engines take 7,654,321. */
export const METERED_BODY_BYTES_MAX = 7_500_000
/** All code once it is metered. Ordinary code grows by half; made for it, a float result a byte, by seven times. */
export const METERED_CODE_BYTES_MAX = 64 * 1024 * 1024
export const BRANCH_TARGETS_MAX = 65_520
export const PAGE_BYTES = 65_536
