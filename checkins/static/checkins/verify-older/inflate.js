// DEFLATE (RFC 1951) in zlib's wrapping (RFC 1950), for browsers that cannot do it themselves (Safari before 16.4);
// no other one asks for this file.

import { refuse } from "../verify/text.js";

const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]; // of the lengths of lengths
const FIXED = [...Array(144).fill(8), ...Array(112).fill(9), ...Array(24).fill(7), ...Array(8).fill(8)];

/** What these bytes unpack to, `largest` at most. Raises Refused. What they are is signed, so that no checksum is asked. */
export function inflate(bytes, largest) {
  if ((bytes[0] & 15) !== 8 || ((bytes[0] << 8) | bytes[1]) % 31 !== 0 || bytes[1] & 32) refuse();
  const out = new Uint8Array(largest);
  let [at, to] = [16, 0]; // the bit that is read next, the byte that is written next

  const take = (count) => {
    let value = 0;
    for (let place = 0; place < count; place += 1, at += 1) {
      if (at >> 3 >= bytes.length) refuse();
      value |= ((bytes[at >> 3] >> (at & 7)) & 1) << place;
    }
    return value;
  };
  const write = (byte) => {
    if (to === largest) refuse();
    out[to] = byte;
    to += 1;
  };
  const symbol = ({ counts, symbols }) => {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length < 16; length += 1) {
      code |= take(1);
      if (code - counts[length] < first) return symbols[index + code - first];
      index += counts[length];
      first = (first + counts[length]) << 1;
      code <<= 1;
    }
    return refuse();
  };

  const stored = () => {
    at = (at + 7) & ~7;
    const length = take(16);
    if ((take(16) ^ length) !== 0xffff) refuse();
    for (let left = length; left > 0; left -= 1) write(take(8));
  };
  const packed = (literals, distances) => {
    for (let found = symbol(literals); found !== 256; found = symbol(literals)) {
      if (found < 256) write(found);
      else copy(lengthOf(found - 257), distanceOf(symbol(distances)));
    }
  };
  const copy = (length, back) => {
    if (back > to) refuse();
    for (let left = length; left > 0; left -= 1) write(out[to - back]);
  };
  const lengthOf = (code) => {
    if (code >= 28) return code === 28 ? 258 : refuse();
    const extra = code < 8 ? 0 : (code >> 2) - 1;
    return 3 + (extra ? ((4 | (code & 3)) << extra) + take(extra) : code);
  };
  const distanceOf = (code) => {
    if (code > 29) refuse();
    const extra = code < 4 ? 0 : (code >> 1) - 1;
    return 1 + (extra ? ((2 | (code & 1)) << extra) + take(extra) : code);
  };
  const tables = () => {
    const [literals, distances, given] = [take(5) + 257, take(5) + 1, take(4) + 4];
    const short = Array(19).fill(0);
    for (const place of ORDER.slice(0, given)) short[place] = take(3);
    const [codes, lengths] = [table(short), []];
    while (lengths.length < literals + distances) {
      const found = symbol(codes);
      const [value, times] = found < 16 ? [found, 1]
        : found === 16 ? [lengths[lengths.length - 1] ?? refuse(), 3 + take(2)] : [0, found === 17 ? 3 + take(3) : 11 + take(7)];
      lengths.push(...Array(times).fill(value));
    }
    if (lengths.length > literals + distances) refuse();
    return [table(lengths.slice(0, literals)), table(lengths.slice(literals))];
  };

  for (let last = 0; !last;) {
    last = take(1);
    const kind = take(2);
    if (kind === 0) stored();
    else if (kind === 1) packed(table(FIXED), table(Array(30).fill(5)));
    else if (kind === 2) packed(...tables());
    else refuse();
  }
  return out.slice(0, to);
}

/** How many codes of each length there are, and the symbols in the order of their codes. */
function table(lengths) {
  const counts = Array(16).fill(0);
  for (const length of lengths) counts[length] += 1;
  const symbols = [];
  for (let length = 1; length < 16; length += 1) lengths.forEach((one, symbol) => { if (one === length) symbols.push(symbol); });
  counts[0] = 0;
  return { counts, symbols };
}
