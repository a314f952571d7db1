// What a screen shows (LZ1:…), checked without asking anybody, as docs/reference/electronic-id.md says: the same checks in
// the same order as officers/verification.py.

import { head, read } from "./cbor.js";
import { key, point, signed } from "./p256.js";
import { statusOf } from "./status.js";
import { Refused, base45, refuse, toBase64url } from "./text.js";

const PREFIX = "LZ1:";
const LONGEST_TEXT = 700; // characters
const STEP = 15; // seconds
const FRESH = 45; // seconds that a step may be old
const AHEAD = 15; // seconds that two clocks may differ
const OWN_CLOCK = 60; // seconds before a credential's issue at which it is this clock that is wrong
const LONGEST_LIFE = 12 * 3600; // seconds, of a credential
const SERVER_LIFE = 60; // seconds, of a presentation that the issuer signed
const ES256 = -7;
const [ALG, KID, EXP, IAT, CNF, HOLDER, SHOWN] = [1, 4, 4, 6, 8, -65537, -65538];
const [KTY, CRV, X, Y] = [1, -1, -2, -3];
const UTF8 = new TextEncoder();

/**
 * Is this shown by an officer, at this enterprise, now? → { verdict, reason, about }.
 *
 * `issuers`: kid → { key, nbf }; `list`: what status.js read, or null; `now`: seconds since 1970, by the best clock there
 * is; `creditCode`: of the enterprise that asks. At best yellow: whether there is such a visit only the server knows.
 * `about`: whom it names; null where the text is none, or its signatures are not the issuer's and the phone's.
 */
export async function check(text, { issuers, list, now, creditCode }) {
  let about = null;
  try {
    const shown = takenApart(text);
    await genuine(shown, issuers);
    about = shown.holder;
    const status = statusOf(list, about.statusIndex, now);
    const reason = worth(shown, { now, creditCode, status });
    return { verdict: ["offline", "no_photo", "status_unknown"].includes(reason) ? "yellow" : "red", reason, about };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { verdict: "red", reason: error.reason, about };
  }
}

/** The parts of a presentation, none of them believed yet. Raises Refused. */
function takenApart(text) {
  if (typeof text !== "string" || text.length > LONGEST_TEXT || !text.startsWith(PREFIX)) refuse();
  const outer = sign1(base45(text.slice(PREFIX.length)));
  const said = read(outer.payload);
  return outer.kid ? byIssuer(outer, said) : byPhone(outer, said);
}

function byPhone(outer, said) {
  const [credential, scan, creditCode, step] = list(said, 4);
  bytes(credential);
  visit([scan, creditCode]);
  return { ...readCredential(credential), creditCode, step: seconds(step), byPhone: outer };
}

function byIssuer(outer, said) {
  const claims = map(said, [EXP, IAT, HOLDER, SHOWN]);
  const [iat, exp] = [seconds(claims.get(IAT)), seconds(claims.get(EXP))];
  if (exp - iat !== SERVER_LIFE) refuse();
  const [, creditCode] = visit(claims.get(SHOWN));
  return { byIssuer: outer, byPhone: null, creditCode, iat, exp, holder: readHolder(claims.get(HOLDER)) };
}

function readCredential(spelt) {
  const outer = sign1(spelt);
  const claims = map(read(outer.payload), [EXP, IAT, CNF, HOLDER]);
  const [iat, exp] = [seconds(claims.get(IAT)), seconds(claims.get(EXP))];
  if (!outer.kid || exp <= iat || exp - iat > LONGEST_LIFE) refuse();
  const phone = map(map(claims.get(CNF), [1]).get(1), [KTY, CRV, X, Y]);
  const ordinary = phone.get(KTY) === 2 && phone.get(CRV) === 1 && typeof phone.get(Y) === "boolean";
  if (!ordinary || bytes(phone.get(X)).length !== 32) refuse();
  return { byIssuer: outer, iat, exp, phone: [phone.get(X), phone.get(Y)], holder: readHolder(claims.get(HOLDER)) };
}

/** An untagged COSE_Sign1 (RFC 9052 §4.2). `kid`: null where none is named, which is how a phone signs. */
function sign1(spelt) {
  const [protectedBytes, unprotectedPart, payload, signature] = list(read(spelt), 4);
  [protectedBytes, payload, signature].forEach(bytes);
  map(unprotectedPart, []);
  const header = read(protectedBytes);
  map(header, header instanceof Map && header.has(KID) ? [ALG, KID] : [ALG]);
  const [alg, kid] = [header.get(ALG), header.get(KID) ?? null];
  if (!["number", "string"].includes(typeof alg) || (kid !== null && bytes(kid).length !== 8)) refuse();
  if (alg !== ES256) refuse("wrong_algorithm");
  if (signature.length !== 64) refuse();
  const said = [string(3, UTF8.encode("Signature1")), string(2, protectedBytes), string(2, []), string(2, payload)];
  return { kid, payload, signature, said: Uint8Array.from([head(4, said.length), ...said].flat()) };
}

function string(major, content) {
  return [...head(major, content.length), ...content];
}

function readHolder(told) {
  const [name, agencyCode, certificateNo, photo, statusIndex] = list(told, 5);
  const kinds = [name, agencyCode, certificateNo, statusIndex].map((word) => typeof word).join();
  if (kinds !== "string,string,string,number" || ![0, 16].includes(bytes(photo).length) || statusIndex < 0) refuse();
  return { name, agencyCode, certificateNo, photo, statusIndex };
}

function visit(told) {
  const [scan, creditCode] = list(told, 2);
  if (bytes(scan).length !== 16 || typeof creditCode !== "string" || UTF8.encode(creditCode).length !== 18) refuse();
  return told;
}

/** Did the issuer sign it, or the credential in it, and that one's phone the rest? Raises Refused. */
async function genuine(shown, issuers) {
  const issuer = issuers.get(toBase64url(shown.byIssuer.kid));
  if (!issuer || shown.iat < (issuer.nbf ?? 0)) refuse("unknown_issuer");
  await proved(issuer.key, shown.byIssuer);
  if (shown.byPhone) await proved(await key(point(...shown.phone) ?? refuse()), shown.byPhone);
}

async function proved(by, { signature, said }) {
  if (!(await signed(by, signature, said))) refuse("bad_signature");
}

function worth(shown, { now, creditCode, status }) {
  if (status === "revoked") return "revoked";
  if (shown.creditCode !== creditCode) return "other_enterprise";
  const wrong = shown.byPhone ? untimely(shown, now) : untimelyByIssuer(shown, now);
  if (wrong) return wrong;
  if (status === "unknown") return "status_unknown";
  return shown.holder.photo.length ? "offline" : "no_photo";
}

/** What is wrong with the time, if anything: a wrong clock is called a wrong clock. */
function untimely({ iat, exp, step }, now) {
  const made = step * STEP;
  if (now < iat - OWN_CLOCK) return "own_clock";
  if (made > now + AHEAD || made < iat - AHEAD) return "phone_clock";
  if (now - made > FRESH) return "stale";
  return now >= exp ? "expired" : null;
}

/** The time is the server's, so it is this clock that is behind. */
function untimelyByIssuer({ iat, exp }, now) {
  if (now < iat - AHEAD) return "own_clock";
  return now > exp ? "stale" : null;
}

function seconds(value) {
  return typeof value === "number" && value >= 0 ? value : refuse();
}

function bytes(value) {
  return value instanceof Uint8Array ? value : refuse();
}

function list(value, length) {
  return Array.isArray(value) && value.length === length ? value : refuse();
}

/** A map with exactly these keys. */
function map(value, keys) {
  const fits = value instanceof Map && value.size === keys.length && keys.every((name) => value.has(name));
  return fits ? value : refuse();
}
