/** Standard input, read as numbers, big-endian, and bytes. What is not there traps: nodes write whole inputs. */
const CHUNK_BYTES = 65536;

export class Reader {
  private at: i32 = 0;

  constructor(private readonly all: Uint8Array) {}

  static ofInput(): Reader {
    let buffer = new ArrayBuffer(CHUNK_BYTES);
    let length = 0;
    while (true) {
      if (length == buffer.byteLength) {
        const larger = new ArrayBuffer(2 * length);
        memory.copy(changetype<usize>(larger), changetype<usize>(buffer), length);
        buffer = larger;
      }
      const count = process.stdin.read(buffer, length);
      if (count <= 0) break;
      length += count;
    }
    return new Reader(Uint8Array.wrap(buffer, 0, length));
  }

  get left(): i32 {
    return this.all.length - this.at;
  }

  bytes(length: u32): Uint8Array {
    assert(length <= <u32>this.left);
    this.at += length;
    return this.all.subarray(this.at - length, this.at);
  }

  private number(size: i32): u64 {
    const bytes = this.bytes(size);
    let value: u64 = 0;
    for (let i = 0; i < size; i++) value = (value << 8) | bytes[i];
    return value;
  }

  u16(): i32 {
    return <i32>this.number(2);
  }

  u32(): u32 {
    return <u32>this.number(4);
  }

  u64(): u64 {
    return this.number(8);
  }
}
