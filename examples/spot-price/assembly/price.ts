/** Decimal prices in whole units of 1e-8. */
const DECIMALS = 8;
const WHOLE_DIGITS_MAX = 10;

/** 0, which is no price, for what is none: signs, exponents, more than 10 digits before or 8 behind the point. */
export function parsePrice(text: string): u64 {
  const point = text.indexOf(".");
  const whole = point < 0 ? text.length : point;
  const decimals = point < 0 ? 0 : text.length - point - 1;
  if (whole == 0 || whole > WHOLE_DIGITS_MAX || decimals > DECIMALS || (point >= 0 && decimals == 0)) return 0;
  let value: u64 = 0;
  for (let i = 0; i < text.length; i++) {
    if (i == point) continue;
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return 0;
    value = value * 10 + digit;
  }
  for (let i = decimals; i < DECIMALS; i++) value *= 10;
  return value;
}
