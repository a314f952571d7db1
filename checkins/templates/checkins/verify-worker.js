{% autoescape off %}// The verifier without a network: the page and its files as they were last fetched, keys and status list as last told.
// The files and their number are written in by the server; a new number fetches everything anew.

const SHELL = "verify-shell-{{ version }}";
const FILES = {{ files }};
const DATA = "verify-data";
const TOLD = {{ told }};
const PATIENCE = 4000; // milliseconds

self.addEventListener("install", (event) => event.waitUntil((async () => {
  const shell = await caches.open(SHELL);
  await shell.addAll(FILES.map((file) => new Request(file, { cache: "reload" })));
  await Promise.allSettled(TOLD.map(fresh));
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("verify-shell-") && name !== SHELL);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (FILES.includes(pathname)) event.respondWith(kept(event.request, pathname));
  else if (TOLD.includes(pathname)) event.respondWith(told(event.request, pathname));
});

async function kept(request, pathname) {
  const shell = await caches.open(SHELL);
  return (await shell.match(pathname)) ?? fetch(request);
}

// The network's word if it comes in time, else the last one, marked: its Date is no clock.
async function told(request, pathname) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE));
  try {
    return await Promise.race([fresh(pathname), late]);
  } catch {
    const last = await (await caches.open(DATA)).match(pathname);
    if (!last) return Response.error();
    const headers = new Headers(last.headers);
    headers.set("X-Kept", "1");
    return new Response(last.body, { status: last.status, headers });
  }
}

async function fresh(pathname) {
  const answer = await fetch(pathname, { cache: "no-store", credentials: "omit" });
  if (!answer.ok) throw new Error(String(answer.status));
  await (await caches.open(DATA)).put(pathname, answer.clone());
  return answer;
}
{% endautoescape %}