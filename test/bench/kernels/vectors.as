/** f32x4 arithmetic, stored in each turn: lanes made canonical. */
const N = 4096
const X = new StaticArray<f32>(N)
const Y = new StaticArray<f32>(N)
export function run(): f64 {
  for (let i = 0; i < N; i++) {
    unchecked((X[i] = <f32>i * 0.001))
    unchecked((Y[i] = <f32>(i % 7)))
  }
  const x = changetype<usize>(X), y = changetype<usize>(Y)
  const scale = f32x4.splat(0.75)
  for (let turn = 0; turn < 40; turn++)
    for (let at: usize = 0; at < <usize>N * 4; at += 16)
      v128.store(y + at, f32x4.add(f32x4.mul(v128.load(x + at), scale), v128.load(y + at)))
  return unchecked(Y[17]) + unchecked(Y[N - 1])
}
