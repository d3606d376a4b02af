/** Recursion around loops. */
const N = 30000
const data = new StaticArray<i32>(N)
function sort(from: i32, to: i32): void {
  let i = from, j = to
  const pivot = unchecked(data[(from + to) >> 1])
  while (i <= j) {
    while (unchecked(data[i]) < pivot) i++
    while (unchecked(data[j]) > pivot) j--
    if (i <= j) {
      const t = unchecked(data[i])
      unchecked((data[i] = data[j]))
      unchecked((data[j] = t))
      i++
      j--
    }
  }
  if (from < j) sort(from, j)
  if (i < to) sort(i, to)
}
export function run(): f64 {
  let state = 1
  for (let i = 0; i < N; i++) {
    state = state * 1103515245 + 12345
    unchecked((data[i] = state >> 8))
  }
  sort(0, N - 1)
  return <f64>unchecked(data[0]) + <f64>unchecked(data[N >> 1])
}
