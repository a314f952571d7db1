// Texts as bytes: base45 (RFC 9285) of what a screen shows, base64url (RFC 4648 §5) of keys and tokens.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** What was read is not what was agreed on. `reason`: a stable code of docs/reference/electronic-id.md. */
export class Refused extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

export function refuse(reason = "malformed") {
  throw new Refused(reason);
}

/** The bytes of a base45 text; every text that no encoder writes is refused. */
export function base45(text) {
  const values = Array.from(text, (symbol) => ALPHABET.indexOf(symbol));
  if (values.includes(-1) || values.length % 3 === 1) refuse();
  const bytes = [];
  for (let at = 0; at < values.length; at += 3) {
    const [low, middle, high] = values.slice(at, at + 3);
    const number = low + 45 * middle + 2025 * (high ?? 0);
    if (number > (high === undefined ? 0xff : 0xffff)) refuse();
    if (high !== undefined) bytes.push(number >> 8);
    bytes.push(number & 0xff);
  }
  return Uint8Array.from(bytes);
}

/** The bytes of a base64url text without padding, in its one spelling. */
export function base64url(text) {
  if (typeof text !== "string" || !/^[\w-]*$/.test(text) || text.length % 4 === 1) refuse();
  const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (byte) => byte.charCodeAt(0));
  if (toBase64url(bytes) !== text) refuse();
  return bytes;
}

export function toBase64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
