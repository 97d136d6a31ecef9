// Keeps the page without a network at hand. Pages with somebody's diary come from the network alone and are never kept.

import { flush, keep, operation, signOut, unsentOf } from "./outbox.js";
import { daysOf, seenOf } from "./days.js";
import { fact, setFact, stateOf } from "./store.js";
import { answered, shown } from "../worker-push.js";

const PATIENCE = 4000;
const OURS = "diary-";
const PATIENTS_PAGES = /^\/(?:(?:days|months|trends|medicines|reminders|begin|offline|help)\/.*)?$/;

export function serve({ name, page, files }) {
  const kept = new Set(files);

  self.addEventListener("install", (event) => event.waitUntil(store()));
  self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname, search } = new URL(request.url);
    if (request.method !== "GET" || origin !== self.location.origin) return;
    if (request.mode === "navigate" && PATIENTS_PAGES.test(pathname)) event.respondWith(visited(request, pathname));
    // Every other page too is one of somebody who may have signed out without a network.
    else if (request.mode === "navigate") event.respondWith(left().then(() => fetch(request), () => Response.redirect("/")));
    else if (kept.has(pathname + search)) event.respondWith(fromStore(request));
  });

  self.addEventListener("push", (event) => shown(event, self.registration));
  self.addEventListener("notificationclick", (event) => answered(event, record));

  async function store() {
    const cache = await caches.open(name);
    // Without a cookie: what is kept is nobody's.
    await cache.addAll([page, ...files].map((address) => new Request(address, { credentials: "omit", cache: "reload" })));
    await self.skipWaiting();
  }

  async function takeOver() {
    for (const other of await caches.keys()) if (other.startsWith(OURS) && other !== name) await caches.delete(other);
    await self.clients.claim();
  }

  const inStore = async (request) => (await caches.open(name)).match(request);
  const fromStore = async (request) => (await inStore(request)) ?? fetch(request);

  async function visited(request, pathname) {
    const answer = await Promise.race([left().then(() => fetch(request)), patience()]).catch(() => undefined);
    if (answer && answer.status < 500) return answer;
    // Help stands on the page without a network too.
    if (pathname !== "/" && !pathname.startsWith("/help/")) return Response.redirect("/");
    return (await inStore(page)) ?? answer ?? Response.error();
  }
}

const patience = () => new Promise((resolve) => { setTimeout(resolve, PATIENCE); });

// Whoever signed out without a network is signed out before anything else is asked for.
async function left() {
  const owner = await fact("leaving").catch(() => "");
  if (!owner) return;
  await signOut(owner);
  await setFact("leaving", "");
}

// What was answered in a notification, for a day, by whoever was asked. Resolves to {queued}: not sent yet.
async function record(date, word, asked) {
  const owner = await fact("owner");
  // Shown to whoever used this phone before, and still there.
  if (asked !== owner) throw new Error("somebody else was asked");
  const state = owner && (await stateOf(owner));
  if (!state) throw new Error("nobody is signed in on this phone");
  const day = daysOf(state, await unsentOf(owner)).get(date);
  if (day?.word === word) return { queued: false };
  // An old notification takes back nothing that was said since.
  if (day?.word) throw new Error("something else is recorded");
  await keep(owner, [operation(date, "headache", word, seenOf(day, "headache"))]);
  await flush(owner);
  return { queued: (await unsentOf(owner)).length > 0 };
}
