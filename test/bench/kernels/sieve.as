/** The shortest loops there are: a store and an addition. */
const N = 200000
const composite = new StaticArray<u8>(N)
export function run(): f64 {
  memory.fill(changetype<usize>(composite), 0, N)
  let primes = 0
  for (let i = 2; i < N; i++) {
    if (unchecked(composite[i])) continue
    primes++
    for (let j = i + i; j < N; j += i) unchecked((composite[j] = 1))
  }
  return primes
}
