// Keeps the page at hand without a network. FILES are built beside it; the server writes the
// digest of the page into DIGEST, so that a changed page is a changed worker.
import { send } from "./send.js";

const DIGEST = "__DIGEST__";
const SHELL = "/kolektor/shell.html";
const NAME = `kolektor-${DIGEST}`;
// A page that is still open may fetch a part of the version before: that one stays too.
const VERSIONS_KEPT = 2;

self.addEventListener("install", (event) => {
  const fresh = [SHELL, ...FILES].map((path) => new Request(path, { cache: "no-cache" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(fresh)));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOld().then(() => self.clients.claim()));
});

async function forgetOld() {
  const ours = (await caches.keys()).filter((name) => name.startsWith("kolektor-"));
  const old = ours.filter((name) => name !== NAME);
  await Promise.all(old.slice(0, Math.max(0, old.length + 1 - VERSIONS_KEPT)).map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") {
    if (url.pathname === "/kolektor" && isApp(url)) event.respondWith(shell(url));
    else if (/^\/kolektor\/[a-z0-9-]+$/.test(url.pathname)) event.respondWith(boxPage(event.request, url));
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith(file(event.request));
  }
});

const isApp = (url) => !url.searchParams.has("kotak") && !url.searchParams.has("saya");

async function shell(url) {
  const cache = await caches.open(NAME);
  if (url.searchParams.has("bahasa")) {
    const answer = await fetch(`${SHELL}${url.search}`).catch(() => null);
    if (answer?.ok) await cache.put(SHELL, answer);
  }
  return (await cache.match(SHELL)) ?? (await caches.match(SHELL)) ?? fetch(SHELL);
}

// The form of a box needs the server; without one the page that works here takes its place.
async function boxPage(request, url) {
  try {
    return await fetch(request);
  } catch {
    return Response.redirect(`/kolektor#/kotak/${url.pathname.split("/").pop()}`, 302);
  }
}

// Built files never change under their name.
async function file(request) {
  const known = await caches.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(NAME)).put(request, answer.clone());
  return answer;
}

// Background Sync, where the browser has it: sends what waits also when the page is closed.
self.addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(sendOrFail());
});

async function sendOrFail() {
  if ((await send()) === "unreachable") throw new Error("no network: the browser tries again");
}
