// Checks a receipt (存证回执, C2SP tlog-proof) with nothing but WebCrypto: the entry's leaf, its way up the tree, the checkpoint's signatures.

const HEADER = "c2sp.org/tlog-proof@v1";
const ED25519 = 1;
const ECDSA = 2;
const COSIGNATURE = 4;
const HASH = 32;
const utf8 = new TextEncoder();

/** Why it proves nothing; `reason` is one of `damaged`, `altered`, `unsigned`, `forged`, `foreign`. */
export class Refused extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * { record, origin, index, size, signers }: what the receipt proves under one of these keys, one a line: vkeys; a line without `+`
 * is the name of the log that is meant, which must be said where only witnesses vouch.
 */
export async function check(text, trusted) {
  const { salt, body, index, proof, note } = read(text);
  const [origin, size, root] = note.split("\n");
  const leaves = Number(size);
  const top = await climb({ index, size: leaves, leaf: await sha256([0], salt, body), proof });
  if (!same(top, base64(root))) throw new Refused("altered");
  const record = parse(() => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  return { record, origin, index, size: leaves, signers: await signers(note, trusted) };
}

function read(text) {
  const gap = text.indexOf("\n\n");
  const [header, extra, index, ...proof] = text.slice(0, gap).split("\n");
  if (gap < 0 || header !== HEADER || !/^extra /.test(extra ?? "") || !/^index (0|[1-9]\d{0,14})$/.test(index ?? "")) {
    throw new Refused("damaged");
  }
  return parse(() => {
    const told = JSON.parse(new TextDecoder().decode(base64(extra.slice(6))));
    return {
      salt: base64(told.salt),
      body: base64(told.body),
      index: Number(index.slice(6)),
      proof: proof.map(base64),
      note: text.slice(gap + 2),
    };
  });
}

/** RFC 9162 §2.1.3.2. */
async function climb({ index, size, leaf, proof }) {
  if (!Number.isSafeInteger(size) || index >= size || proof.some((hash) => hash.length !== HASH)) throw new Refused("damaged");
  let [at, last, reached] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) throw new Refused("altered");
    if (at % 2 === 1 || at === last) {
      reached = await sha256([1], sibling, reached);
      while (at % 2 === 0 && at > 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else {
      reached = await sha256([1], reached, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new Refused("altered");
  return reached;
}

/** Whose of these keys have signed the checkpoint; one that does not hold refuses all of it. */
async function signers(note, trusted) {
  const end = note.lastIndexOf("\n\n");
  if (end < 0) throw new Refused("damaged");
  const text = note.slice(0, end + 1);
  const lines = trusted.split("\n").map((line) => line.trim()).filter(Boolean);
  const known = lines.filter((line) => line.includes("+")).map(readKey);
  const meant = lines.filter((line) => !line.includes("+"));
  const found = [];
  for (const line of note.slice(end + 2).split("\n").filter(Boolean)) {
    const [, name, coded] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    if (!coded) throw new Refused("damaged");
    const raw = base64(coded);
    for (const one of known) {
      if (one.name !== name || one.id !== hex(raw.slice(0, 4))) continue;
      const holds = await signed(one, raw.slice(4), text);
      if (holds === false) throw new Refused("forged");
      if (holds) found.push(one);
    }
  }
  if (!found.length) throw new Refused("unsigned");
  const [origin] = text.split("\n");
  // A log's key has the log's name; a witness signs for many houses.
  const own = found.filter((one) => one.kind !== COSIGNATURE).map((one) => one.name);
  const strange = own.some((name) => name !== origin) || (meant.length ? !meant.includes(origin) : !own.length);
  if (strange) throw new Refused("foreign");
  return [...new Set(found.map((one) => one.name))];
}

function readKey(vkey) {
  const [, name, id, coded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey) ?? [];
  if (!coded) throw new Refused("unsigned");
  const raw = base64(coded);
  return { name, id, kind: raw[0], key: raw.slice(1) };
}

/** null: this browser does not know the algorithm. */
async function signed({ kind, key, name }, signature, text) {
  let message = utf8.encode(text);
  if (kind === ECDSA) {
    const curve = { name: "ECDSA", namedCurve: "P-256" };
    const spki = await crypto.subtle.importKey("spki", key, curve, false, ["verify"]).catch(() => null);
    const plain = spki && fromDer(signature);
    return Boolean(plain) && crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, spki, plain, message);
  }
  if (kind !== ED25519 && kind !== COSIGNATURE) return null;
  if (kind === COSIGNATURE) {
    const seconds = signature.slice(0, 8).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    message = utf8.encode(`cosignature/v1\ntime ${seconds}\n${text}`);
    signature = signature.slice(8);
  }
  const raw = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]).catch(() => null);
  return raw && crypto.subtle.verify("Ed25519", raw, signature, message);
}

/** r ‖ s of 32 bytes each out of the ASN.1 that signatures are written in; null for anything else. */
function fromDer(der) {
  const whole = new Uint8Array(64);
  let at = 2;
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  for (const end of [32, 64]) {
    const length = der[at + 1];
    const number = der.slice(at + 2, at + 2 + length);
    if (der[at] !== 0x02 || number.length !== length) return null;
    const short = number[0] === 0 ? number.slice(1) : number;
    if (short.length > 32) return null;
    whole.set(short, end - short.length);
    at += 2 + length;
  }
  return at === der.length ? whole : null;
}

async function sha256(...parts) {
  const all = Uint8Array.from(parts.flatMap((part) => Array.from(part)));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
}

function base64(text) {
  const plain = parse(() => atob(text));
  if (btoa(plain) !== text) throw new Refused("damaged");
  return Uint8Array.from(plain, (byte) => byte.charCodeAt(0));
}

function parse(reading) {
  try {
    return reading();
  } catch (error) {
    throw error instanceof Refused ? error : new Refused("damaged");
  }
}

function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
