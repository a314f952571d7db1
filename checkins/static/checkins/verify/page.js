// The verifier at /verify#<credit code>: a screen's code in; one colour, one word, one sentence out. Text only, never HTML.

import { prepare, readPhoto, watch } from "./camera.js";
import { kept, keep } from "./kept.js";
import { check } from "./presentation.js";
import { confirmed, issuers, now, revocations } from "./server.js";
import { statusOf } from "./status.js";

const SOONEST = 1; // seconds: the status list is asked for again no sooner than this
const UNREACHED = 5; // seconds between two tries while it cannot be had
const LATEST = 3600; // seconds: no later than this, and no green is older without a list that bears it out
const TONES = { green: "good", yellow: "doubt", red: "bad" };
const CREDIT_CODE = /^[0-9A-Z]{18}$/;

const at = (id) => document.getElementById(id);
const known = { issuers: new Map(), list: null };
let language = document.documentElement.lang;
let words = JSON.parse(at("words").textContent);
let shown = null; // { verdict, reason, sentence, about, officer, time }: what stands on the page
let camera = null;
let turn = 0;

function creditCode() {
  const code = location.hash.slice(1).toUpperCase();
  return CREDIT_CODE.test(code) ? code : null;
}

/** Under which code the enterprise is now, as the server has said: the poster of a stall outlives its number. */
function enterpriseNow() {
  return kept(`now-${creditCode()}`) ?? creditCode();
}

function draw() {
  const code = creditCode();
  const [word, sentence] = words.reasons[shown?.reason ?? (code ? "ready" : "which")] ?? words.reasons.malformed;
  document.documentElement.lang = language;
  document.title = words.title;
  for (const place of document.querySelectorAll("[data-word]")) place.textContent = words[place.dataset.word];
  document.body.className = TONES[shown?.verdict] ?? "plain";
  at("language").textContent = words.other_language;
  at("word").textContent = word;
  at("sentence").textContent = shown?.sentence ?? sentence;
  at("scan").textContent = shown?.verdict ? words.again : words.scan;
  at("enterprise").textContent = code;
  at("at").hidden = at("otherwise").hidden = !code;
  at("scan").hidden = !code || camera !== null || shown?.reason === "asking";
  at("stop").hidden = at("video").hidden = camera === null;
  at("which").hidden = code !== null;
  at("person").hidden = !shown?.about;
  if (shown?.about) drawPerson(shown);
}

function drawPerson({ about, officer, verdict, time }) {
  at("name").textContent = about.name;
  at("agency").textContent = officer?.agency ?? about.agencyCode;
  at("certificate").textContent = about.certificateNo;
  at("time").textContent = new Date(time * 1000).toLocaleString(language, { timeZone: "Asia/Shanghai", hourCycle: "h23" });
  at("compare").hidden = verdict === "red";
  at("photo").alt = words.photo;
  at("photo").hidden = !officer?.photo;
  at("no-photo").hidden = !at("photo").hidden;
  if (officer?.photo && at("photo").getAttribute("src") !== officer.photo) at("photo").src = officer.photo;
}

function show(what) {
  shown = what && { ...what, time: now() };
  draw();
}

/** Keys and list as new as they can be had; what was had before stays when there is no answer. */
async function refresh() {
  known.issuers = await issuers().catch(() => known.issuers);
  known.list = await revocations(known.issuers).catch(() => known.list);
}

/** What this page can say by itself of what was read at `readAt`, by this phone's clock; without WebCrypto (no HTTPS, an old browser) it can say nothing. */
async function ownVerdict(text, readAt) {
  try {
    return await check(text, { ...known, now: now() + (readAt - Date.now()) / 1000, creditCode: enterpriseNow() });
  } catch {
    return { verdict: "red", reason: "cannot_check", about: null };
  }
}

/** The verdict on what was read: the server's word where it can be had, else this page's own. */
async function judge(text) {
  const [mine, readAt] = [(turn += 1), Date.now()];
  // The other code on an officer's screen opens the server's own page about it.
  if (text.startsWith(`${location.origin}/v/`)) return location.assign(text);
  let own = await ownVerdict(text, readAt);
  if (own.reason === "malformed") return show(own);
  show({ reason: "asking" });
  if (own.reason === "unknown_issuer") await refresh();
  const answer = await confirmed(text, creditCode(), language);
  if (answer?.credit_code && answer.credit_code !== creditCode()) keep(`now-${creditCode()}`, answer.credit_code);
  own = await ownVerdict(text, readAt); // once more, because the server has told the time
  if (mine !== turn) return undefined;
  // No server's word makes a signature good that this page has found to be bad.
  if (!answer || ["bad_signature", "wrong_algorithm"].includes(own.reason)) return show(own);
  const { officer } = answer;
  return show({ ...answer, about: own.about ?? (officer && { name: officer.name, certificateNo: officer.certificate_no }) });
}

/**
 * An officer who is revoked while the page is open turns red as soon as the list, or the next one, says so; and where
 * none is to be had, or none that this browser can read, green turns yellow when it is as old as a list may be.
 */
async function keepWatching() {
  await refresh();
  const status = shown?.about && statusOf(known.list, shown.about.statusIndex ?? -1, now());
  const old = shown?.verdict === "green" && now() - shown.time > (known.list?.ttl ?? LATEST);
  if (status === "revoked" && shown.verdict !== "red") show({ ...shown, verdict: "red", reason: "revoked", sentence: undefined });
  if (status === "unknown" && old) show({ ...shown, verdict: "yellow", reason: "status_unknown", sentence: undefined });
  const left = known.list ? known.list.until - now() : 0;
  setTimeout(keepWatching, 1000 * (left > 0 ? Math.min(Math.max(left, SOONEST), LATEST) : UNREACHED));
}

async function scan() {
  show(null);
  camera = watch(at("video"));
  draw();
  const text = await camera.text.catch(() => undefined);
  camera = null;
  if (text) await judge(text);
  else show(text === undefined ? { reason: "no_camera" } : null);
  at("word").focus();
}

async function readFile() {
  const [file] = at("file").files;
  camera?.stop();
  const text = file && (await readPhoto(file).catch(() => null));
  await (text ? judge(text) : show({ reason: "no_code" }));
}

async function speak(other) {
  try {
    words = await (await fetch(`/verify-words-${other}.json`)).json();
  } catch {
    return; // not to be had without a network before the worker has it
  }
  language = other;
  keep("language", other);
  if (shown) shown.sentence = undefined;
  draw();
}

const listen = (id, event, act) => at(id).addEventListener(event, act);
const stay = (act) => (event) => { event.preventDefault(); act(); };

listen("scan", "click", scan);
listen("stop", "click", () => camera?.stop());
listen("language", "click", () => speak(language === "en" ? "zh-hans" : "en"));
listen("paste", "submit", stay(() => judge(at("text").value.trim())));
listen("which", "submit", stay(() => { location.hash = at("code").value; }));
listen("file", "change", readFile);
addEventListener("hashchange", () => show(null));
addEventListener("visibilitychange", () => { if (document.hidden) camera?.stop(); });
at("app").hidden = at("language").hidden = false;
draw();
prepare();
keepWatching();
if (![null, language].includes(kept("language"))) speak(kept("language"));
navigator.serviceWorker?.register("/verify-worker.js", { scope: "/verify" }).catch(() => {});
