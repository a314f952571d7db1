// The verifier's own modules on cases from standard input, one JSON object:
// { folder, jwks, list, cases: [{ text, now, credit_code, list }], cbor: [hex], packed: [base64], older }
// → { list, answers: [{ verdict, reason, about } | { threw }], read: [whether these bytes are CBOR as it should be],
//     unpacked: [base64, or why not] }
// `older`: in a browser of some years ago, which has no DecompressionStream.
// `list`: a status list's token; a case that sets `list` is judged with it.

import { readFileSync } from "node:fs";

const AT_ONCE = 200;
const { folder, jwks, list: token, cases, cbor, packed, older } = JSON.parse(readFileSync(0, "utf8"));
if (older) delete globalThis.DecompressionStream;
const { check } = await import(`${folder}/presentation.js`);
const { read: readCbor } = await import(`${folder}/cbor.js`);
const { statusList } = await import(`${folder}/status.js`);
const { inflate } = await import(`${folder}-older/inflate.js`);
const { key } = await import(`${folder}/p256.js`);

const issuers = new Map();
for (const jwk of jwks.keys) issuers.set(jwk.kid, { key: await key(jwk), nbf: jwk.nbf });
const read = token ? await statusList(token, issuers).catch((error) => ({ threw: error.reason ?? String(error) })) : null;
const list = read?.threw ? null : read;

async function answer({ text, now, credit_code: creditCode, list: wanted }) {
  try {
    return await check(text, { issuers, list: wanted ? list : null, now, creditCode });
  } catch (error) {
    return { threw: error.stack };
  }
}

function isRead(hex) {
  try {
    readCbor(Uint8Array.from(Buffer.from(hex, "hex")));
    return true;
  } catch (error) {
    return error.reason === "malformed" ? false : error.stack;
  }
}

function unpacked(text) {
  try {
    return Buffer.from(inflate(Buffer.from(text, "base64"), 200_000)).toString("base64");
  } catch (error) {
    return error.reason ?? error.stack;
  }
}

const answers = [];
for (let at = 0; at < cases.length; at += AT_ONCE) {
  answers.push(...(await Promise.all(cases.slice(at, at + AT_ONCE).map(answer))));
}
const seen = read && { ...read, bits: read.bits && Array.from(read.bits.slice(0, 64)) };
process.stdout.write(JSON.stringify({ list: seen, answers, read: cbor.map(isRead), unpacked: packed.map(unpacked) }));
