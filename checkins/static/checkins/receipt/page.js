// The page /receipt: a file in, one word out, and the record in it. Nothing is sent anywhere; text only, never HTML.

import { Refused, check } from "./receipt.js";

const at = (id) => document.getElementById(id);
const words = JSON.parse(at("words").textContent);

async function look(text) {
  try {
    const { record, origin, index, size, signers } = await check(text, at("keys").value);
    show("good", "proved");
    at("place").textContent = `${origin} ${index} / ${size}`;
    at("signers").textContent = signers.join(", ");
    at("when").textContent = record.at;
    at("record").textContent = JSON.stringify(record, null, 2);
    at("told").hidden = false;
  } catch (error) {
    show("bad", error instanceof Refused ? error.reason : "unable");
    at("told").hidden = true;
  }
}

function show(tone, reason) {
  document.body.className = tone;
  [at("word").textContent, at("sentence").textContent] = words[reason];
}

async function take(files) {
  if (files.length) await look(await files[0].text());
}

at("app").hidden = false;
at("file").addEventListener("change", () => take(at("file").files));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  take(event.dataTransfer.files);
});
