/* Asks every other second who is at the door, and shows it when it has changed. Without it the page works too.
   Written for the browsers inside chat apps, which are some years behind. */
(function () {
  "use strict";
  const EVERY = 1500;      // ms between two questions
  const PATIENCE = 8000;   // ms without an answer until the page says that it may be out of date
  const told = document.getElementById("told");
  const cut = document.getElementById("cut");
  let heard = Date.now();

  async function ask() {
    if (document.hidden) {
      heard = Date.now();
      return EVERY;
    }
    const now = document.getElementById("now");
    const patience = new AbortController();
    const bell = setTimeout(() => patience.abort(), PATIENCE);
    try {
      const asked = now.dataset.ask + "?seen=" + encodeURIComponent(now.dataset.state);
      const answer = await fetch(asked, { cache: "no-store", credentials: "same-origin", signal: patience.signal });
      if (answer.status === 404) location.reload();   // the door was renewed
      if (answer.status === 429) cut.hidden = false;   // what stands there may be old by now
      if (answer.status === 429) return 1000 * (Number(answer.headers.get("Retry-After")) || 60);
      if (!answer.ok) throw new Error(String(answer.status));
      const text = answer.status === 200 ? await answer.text() : "";
      heard = Date.now();
      cut.hidden = true;
      if (text) show(new DOMParser().parseFromString(text, "text/html").getElementById("now"));
      return EVERY;
    } finally {
      clearTimeout(bell);
    }
  }

  /* What is typed, where one types and what has been drawn stay. */
  function show(fresh) {
    const old = document.getElementById("now");
    const typing = document.activeElement && document.activeElement.id;
    const drawn = new Map();
    for (const picture of old.querySelectorAll("img[data-photo]")) {
      if (picture.complete && picture.naturalWidth) drawn.set(picture.dataset.photo, picture);
    }
    for (const picture of fresh.querySelectorAll("img[data-photo]")) {
      const known = drawn.get(picture.dataset.photo);
      if (known) picture.replaceWith(known.cloneNode());
    }
    const typed = Array.from(old.querySelectorAll("input[name=code]"), (field) => [field.id, field.value]);
    old.replaceWith(fresh);
    for (const [id, value] of typed) {
      const field = document.getElementById(id);
      if (field) field.value = value;
    }
    const field = typing && document.getElementById(typing);
    if (field) field.focus();
    told.textContent = fresh.querySelector("h1").textContent;
  }

  async function listen() {
    let pause = EVERY;
    try {
      pause = await ask();
    } catch (error) {
      cut.hidden = Date.now() - heard < PATIENCE;
    }
    setTimeout(listen, pause);
  }

  setTimeout(listen, EVERY);
})();
