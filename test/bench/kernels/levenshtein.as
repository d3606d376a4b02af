/** Dynamic programming with bounds checked, on strings of the language. */
export function run(): f64 {
  const a = 'the quick brown fox jumps over the lazy dog and runs away from everything '.repeat(4)
  const b = 'a lazy brown dog was jumped over by the quickest of all foxes, which ran '.repeat(4)
  let row = new Array<i32>(b.length + 1)
  for (let j = 0; j <= b.length; j++) row[j] = j
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0]
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const cost = a.charCodeAt(i - 1) == b.charCodeAt(j - 1) ? 0 : 1
      const next = min(min(row[j] + 1, row[j - 1] + 1), diagonal + cost)
      diagonal = row[j]
      row[j] = next
    }
  }
  return row[b.length]
}
