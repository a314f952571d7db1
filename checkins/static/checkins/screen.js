// Asks the server again while the page is open, so that what is taken back is seen here too. Without JavaScript the
// page says the same and loads itself again.

const EVERY_MS = 15_000;
const PATIENCE_MS = 10_000;
const FAILURES = 2; // one request may get lost on the way
const opened = performance.now();
const lifetime = Number(document.body.dataset.secondsLeft) * 1000;
let asked = opened;
let failures = 0;
let asking = false;

const ended = () => performance.now() - opened >= lifetime;

function say(tone, word, advice) {
  document.body.className = tone;
  document.body.dataset.state = "none"; // the next answer, whatever it is, is another one
  for (const old of document.querySelectorAll(".symbol, .match-row")) old.remove();
  document.querySelector("h1").textContent = word;
  document.querySelector(".advice").textContent = advice;
}

// The same in every word: only its time is new, so that nothing jumps under the reader's eyes.
function take(page) {
  const { body } = page;
  if (body.dataset.state === document.body.dataset.state) {
    document.getElementById("checked-at").textContent = body.querySelector("#checked-at").textContent;
    return;
  }
  document.title = page.title;
  document.body.className = body.className;
  document.body.dataset.state = body.dataset.state;
  document.body.replaceChildren(...Array.from(body.childNodes, (node) => document.importNode(node, true)));
}

async function ask() {
  if (asking || document.hidden) return;
  if (ended()) {
    clearInterval(clock);
    say("plain", document.body.dataset.overWord, document.body.dataset.over);
    return;
  }
  if (performance.now() - asked < EVERY_MS) return;
  asking = true;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const response = await fetch(location.href, { cache: "no-store", signal: patience.signal });
    // Also when somebody else has used the token up: an old green must not stand as if it were new.
    if (response.status === 429 || response.status >= 500) throw new Error(String(response.status));
    if (response.status === 404) clearInterval(clock);
    take(new DOMParser().parseFromString(await response.text(), "text/html"));
    failures = 0;
  } catch {
    failures += 1;
    if (failures >= FAILURES) say("doubt", document.body.dataset.lostWord, document.body.dataset.lost);
  } finally {
    clearTimeout(timer);
    asked = performance.now();
    asking = false;
  }
}

const clock = setInterval(ask, 1000);
document.addEventListener("visibilitychange", ask);
