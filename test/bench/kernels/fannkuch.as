/** Permutations of a small array: short loops with branches that are hard to foresee. */
const N = 8
const perm = new StaticArray<i32>(N)
const work = new StaticArray<i32>(N)
const count = new StaticArray<i32>(N)
export function run(): f64 {
  for (let i = 0; i < N; i++) unchecked((perm[i] = i))
  let r = N, flipsMax = 0, checksum = 0, sign = 1
  while (true) {
    for (; r != 1; r--) unchecked((count[r - 1] = r))
    for (let i = 0; i < N; i++) unchecked((work[i] = perm[i]))
    let flips = 0
    for (let k = unchecked(work[0]); k != 0; k = unchecked(work[0])) {
      for (let i = 0, j = k; i < j; i++, j--) {
        const t = unchecked(work[i])
        unchecked((work[i] = work[j]))
        unchecked((work[j] = t))
      }
      flips++
    }
    flipsMax = max(flips, flipsMax)
    checksum += sign * flips
    sign = -sign
    while (true) {
      if (r == N) return checksum * 100 + flipsMax
      const first = unchecked(perm[0])
      for (let i = 0; i < r; i++) unchecked((perm[i] = perm[i + 1]))
      unchecked((perm[r] = first))
      unchecked((count[r] -= 1))
      if (unchecked(count[r]) > 0) break
      r++
    }
  }
  return 0
}
