/** Wall-clock time in milliseconds since 1970. */
export interface Clock {
  nowMs(): number
}
