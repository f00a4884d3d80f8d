import { Buffer } from "node:buffer";

/** Pieces below this are copied together: a peer that sends single bytes must not make us hold a buffer for each. */
const SMALL = 1024;
const BLOCK = 4096;

/** Input held for later, in order: large pieces by reference, small ones copied into blocks. Exists only while it isn't empty. */
export class PieceQueue {
  /** Bytes held. */
  bytes: number;
  private readonly pieces: Buffer[];
  /** The block the last piece is a view of, when it is one of ours; and how far it is filled. */
  private block: Buffer | null;
  private filled: number;

  constructor() {
    this.bytes = 0;
    this.pieces = [];
    this.block = null;
    this.filled = 0;
  }

  /** Adds at the end. */
  push(piece: Buffer): void {
    this.bytes += piece.length;
    if (piece.length >= SMALL || this.pieces.length === 0) {
      this.pieces.push(piece);
      this.block = null;
    } else if (this.block !== null && this.filled + piece.length <= BLOCK) {
      const last = this.pieces[this.pieces.length - 1];
      piece.copy(this.block, this.filled);
      this.filled += piece.length;
      this.pieces[this.pieces.length - 1] = this.block.subarray(this.filled - last.length - piece.length, this.filled);
    } else {
      this.block = Buffer.allocUnsafeSlow(BLOCK);
      piece.copy(this.block);
      this.filled = piece.length;
      this.pieces.push(this.block.subarray(0, this.filled));
    }
  }

  /** Puts back what `shift()` gave, or its end. */
  unshift(piece: Buffer): void {
    this.bytes += piece.length;
    this.pieces.unshift(piece);
  }

  /** Takes the first; there is one. */
  shift(): Buffer {
    const piece = this.pieces.shift()!;
    this.bytes -= piece.length;
    if (this.pieces.length === 0) this.block = null;
    return piece;
  }
}
