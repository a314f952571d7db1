// "扫一次试试": posts a licence's text as a demo officer's phone would and shows the answer. Text only, never HTML.

const POLL_MS = 300;
const GIVE_UP_MS = 60_000;
const FAR_DEGREES = 0.056; // some five kilometres east at 37° north

const form = document.querySelector("form");
const problem = document.querySelector(".problem");
const answer = document.querySelector(".answer");
const tokens = JSON.parse(document.getElementById("demo-tokens").textContent);
const words = JSON.parse(document.getElementById("demo-words").textContent);
const moment = new Intl.DateTimeFormat(document.documentElement.lang, {
  timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
});
let turn = 0;

const slot = (name) => answer.querySelector(`[data-slot="${name}"]`);
const say = (name, text) => { slot(name).textContent = text ?? "—"; };
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

// crypto.randomUUID needs a secure context; a phone on plain http has getRandomValues only.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function chosenDoor() {
  return form.querySelector('input[name="door"]:checked');
}

function showDoor() {
  const door = chosenDoor();
  for (const figure of document.querySelectorAll(".licence")) figure.hidden = figure.dataset.door !== door.value;
  form.elements.code.value = door.dataset.text;
  form.elements.officer.value = door.dataset.officer;
}

function scanBody() {
  const door = chosenDoor().dataset;
  const place = form.elements.place.value;
  const east = place === "far" ? FAR_DEGREES : 0.0001;
  const location = place === "none" ? null : {
    longitude: Number(door.longitude) + east, latitude: Number(door.latitude), accuracy_m: 18, datum: "WGS84", provider: "gps", mock: false,
  };
  return JSON.stringify({ scan_id: uuid(), code: form.elements.code.value, scanned_at: new Date().toISOString(), location });
}

// A refusal becomes an Error whose message is the problem's own sentence.
async function post(body, token) {
  let response;
  try {
    response = await fetch("/api/v1/scans", {
      method: "POST", body, headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    });
  } catch {
    throw new Error(words.unreachable);
  }
  const content = await response.json().catch(() => ({}));
  if (!response.ok) {
    const { title, detail } = content;
    throw new Error([title, detail === title ? "" : detail].filter(Boolean).join("\n") || fill(words.refused, { status: response.status }));
  }
  return content;
}

function showId(id) {
  const state = words.states[id.state];
  const band = slot("id-band");
  const word = id.certified ? words.id : words.staff;
  band.textContent = state ? `${word} · ${state}` : word;
  band.className = `band ${id.state !== "valid" ? "bad" : id.certified ? "" : "doubt"}`;
  slot("photo").hidden = !id.photo;
  // the page may be open under another name of this server than the one in the answer
  if (id.photo) slot("photo").src = new URL(id.photo, location.href).pathname;
  say("name", id.name);
  say("agency", id.agency);
  say("certificate", id.certificate_no);
  say("valid-until", id.valid_until);
  say("match", `${id.match_code.slice(0, 3)} ${id.match_code.slice(3)}`);
  slot("id-code").src = `/demo/id/${encodeURIComponent(id.token)}.svg`;
  slot("id-url").href = new URL(id.url, location.href).pathname;
}

function showFrequency(frequency) {
  slot("frequency").hidden = slot("last").hidden = !frequency;
  if (!frequency) return;
  const over = frequency.own > frequency.cap;
  slot("frequency").classList.toggle("over", over);
  say("own", fill(words.own, frequency));
  say("cap", fill(words.cap, frequency));
  say("others", fill(words.others, frequency));
  const bars = Math.min(Math.max(frequency.own, frequency.cap), 12);
  slot("bar").replaceChildren(...Array.from({ length: bars }, (_, place) =>
    element("i", "", place >= frequency.own ? "" : place < frequency.cap ? "full" : "over")));
  slot("last").hidden = !frequency.last_visits.length;
  slot("last-visits").replaceChildren(...frequency.last_visits.map((visit) => {
    const line = element("li", "");
    const kind = visit.purpose === "service" ? words.purposes.service : words.categories[visit.category];
    line.append(
      element("span", moment.format(new Date(visit.started_at)), "number"),
      element("span", kind ?? visit.category),
      element("span", visit.agency, "agency"),
    );
    return line;
  }));
}

function showPlace(check) {
  const distance = check.distance_m === null ? "" : check.distance_m < 1000 ? fill(words.metres, { number: check.distance_m })
    : fill(words.kilometres, { number: (check.distance_m / 1000).toFixed(1) });
  say("place", `${words.places[check.verdict] ?? check.verdict}${distance && ` · ${distance}`}`);
}

function show(content) {
  const { visit, enterprise, for_officer: officer } = content;
  showId(content.electronic_id);
  say("visit-band", enterprise ? (visit.joined ? words.joined : words.opened) : words.unresolved);
  say("enterprise", enterprise ? enterprise.name || words.unregistered : content.licence.text);
  say("credit-code", enterprise ? enterprise.credit_code : "");
  showFrequency(officer.frequency);
  slot("warnings").replaceChildren(...officer.warnings.map((warning) => {
    const line = element("li", warning.message, warning.would_refuse || warning.code === "over_cap" ? "grave" : "");
    line.append(element("small", fill(words.rule, warning)));
    return line;
  }));
  showPlace(officer.location_check);
  say("visit", visit?.number);
  say("joint", visit?.joint_code);
}

function showArrival(filing, seconds) {
  const there = filing.status === "delivered";
  const box = answer.querySelector(".arrival");
  box.classList.toggle("there", there);
  box.classList.toggle("stays", filing.status === "none");
  say("arrival", there ? fill(words.delivered, { seconds }) : filing.status === "none" ? words.nothing : words.sending);
  say("filing", filing.number ? fill(words.filing, filing) : "");
  const link = slot("platform");
  link.hidden = !(there && words.platform);
  if (!link.hidden) link.href = `${words.platform}/${encodeURIComponent(filing.number)}`;
}

// The same body again is a replay: the same facts, with how far the filing is now.
async function follow(body, token, started, mine) {
  while (mine === turn && performance.now() - started < GIVE_UP_MS) {
    await wait(POLL_MS);
    const { filing } = await post(body, token);
    if (mine !== turn) return;
    if (filing.status === "delivered") {
      showArrival(filing, ((performance.now() - started) / 1000).toFixed(1));
      return;
    }
  }
  if (mine === turn) say("arrival", words.late);
}

async function scan(event) {
  event.preventDefault();
  const mine = ++turn;
  const button = form.querySelector("button");
  const body = scanBody();
  const token = tokens[form.elements.officer.value];
  const started = performance.now();
  button.disabled = true;
  problem.hidden = true;
  try {
    const content = await post(body, token);
    show(content);
    showArrival(content.filing, "");
    answer.hidden = false;
    answer.focus({ preventScroll: true });
    answer.scrollIntoView({ block: "start" });
    button.disabled = false;
    if (content.filing.status !== "none") await follow(body, token, started, mine);
  } catch (error) {
    if (mine === turn) {
      problem.textContent = error.message;
      problem.hidden = false;
      if (button.disabled) answer.hidden = true;
      problem.scrollIntoView({ block: "center" });
    }
  } finally {
    button.disabled = false;
  }
}

form.addEventListener("change", (event) => { if (event.target.name === "door") showDoor(); });
form.addEventListener("submit", scan);
showDoor();
form.hidden = false;
