/**
 * An unsigned 64-bit integer in two signed halves, which stay small integers to the engine: BigInt would allocate for every step.
 * Constants come as their halves.
 */
export class Word64 {
  high = 0;
  low = 0;

  set(high: number, low: number): void {
    this.high = high | 0;
    this.low = low | 0;
  }

  add(high: number, low: number): void {
    const sum = (this.low >>> 0) + (low >>> 0);
    this.high = (this.high + high + (sum > 0xffffffff ? 1 : 0)) | 0;
    this.low = sum | 0;
  }

  xor(high: number, low: number): void {
    this.high ^= high;
    this.low ^= low;
  }

  /** Modulo 2^64. */
  multiply(high: number, low: number): void {
    const a = this.low;
    const a0 = a & 0xffff;
    const a1 = a >>> 16;
    const b0 = low & 0xffff;
    const b1 = low >>> 16;
    // Each product of 16-bit halves with its carry is below 2^32.
    const middle = (Math.imul(a1, b0) >>> 0) + (Math.imul(a0, b0) >>> 16);
    const cross = (Math.imul(a0, b1) >>> 0) + (middle & 0xffff);
    const carry = Math.imul(a1, b1) + (middle >>> 16) + (cross >>> 16);
    this.high = (Math.imul(this.high, low) + Math.imul(a, high) + carry) | 0;
    this.low = Math.imul(a, low);
  }

  /** By 1 to 31 bits. */
  rotateLeft(bits: number): void {
    const { high, low } = this;
    this.high = (high << bits) | (low >>> (32 - bits));
    this.low = (low << bits) | (high >>> (32 - bits));
  }

  /** `x ^= x >>> bits`, 1 to 63. */
  xorShiftRight(bits: number): void {
    if (bits < 32) {
      this.low ^= (this.low >>> bits) | (this.high << (32 - bits));
      this.high ^= this.high >>> bits;
    } else this.low ^= this.high >>> (bits - 32);
  }

  /** As BigInt, for tests and logs. */
  toBigInt(): bigint {
    return (BigInt(this.high >>> 0) << 32n) | BigInt(this.low >>> 0);
  }
}
