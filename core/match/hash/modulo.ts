/** Below it nothing of the product of two remainders is lost. */
const EXACT = 2 ** 26;

/** An unsigned 64-bit number, by its halves, modulo a divisor of at most 2^32. */
export function modulo64(high: number, low: number, divisor: number): number {
  if (divisor > EXACT) return Number(((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)) % BigInt(divisor));
  return (((high >>> 0) % divisor) * (4_294_967_296 % divisor) + (low >>> 0)) % divisor;
}
