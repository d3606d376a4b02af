/**
 * The median of several prices.
 *
 * stdin   {"pair":"ETH/USD","sources":[{"name":"a","price":"3012.42"}, …]}
 * stdout  32 bytes: the median in units of 1e-8, a big-endian uint256
 *
 * 1 to 64 sources, each name once; a price is a positive decimal string with at most 8 decimals. With an even
 * number of sources the median is the mean of the two middle prices, rounded down. Anything else ends with exit
 * code 2 and a reason on stderr: a feed must not answer a question it did not understand.
 */
import { Reader } from "./json";
import { parsePrice } from "./price";

const INPUT_BYTES_MAX = 32768;
const SOURCES_MAX = 64;
const NAME_BYTES_MAX = 64;
const EXIT_BAD_INPUT = 2;

function fail(reason: string): void {
  process.stderr.write("price-feed: " + reason + "\n");
  process.exit(EXIT_BAD_INPUT);
}

/** Reads standard input to its end. */
function readInput(): Uint8Array {
  const buffer = new ArrayBuffer(INPUT_BYTES_MAX + 1);
  let length = 0;
  while (length <= INPUT_BYTES_MAX) {
    const count = process.stdin.read(buffer, length);
    if (count <= 0) break;
    length += count;
  }
  if (length > INPUT_BYTES_MAX) fail("input larger than 32768 bytes");
  return Uint8Array.wrap(buffer, 0, length);
}

/** `{"name":"…","price":"…"}` with both keys, once each, in either order. */
function readSource(reader: Reader, names: string[]): u64 {
  let name = "";
  let price = "";
  reader.expect("{");
  for (let i = 0; i < 2; i++) {
    if (i > 0) reader.expect(",");
    const key = reader.text(NAME_BYTES_MAX);
    reader.expect(":");
    if (key == "name" && name.length == 0) name = reader.text(NAME_BYTES_MAX);
    else if (key == "price" && price.length == 0) price = reader.text(NAME_BYTES_MAX);
    else fail("a source has the keys name and price, once each");
  }
  reader.expect("}");
  if (name.length == 0) fail("a source needs a name");
  if (names.includes(name)) fail("source " + name + " is listed twice");
  names.push(name);
  const value = parsePrice(price);
  if (value == 0) fail("source " + name + ": not a positive price with at most 8 decimals");
  return value;
}

function readSources(reader: Reader): u64[] {
  const prices: u64[] = [];
  const names: string[] = [];
  reader.expect("[");
  do {
    if (prices.length == SOURCES_MAX) fail("more than 64 sources");
    prices.push(readSource(reader, names));
  } while (reader.accept(","));
  reader.expect("]");
  return prices;
}

function readPrices(reader: Reader): u64[] {
  let pair = "";
  let prices: u64[] = [];
  reader.expect("{");
  for (let i = 0; i < 2; i++) {
    if (i > 0) reader.expect(",");
    const key = reader.text(NAME_BYTES_MAX);
    reader.expect(":");
    if (key == "pair" && pair.length == 0) pair = reader.text(NAME_BYTES_MAX);
    else if (key == "sources" && prices.length == 0) prices = readSources(reader);
    else fail("the input has the keys pair and sources, once each");
  }
  reader.expect("}");
  reader.end();
  if (pair.length == 0) fail("pair is empty");
  return prices;
}

/** Prices stay below 2^60, so the sum of two cannot overflow. */
function median(prices: u64[]): u64 {
  prices.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const middle = prices.length >> 1;
  return prices.length & 1 ? prices[middle] : (prices[middle - 1] + prices[middle]) >> 1;
}

const answer = median(readPrices(new Reader(readInput(), fail)));
const word = new Uint8Array(32);
for (let i = 0; i < 8; i++) word[31 - i] = <u8>(answer >> (8 * i));
process.stdout.write(word.buffer);
