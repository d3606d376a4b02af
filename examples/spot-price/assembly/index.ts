/**
 * A price, asked for where it is traded. Members ask at different moments, so honest ones may see different prices; how they
 * agree is `validate` or `aggregate`, whichever the function is deployed to use.
 *
 * _start     stdin: a URL that answers with a decimal price. stdout: 32 bytes, the price in units of 1e-8, a big-endian uint256
 * validate   accepts a proposed price within a hundredth of this member's own
 * aggregate  the mean of the middle half of the prices, when more than half of the members saw one
 *
 * What cannot be answered ends with an exit code and a reason on stderr.
 */
import { fetchText } from "./fetch";
import { parsePrice } from "./price";
import { Reader } from "./reader";

const EXIT_NO_ANSWER = 1;
const EXIT_BAD_INPUT = 2;
const URL_BYTES_MAX = 2048;
const WORD_BYTES = 32;
/** One in so many. */
const TOLERANCE: u64 = 100;

// Made when an instance starts, whichever entry is called: `exportStart` is empty in asconfig.json.
const word = new Uint8Array(WORD_BYTES);

function fail(code: i32, reason: string): void {
  process.stderr.write("spot-price: " + reason + "\n");
  process.exit(code);
}

function write(price: u64): void {
  for (let i = 0; i < 8; i++) word[WORD_BYTES - 1 - i] = <u8>(price >> (8 * i));
  process.stdout.write(word.buffer);
}

/** A price as `_start` writes it; 0, which is none, for anything else. */
function priceOf(exit: i32, output: Uint8Array): u64 {
  if (exit != 0 || output.length != WORD_BYTES) return 0;
  let price: u64 = 0;
  for (let i = 0; i < WORD_BYTES; i++) {
    if (i < WORD_BYTES - 8 && output[i] != 0) return 0;
    price = (price << 8) | output[i];
  }
  return price;
}

export function _start(): void {
  const input = Reader.ofInput();
  if (input.left > URL_BYTES_MAX) fail(EXIT_BAD_INPUT, "the input is no URL");
  const url = String.UTF8.decode(input.bytes(input.left).slice().buffer);
  const body = fetchText(url);
  if (body === null) return fail(EXIT_NO_ANSWER, "no answer");
  const price = parsePrice(body.trim());
  if (price == 0) fail(EXIT_NO_ANSWER, "not a positive price with at most 8 decimals");
  write(price);
}

export function validate(): void {
  const input = Reader.ofInput();
  input.bytes(input.u32());
  const ownOutput = input.bytes(input.u32());
  const own = priceOf(input.u16(), ownOutput);
  const proposedOutput = input.bytes(input.u32());
  const proposed = priceOf(input.u16(), proposedOutput);
  if (own == 0 || proposed == 0) return fail(EXIT_NO_ANSWER, "there is no price to compare");
  const difference = own > proposed ? own - proposed : proposed - own;
  if (difference > own / TOLERANCE) fail(EXIT_NO_ANSWER, "too far from the price seen here");
}

export function aggregate(): void {
  const input = Reader.ofInput();
  const count = input.u16();
  const prices: u64[] = [];
  for (let i = 0; i < count; i++) {
    input.u16(); // seat
    const exit = input.u16();
    input.u64(); // fuel
    const price = priceOf(exit, input.bytes(input.u32()));
    if (price != 0) prices.push(price);
  }
  if (2 * prices.length <= count) return fail(EXIT_NO_ANSWER, "too few members saw a price");
  prices.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const out = prices.length >> 2;
  const middle = prices.slice(out, prices.length - out);
  // A liar's price may be as large as 64 bits: whole parts and rests apart, so that no sum overflows.
  let sum: u64 = 0;
  let rest: u64 = 0;
  for (let i = 0; i < middle.length; i++) {
    sum += middle[i] / middle.length;
    rest += middle[i] % middle.length;
  }
  write(sum + rest / middle.length);
}
