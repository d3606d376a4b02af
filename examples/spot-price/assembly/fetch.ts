/** The host's HTTP, as the Blockless guest ABI has it. It answers where the function's permissions and the operator's grants agree. */
@external("blockless_http", "http_req")
declare function http_req(url: usize, urlBytes: i32, options: usize, optionsBytes: i32, handle: usize, status: usize): i32;
@external("blockless_http", "http_read_body")
declare function http_read_body(handle: u32, buffer: usize, bytes: i32, count: usize): i32;

const ANSWER_BYTES_MAX = 64;
const OPTIONS = '{"method":"GET","connectTimeout":5,"readTimeout":5,"headers":"{}","body":null}';
const OK = 200;

/** A short answer with status 200; null for any other. */
export function fetchText(url: string): string | null {
  const address = String.UTF8.encode(url);
  const options = String.UTF8.encode(OPTIONS);
  const result = new StaticArray<u32>(2);
  const at = changetype<usize>(result);
  const code = http_req(changetype<usize>(address), address.byteLength, changetype<usize>(options), options.byteLength, at, at + 4);
  if (code != 0 || result[1] != OK) return null;
  const buffer = new ArrayBuffer(ANSWER_BYTES_MAX);
  if (http_read_body(result[0], changetype<usize>(buffer), ANSWER_BYTES_MAX, at + 4) != 0) return null;
  const count = <i32>result[1];
  return count < ANSWER_BYTES_MAX ? String.UTF8.decode(buffer.slice(0, count)) : null;
}
