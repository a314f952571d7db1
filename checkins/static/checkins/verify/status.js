// The Token Status List: one bit an officer, signed by the issuer as a JWT (typ statuslist+jwt), zlib inside.

import { signed } from "./p256.js";
import { base64url, refuse } from "./text.js";

const LARGEST = 2_000_000; // bytes unpacked: sixteen million officers
const OLDER = new URL("../verify-older/inflate.js", import.meta.url);
const JSON_TEXT = new TextDecoder("utf-8", { fatal: true });

/** The list, once its signature holds. `keys`: kid → key. Raises Refused, or whatever the unpacking raises. */
export async function statusList(token, keys) {
  const parts = token.trim().split(".");
  if (parts.length !== 3) refuse();
  const [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(JSON_TEXT.decode(base64url(part))));
  if (header.alg !== "ES256" || header.typ !== "statuslist+jwt") refuse("wrong_algorithm");
  const issuer = keys.get(header.kid) ?? refuse("unknown_issuer");
  const said = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
  if (!(await signed(issuer.key, base64url(parts[2]), said))) refuse("bad_signature");
  const { iat, exp, ttl, status_list: list } = claims;
  if (![iat, exp, ttl].every(Number.isInteger) || list?.bits !== 1) refuse();
  return { iat, ttl, until: Math.min(exp, iat + ttl), bits: await unpacked(base64url(list.lst)) };
}

async function unpacked(bytes) {
  if (!("DecompressionStream" in globalThis)) return (await import(OLDER)).inflate(bytes, LARGEST);
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const pieces = [];
  let length = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    length += piece.value.length;
    if (length > LARGEST) refuse();
    pieces.push(piece.value);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** `revoked`, `valid`, or `unknown`: no list, one that is over its time at `now` (seconds), one without this officer. */
export function statusOf(list, index, now) {
  const byte = list?.bits[index >>> 3];
  if (byte === undefined) return "unknown";
  if ((byte >> (index & 7)) & 1) return "revoked";
  return now < list.until ? "valid" : "unknown";
}
