/** Straight code in rounds: few branches, many instructions. */
const S = new StaticArray<u32>(16)
export function run(): f64 {
  let sum: u32 = 0
  for (let n = 0; n < 4000; n++) {
    for (let i = 0; i < 16; i++) unchecked((S[i] = n * 0x9e3779b1 + i))
    let a = unchecked(S[0]), b = unchecked(S[4]), c = unchecked(S[8]), d = unchecked(S[12])
    for (let round = 0; round < 20; round++) {
      a += b
      d = rotl(d ^ a, 16)
      c += d
      b = rotl(b ^ c, 12)
      a += b
      d = rotl(d ^ a, 8)
      c += d
      b = rotl(b ^ c, 7)
    }
    sum ^= a + b + c + d
  }
  return sum
}
