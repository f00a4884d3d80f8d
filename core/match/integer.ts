/**
 * A decimal integer as Envoy reads it (absl::SimpleAtoi): optional sign, digits, blanks around it; NaN for anything else or beyond
 * the bits of an int64 (63) or uint64 (64).
 * Allocates nothing. Beyond 2^53 the value is rounded.
 */
export function parseInteger(text: string, bits: 63 | 64 = 63): number {
  let at = 0;
  let end = text.length;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  while (end > at && isBlank(text.charCodeAt(end - 1))) end--;
  let negative = false;
  const sign = at < end ? text.charCodeAt(at) : 0;
  if (sign === 43 || sign === 45) {
    negative = sign === 45;
    at++;
  }
  if (at === end) return NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  if (value >= 2 ** bits) return NaN;
  return negative ? -value : value;
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
