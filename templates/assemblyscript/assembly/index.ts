/**
 * The median of whole numbers.
 *
 * stdin   1 to 1,000 whole numbers below 2^64, in decimal, separated by white space
 * stdout  32 bytes: the median, a big-endian uint256; the lower one of two
 *
 * Anything else ends with exit code 2 and a reason on stderr.
 */
const INPUT_BYTES_MAX = 32768;
const NUMBERS_MAX = 1000;
const EXIT_BAD_INPUT = 2;

function fail(reason: string): void {
  process.stderr.write(reason + "\n");
  process.exit(EXIT_BAD_INPUT);
}

/** Reads standard input to its end. */
function readInput(): Uint8Array {
  const buffer = new ArrayBuffer(INPUT_BYTES_MAX);
  let length = 0;
  while (length < INPUT_BYTES_MAX) {
    const count = process.stdin.read(buffer, length);
    if (count <= 0) break;
    length += count;
  }
  return Uint8Array.wrap(buffer, 0, length);
}

function isSpace(byte: u8): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function parseNumbers(input: Uint8Array): u64[] {
  const numbers: u64[] = [];
  let at = 0;
  while (at < input.length) {
    if (isSpace(input[at])) {
      at++;
      continue;
    }
    let number: u64 = 0;
    for (; at < input.length && !isSpace(input[at]); at++) {
      const digit = <u64>(input[at] - 0x30);
      if (digit > 9) fail("not a whole number, at byte " + at.toString());
      if (number > (u64.MAX_VALUE - digit) / 10) fail("a number of 2^64 or more");
      number = number * 10 + digit;
    }
    if (numbers.length == NUMBERS_MAX) fail("more than 1000 numbers");
    numbers.push(number);
  }
  if (numbers.length == 0) fail("no numbers");
  return numbers;
}

const numbers = parseNumbers(readInput());
numbers.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
const median = numbers[(numbers.length - 1) >> 1];
const word = new Uint8Array(32);
for (let i = 0; i < 8; i++) word[31 - i] = <u8>(median >> (8 * i));
process.stdout.write(word.buffer);
