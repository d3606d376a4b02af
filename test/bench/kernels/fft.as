/** A radix-2 transform of complex f64 in place, there and back. */
const N = 1024
const RE = new StaticArray<f64>(N)
const IM = new StaticArray<f64>(N)
const COS = new StaticArray<f64>(N / 2)
const SIN = new StaticArray<f64>(N / 2)
function transform(sign: f64): void {
  for (let i = 1, j = 0; i < N; i++) {
    let bit = N >> 1
    for (; j & bit; bit >>= 1) j ^= bit
    j ^= bit
    if (i < j) {
      const re = unchecked(RE[i]), im = unchecked(IM[i])
      unchecked((RE[i] = RE[j]))
      unchecked((IM[i] = IM[j]))
      unchecked((RE[j] = re))
      unchecked((IM[j] = im))
    }
  }
  for (let size = 2; size <= N; size <<= 1) {
    const half = size >> 1, step = N / size
    for (let start = 0; start < N; start += size)
      for (let k = 0; k < half; k++) {
        const cos = unchecked(COS[k * step]), sin = sign * unchecked(SIN[k * step])
        const a = start + k, b = a + half
        const re = unchecked(RE[b]) * cos - unchecked(IM[b]) * sin
        const im = unchecked(RE[b]) * sin + unchecked(IM[b]) * cos
        unchecked((RE[b] = RE[a] - re))
        unchecked((IM[b] = IM[a] - im))
        unchecked((RE[a] += re))
        unchecked((IM[a] += im))
      }
  }
}
export function run(): f64 {
  for (let i = 0; i < N / 2; i++) {
    unchecked((COS[i] = Math.cos((2 * Math.PI * i) / N)))
    unchecked((SIN[i] = Math.sin((2 * Math.PI * i) / N)))
  }
  for (let i = 0; i < N; i++) {
    unchecked((RE[i] = <f64>((i * 7919) % 101)))
    unchecked((IM[i] = 0))
  }
  for (let turn = 0; turn < 6; turn++) {
    transform(1)
    transform(-1)
    for (let i = 0; i < N; i++) {
      unchecked((RE[i] /= N))
      unchecked((IM[i] /= N))
    }
  }
  return unchecked(RE[17]) + unchecked(RE[N - 1])
}
