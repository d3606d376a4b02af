/** A table, looked up for each byte. */
const table = new StaticArray<u32>(256)
const data = new StaticArray<u8>(65536)
export function run(): f64 {
  for (let i: u32 = 0; i < 256; i++) {
    let c = i
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
    unchecked((table[i] = c))
  }
  for (let i = 0; i < 65536; i++) unchecked((data[i] = <u8>(i * 31)))
  let crc: u32 = 0xffffffff
  for (let turn = 0; turn < 6; turn++)
    for (let i = 0; i < 65536; i++) crc = unchecked(table[(crc ^ data[i]) & 0xff]) ^ (crc >>> 8)
  return crc ^ 0xffffffff
}
