// CBOR in its one deterministic spelling (RFC 8949 §4.2.1), as far as electronic IDs use it: integers of at most 32 bits,
// byte and text strings, arrays, maps with integer keys, booleans. All else is refused: tags, floats, null, indefinite
// lengths, a longer spelling of a number, keys out of order or twice, depth, bytes left over.

import { refuse } from "./text.js";

const DEEPEST = 6; // arrays and maps in one another, the outermost counted as one
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The value that these bytes spell. Raises Refused. Maps become Map, byte strings Uint8Array. */
export function read(bytes) {
  const reader = new Reader(bytes);
  const value = reader.item(1);
  if (reader.at !== bytes.length) refuse();
  return value;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  item(depth) {
    const first = this.take(1)[0];
    const major = first >> 5;
    if (major === 7) return first === 0xf5 ? true : first === 0xf4 ? false : refuse();
    const count = this.count(first & 31);
    if (major === 0) return count;
    if (major === 1) return -1 - count;
    if (major === 2) return this.take(count);
    if (major === 3) return this.text(count);
    if (major > 5 || depth > DEEPEST || count > this.bytes.length) refuse();
    return major === 4 ? Array.from({ length: count }, () => this.item(depth + 1)) : this.map(count, depth);
  }

  /** The number of an item's head, which must not fit into a shorter head. */
  count(short) {
    if (short < 24) return short;
    if (short > 26) refuse();
    const width = 1 << (short - 24);
    const number = this.take(width).reduce((sum, byte) => sum * 256 + byte, 0);
    const least = width === 1 ? 24 : 2 ** (4 * width);
    return number < least ? refuse() : number;
  }

  take(count) {
    if (count > this.bytes.length - this.at) refuse();
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  text(count) {
    try {
      return UTF8.decode(this.take(count));
    } catch {
      return refuse();
    }
  }

  map(count, depth) {
    const found = new Map();
    let before = [];
    for (let left = count; left > 0; left -= 1) {
      const start = this.at;
      const key = this.item(depth + 1);
      const spelt = this.bytes.subarray(start, this.at);
      if (!Number.isInteger(key) || !follows(spelt, before)) refuse();
      before = spelt;
      found.set(key, this.item(depth + 1));
    }
    return found;
  }
}

/** Does this key stand after that one, byte by byte? Equal ones do not. */
function follows(key, before) {
  const differs = key.findIndex((byte, at) => byte !== before[at]);
  return differs !== -1 && (differs >= before.length || key[differs] > before[differs]);
}

/** An item's head, for what is signed. */
export function head(major, count) {
  const first = major << 5;
  if (count < 24) return [first | count];
  return count < 256 ? [first | 24, count] : [first | 25, count >> 8, count & 255];
}
