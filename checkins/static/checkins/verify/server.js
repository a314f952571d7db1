// What the page asks the server: keys, the status list, its word on a visit; and the time, by which the clock is put right.

import { kept, keep } from "./kept.js";
import { key } from "./p256.js";
import { statusList } from "./status.js";

const PATIENCE = 5000; // milliseconds
const NEGLIGIBLE = 2000; // milliseconds: the Date header counts in whole seconds

let ahead = Number(kept("clock")) || 0; // milliseconds that the server's clock is ahead of this one

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
    if (!Number.isNaN(told)) putRight(told + 500 - (asked + Date.now()) / 2);
    if (!answer.ok) throw new Error(String(answer.status));
    return await answer.text();
  } finally {
    clearTimeout(late);
  }
}

function putRight(difference) {
  ahead = Math.abs(difference) < NEGLIGIBLE ? 0 : Math.round(difference);
  keep("clock", ahead);
}
