/** What a metered guest's frames may take together; its worker's stack is `STACK_PER_DEPTH` times that. */
export const STACK_BYTES = 8 * 1024 * 1024
