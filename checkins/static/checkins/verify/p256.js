// ECDSA on P-256 with SHA-256 (ES256): WebCrypto does it; a point that came with its x alone is completed here.

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const CURVE = { name: "ECDSA", namedCurve: "P-256" };

function number(bytes) {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function power(base, exponent) {
  let result = 1n;
  for (let left = exponent, square = base; left > 0n; left >>= 1n, square = (square * square) % P) {
    if (left & 1n) result = (result * square) % P;
  }
  return result;
}

/** The 65 bytes 04 ‖ x ‖ y of the point with this x whose y is odd or even; null: no point of the curve has this x. */
export function point(x, odd) {
  const across = number(x);
  if (across >= P) return null;
  const square = (((across * across - 3n) * across + B) % P + P) % P;
  const root = power(square, (P + 1n) >> 2n); // P mod 4 is 3
  if ((root * root) % P !== square) return null;
  let up = (root & 1n) === (odd ? 1n : 0n) ? root : P - root;
  const bytes = new Uint8Array(65);
  bytes[0] = 4;
  bytes.set(x, 1);
  for (let at = 64; at > 32; at -= 1, up >>= 8n) bytes[at] = Number(up & 255n);
  return bytes;
}

/** A public key: a JWK or the bytes of a point. Rejects when it is none. */
export function key(source) {
  const raw = source instanceof Uint8Array;
  const plain = raw ? source : { kty: source.kty, crv: source.crv, x: source.x, y: source.y };
  return crypto.subtle.importKey(raw ? "raw" : "jwk", plain, CURVE, false, ["verify"]);
}

/** Is r ‖ s, 64 bytes, this key's signature of these bytes, with the lower of its two values of s? */
export async function signed(by, signature, bytes) {
  if (signature.length !== 64 || number(signature.subarray(32)) > N >> 1n) return false;
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, by, signature, bytes);
}
