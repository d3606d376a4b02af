/**
 * Just enough JSON for one known shape: punctuation, and strings of printable ASCII without escapes.
 * Every mismatch calls `fail`, which must not return.
 */
export class Reader {
  private at: i32 = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly fail: (reason: string) => void,
  ) {}

  /** Consumes this punctuation character if it is next. */
  accept(character: string): bool {
    this.skipSpace();
    if (this.at >= this.bytes.length || this.bytes[this.at] != character.charCodeAt(0)) return false;
    this.at++;
    return true;
  }

  expect(character: string): void {
    if (!this.accept(character)) this.fail("expected " + character + " at byte " + this.at.toString());
  }

  text(lengthMax: i32): string {
    this.expect('"');
    const start = this.at;
    for (; this.at < this.bytes.length; this.at++) {
      const byte = this.bytes[this.at];
      if (byte == 0x22) break;
      if (byte < 0x20 || byte > 0x7e || byte == 0x5c) this.fail("unsupported character at byte " + this.at.toString());
    }
    const length = this.at - start;
    this.expect('"');
    if (length > lengthMax) this.fail("string too long at byte " + start.toString());
    return String.UTF8.decodeUnsafe(this.bytes.dataStart + start, length);
  }

  end(): void {
    this.skipSpace();
    if (this.at != this.bytes.length) this.fail("unexpected byte after the input, at " + this.at.toString());
  }

  private skipSpace(): void {
    while (this.at < this.bytes.length) {
      const byte = this.bytes[this.at];
      if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return;
      this.at++;
    }
  }
}
