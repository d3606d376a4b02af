const DECIMALS: i32 = 8;
const WHOLE_DIGITS_MAX: i32 = 10;

/**
 * A decimal such as `3012.42` in units of 1e-8, or 0 when it is not a positive decimal of at most ten digits before
 * the point and eight after it. No sign, exponent, leading zero or bare point. The result is below 10^18.
 */
export function parsePrice(text: string): u64 {
  const point = text.indexOf(".");
  const wholeDigits = point < 0 ? text.length : point;
  const decimals = point < 0 ? 0 : text.length - point - 1;
  if (wholeDigits < 1 || wholeDigits > WHOLE_DIGITS_MAX) return 0;
  if (decimals > DECIMALS || (point >= 0 && decimals == 0)) return 0;
  if (wholeDigits > 1 && text.charCodeAt(0) == 0x30) return 0;
  let value: u64 = 0;
  for (let i = 0; i < text.length; i++) {
    if (i == point) continue;
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return 0;
    value = value * 10 + <u64>digit;
  }
  for (let i = decimals; i < DECIMALS; i++) value *= 10;
  return value;
}
