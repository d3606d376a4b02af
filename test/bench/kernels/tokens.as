/** A reader of JSON-like text: a branch table for each byte. */
const text = String.UTF8.encode('{"name":"value","list":[1,23,456,-7.5e3,true,false,null],"nested":{"a":{"b":[[],[]]}}} '.repeat(60))
export function run(): f64 {
  const start = changetype<usize>(text)
  let depth = 0, strings = 0, numbers = 0, words = 0, isInside = false
  for (let turn = 0; turn < 8; turn++)
    for (let i = 0; i < text.byteLength; i++) {
      const c = load<u8>(start + i)
      if (isInside) {
        if (c == 0x22) isInside = false
        continue
      }
      switch (c) {
        case 0x22:
          strings++
          isInside = true
          break
        case 0x7b:
        case 0x5b:
          depth++
          break
        case 0x7d:
        case 0x5d:
          depth--
          break
        case 0x30:
        case 0x31:
        case 0x32:
        case 0x33:
        case 0x34:
        case 0x35:
        case 0x36:
        case 0x37:
          numbers++
          break
        case 0x74:
        case 0x66:
        case 0x6e:
          words++
          break
        default:
      }
    }
  return depth + strings * 3 + numbers * 5 + words * 7
}
