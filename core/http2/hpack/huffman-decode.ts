import { CODE, CODE_LENGTH, EOS } from "./huffman-code.ts";

/** A transition: the next state in the low byte, then the symbol that it yields, if it yields one. */
const YIELDS = 1 << 16;
/** The bits lead to EOS, which is a mistake (RFC 7541 section 5.2). */
const FAILS = 1 << 17;

/**
 * States are the inner nodes of the code's tree; one transition takes four bits. Four bits end at most one code, because the shortest has five.
 * 256 states of 16 transitions: 16 KiB.
 */
interface Automaton {
  readonly transitions: Int32Array;
  /** 1 where a string may end: what was read since the last symbol is a beginning of EOS, shorter than a byte. */
  readonly mayEnd: Uint8Array;
}

function build(): Automaton {
  // Children of inner nodes: an inner node's number, or ~symbol of a leaf.
  const children = new Int32Array(2 * 256);
  let nodes = 1;
  for (let symbol = 0; symbol <= EOS; symbol++) {
    let node = 0;
    for (let bit = CODE_LENGTH[symbol] - 1; bit > 0; bit--) {
      const slot = 2 * node + ((CODE[symbol] >>> bit) & 1);
      if (children[slot] === 0) children[slot] = nodes++;
      node = children[slot];
    }
    children[2 * node + (CODE[symbol] & 1)] = ~symbol;
  }
  const transitions = new Int32Array(nodes * 16);
  for (let node = 0; node < nodes; node++) {
    for (let bits = 0; bits < 16; bits++) {
      let at = node;
      let result = 0;
      for (let bit = 3; bit >= 0; bit--) {
        const child = children[2 * at + ((bits >> bit) & 1)];
        if (child >= 0) at = child;
        else if (~child === EOS) result = FAILS;
        else {
          result = YIELDS | (~child << 8);
          at = 0;
        }
      }
      transitions[node * 16 + bits] = result | at;
    }
  }
  const mayEnd = new Uint8Array(nodes);
  for (let node = 0, depth = 0; depth < 8; depth++) {
    mayEnd[node] = 1;
    node = children[2 * node + 1];
  }
  return { transitions, mayEnd };
}

/** Made when the first string comes: most gateways that start have none. */
let automaton: Automaton | null = null;

/** How many bytes a string of so many can become: no code is shorter than five bits. */
export function decodedBound(length: number): number {
  return Math.floor((length * 8) / 5);
}

/**
 * Decodes `[from, to)` into `out`, which must have room for `decodedBound` bytes, from its start. Returns how many bytes there are, or -1 for
 * what no encoder writes: EOS within, padding that is longer than 7 bits or not all ones (RFC 7541 section 5.2).
 */
export function huffmanDecode(bytes: Uint8Array, from: number, to: number, out: Uint8Array): number {
  const { transitions, mayEnd } = (automaton ??= build());
  let state = 0;
  let length = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    const high = transitions[(state << 4) | (byte >> 4)];
    if ((high & YIELDS) !== 0) out[length++] = high >> 8;
    const low = transitions[((high & 255) << 4) | (byte & 15)];
    if ((low & YIELDS) !== 0) out[length++] = low >> 8;
    if (((high | low) & FAILS) !== 0) return -1;
    state = low & 255;
  }
  return mayEnd[state] === 1 ? length : -1;
}
