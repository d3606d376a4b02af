/** Three loops over arrays of f64. */
const N = 64
const A = new StaticArray<f64>(N * N)
const B = new StaticArray<f64>(N * N)
const C = new StaticArray<f64>(N * N)
export function run(): f64 {
  for (let i = 0; i < N * N; i++) {
    unchecked((A[i] = <f64>(i % 17) * 0.5))
    unchecked((B[i] = <f64>(i % 13) - 4.25))
  }
  for (let i = 0; i < N; i++)
    for (let j = 0; j < N; j++) {
      let sum: f64 = 0
      for (let k = 0; k < N; k++) sum += unchecked(A[i * N + k]) * unchecked(B[k * N + j])
      unchecked((C[i * N + j] = sum))
    }
  return unchecked(C[N + 1]) + unchecked(C[N * N - 1])
}
