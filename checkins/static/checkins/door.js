/* Asks every other second who is at the door, and shows it when it has changed. Without it the page works too. */

const EVERY = 1500;      // ms between two questions
const PATIENCE = 8000;   // ms without an answer until the page says that it may be out of date
const told = document.getElementById("told");
const cut = document.getElementById("cut");
let heard = Date.now();

async function ask() {
  if (document.hidden) return EVERY;
  const now = document.getElementById("now");
  const asked = new URL(now.dataset.ask, location.href);
  asked.searchParams.set("seen", now.dataset.state);
  const answer = await fetch(asked, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (answer.status === 404) location.reload();   // the door was renewed
  if (answer.status === 429) return 1000 * (Number(answer.headers.get("Retry-After")) || 60);
  if (!answer.ok) throw new Error(String(answer.status));
  heard = Date.now();
  cut.hidden = true;
  if (answer.status === 200) show(new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("now"));
  return EVERY;
}

/* What is typed, where one types and what has been drawn stay. */
function show(fresh) {
  const old = document.getElementById("now");
  const typing = document.activeElement?.id;
  for (const picture of old.querySelectorAll("img[data-photo]")) {
    if (!picture.complete || !picture.naturalWidth) continue;
    fresh.querySelector(`img[data-photo="${CSS.escape(picture.dataset.photo)}"]`)?.replaceWith(picture.cloneNode());
  }
  const typed = [...old.querySelectorAll("input[name=code]")].map((field) => [field.id, field.value]);
  old.replaceWith(fresh);
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  if (typing) document.getElementById(typing)?.focus();
  told.textContent = fresh.querySelector("h1").textContent;
}

async function listen() {
  let pause = EVERY;
  try {
    pause = await ask();
  } catch {
    cut.hidden = Date.now() - heard < PATIENCE;
  }
  setTimeout(listen, pause);
}

setTimeout(listen, EVERY);
