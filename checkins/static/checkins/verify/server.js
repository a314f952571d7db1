// What the page asks the server: keys, the status list, its word on a visit; and the time, by which the clock is put right.

import { kept, keep } from "./kept.js";
import { key } from "./p256.js";
import { statusList } from "./status.js";

const PATIENCE = 5000; // milliseconds
const NEGLIGIBLE = 2000; // milliseconds: the Date header counts in whole seconds
const CLOCK_KEPT = 12 * 3600_000; // milliseconds: what was known of this clock longer ago may not hold any more

let ahead = keptClock(); // milliseconds that the server's clock is ahead of this one

/** As it was found when the page was last open; 0 once that is long ago, or this clock has been set back since. */
function keptClock() {
  const [difference, since] = (kept("clock") ?? "").split(" ").map(Number);
  const age = Date.now() - since;
  return age >= 0 && age < CLOCK_KEPT ? difference : 0;
}

/** Seconds since 1970, by the server's clock as far as it is known. */
export function now() {
  return (Date.now() + ahead) / 1000;
}

/** kid → { key, nbf } of every key that the issuer has published. Rejects when there is no answer, not even a kept one. */
export async function issuers() {
  const found = new Map();
  for (const jwk of JSON.parse(await ask("/.well-known/jwks.json")).keys) {
    if (jwk.crv === "P-256") found.set(jwk.kid, { key: await key(jwk), nbf: jwk.nbf });
  }
  return found;
}

/** See status.js. */
export async function revocations(keys) {
  return statusList(await ask("/status-lists/1"), keys);
}

/** The server's own verdict: { verdict, reason, sentence, officer, server_time }; null when it cannot be reached. */
export async function confirmed(presentation, creditCode, language) {
  const headers = { "Content-Type": "application/json", "Accept-Language": language };
  const body = JSON.stringify({ presentation, credit_code: creditCode });
  try {
    return JSON.parse(await ask("/api/v1/verify/confirm", { method: "POST", headers, body }));
  } catch {
    return null;
  }
}

/** The text of the answer. Rejects for a refusal, and when it takes too long. */
async function ask(address, options = {}) {
  const given = new AbortController();
  const late = setTimeout(() => given.abort(), PATIENCE);
  try {
    const asked = Date.now();
    const answer = await fetch(address, { cache: "no-store", credentials: "omit", signal: given.signal, ...options });
    // The worker marks what it had kept: its Date is of another day.
    const told = answer.headers.has("X-Kept") ? NaN : Date.parse(answer.headers.get("Date"));
    const took = Date.now() - asked;
    if (!Number.isNaN(told)) putRight(told + 500 - asked - took / 2, Math.max(took, NEGLIGIBLE));
    if (!answer.ok) throw new Error(String(answer.status));
    return await answer.text();
  } finally {
    clearTimeout(late);
  }
}

/** `doubt`: milliseconds by which an answer that took so long may be mistaken. */
function putRight(difference, doubt) {
  ahead = Math.abs(difference) < doubt ? 0 : Math.round(difference);
  keep("clock", `${ahead} ${Date.now()}`);
}
