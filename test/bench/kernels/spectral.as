/** Divisions of f64, through a small function. */
const N = 120
function a(i: i32, j: i32): f64 {
  return 1 / <f64>((((i + j) * (i + j + 1)) >> 1) + i + 1)
}
function multiply(v: StaticArray<f64>, into: StaticArray<f64>, transposed: bool): void {
  for (let i = 0; i < N; i++) {
    let sum: f64 = 0
    for (let j = 0; j < N; j++) sum += (transposed ? a(j, i) : a(i, j)) * unchecked(v[j])
    unchecked((into[i] = sum))
  }
}
const U = new StaticArray<f64>(N)
const V = new StaticArray<f64>(N)
const T = new StaticArray<f64>(N)
export function run(): f64 {
  U.fill(1)
  for (let i = 0; i < 5; i++) {
    multiply(U, T, false)
    multiply(T, V, true)
    multiply(V, T, false)
    multiply(T, U, true)
  }
  let uv: f64 = 0, vv: f64 = 0
  for (let i = 0; i < N; i++) {
    uv += unchecked(U[i]) * unchecked(V[i])
    vv += unchecked(V[i]) * unchecked(V[i])
  }
  return Math.sqrt(uv / vv)
}
