// On every page of a patient: the worker, how much is not sent yet, and leaving without a trace.

import { countOthers, countWaiting, flush, listen, signOut, tell } from "./outbox.js";
import { counted } from "./parts.js";
import { empty, fact, forgetStatesBut, forgetUnreadable, purge, setFact } from "./store.js";

const owner = document.body.dataset.owner ?? "";
const banner = document.querySelector("[data-unsent]");
const why = document.querySelector("[data-unsent-why]");
const spoken = JSON.parse(banner.dataset.words);

// A browser that keeps nothing has no storage at all.
const kept = {
  read: (name) => { try { return localStorage.getItem(name) ?? ""; } catch { return ""; } },
  write: (name, text) => { try { localStorage.setItem(name, text); } catch { /* then it is not remembered */ } },
};

// --- What is not sent --------------------------------------------------------------------------------------------

let outcome = "";
let lost = 0;
let isLeaving = false; // from then on nothing is written any more

const whose = async () => owner || (await fact("owner"));

async function showUnsent() {
  if (isLeaving) return;
  const mine = await whose();
  const n = mine ? await countWaiting(mine) : 0;
  const others = mine ? await countOthers(mine) : 0;
  kept.write("unsent", n);
  banner.hidden = !n;
  say(banner.lastElementChild, n ? counted(spoken.unsent, n) : "");
  const isLeftOut = n && ["signed out", "others"].includes(outcome);
  const whys = [isLeftOut && spoken.sign_in, others && spoken.others, lost && counted(spoken.lost, lost)];
  why.hidden = !whys.some(Boolean);
  say(why, whys.filter(Boolean).join(" "));
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

async function send() {
  const mine = document.visibilityState !== "hidden" && !isLeaving && (await whose());
  if (mine && (await countWaiting(mine))) await flush(mine);
  await showUnsent();
}

// --- Whose phone it is -------------------------------------------------------------------------------------------

// Always in the same words: other ones make the browser begin the worker anew, under whatever it is doing.
export const register = () => navigator.serviceWorker.register("/service-worker.js", { type: "module", updateViaCache: "none" });

async function begin() {
  const known = await fact("owner");
  // The browser threw away what it was asked to keep, and people must hear of it.
  if (!known) lost = Number(kept.read("unsent")) || 0;
  if (owner && known !== owner) {
    await setFact("owner", owner);
    await forgetStatesBut(owner);
    // Another page may still show what was there of somebody else.
    tell({ owner });
  }
  if (owner || known) lost += await forgetUnreadable(owner || known);
  if (owner) kept.write("theme", document.documentElement.dataset.theme ?? "");
  await send();
  if (owner && "serviceWorker" in navigator) await register();
  if (owner && matchMedia("(display-mode: standalone)").matches) await navigator.storage?.persist?.();
}

document.addEventListener("themechange", (event) => kept.write("theme", event.detail.theme ?? ""));
listen((news) => {
  if (news.purged && !isLeaving) location.replace("/");
  if (news.owner && news.owner !== owner) location.reload();
  outcome = news.outcome ?? outcome;
  return showUnsent();
});
for (const [target, name] of [[window, "online"], [document, "visibilitychange"]]) target.addEventListener(name, send);
// What the browser kept in memory may be somebody else's by now.
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
// While something waits and a page is open, it is tried again now and then.
setInterval(() => { if (!banner.hidden) send(); }, 30000);

// --- Leaving -----------------------------------------------------------------------------------------------------

const dialog = document.querySelector("[data-leaving]");

function asked(n) {
  dialog.querySelector("[data-slot=unsent]").textContent = counted(spoken.leaving, n);
  dialog.returnValue = "";
  const from = document.activeElement;
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    // Escape may have closed the menu too, in which this was asked for.
    from.closest("details")?.setAttribute("open", "");
    from.focus();
    resolve(dialog.returnValue);
  }, { once: true }));
}

export async function pushes() {
  const known = await navigator.serviceWorker?.getRegistration("/");
  return (await known?.pushManager?.getSubscription()) ?? null;
}

// Whoever uses this browser next sees nobody's reminders. Never fails, and works without a network.
export async function leavePushes() {
  try {
    await (await pushes())?.unsubscribe();
    const known = await navigator.serviceWorker?.getRegistration("/");
    for (const shown of (await known?.getNotifications()) ?? []) shown.close();
  } catch {
    // The server deletes its half when the session ends.
  }
}

async function leaveNothing() {
  for (const name of await caches.keys()) await caches.delete(name);
  for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
  await empty();
  try { localStorage.clear(); } catch { /* nothing was kept */ }
}

async function leave() {
  const mine = await whose();
  for (let n = await countWaiting(mine); n; n = await countWaiting(mine)) {
    const answer = await asked(n);
    if (answer === "lose") break;
    if (answer !== "send") return;
    await send();
  }
  isLeaving = true;
  await purge(mine);
  await setFact("owner", "");
  kept.write("unsent", 0);
  kept.write("theme", "");
  await leavePushes();
  try {
    await signOut(mine);
    // What somebody else has not sent yet is theirs, and stays; otherwise nothing does.
    if (!(await countOthers(mine))) await leaveNothing();
  } catch {
    // Without a network nothing is left on this phone; the server hears of it before anything else is shown.
    await setFact("leaving", mine);
  }
  tell({ purged: true });
  location.replace("/");
}

for (const form of document.querySelectorAll("form[data-leave]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // Whoever keeps nothing on this phone leaves nothing, and must be able to leave.
    leave().catch(() => form.submit());
  });
}

// Without storage there is nothing to keep, and nothing to show of it.
begin().catch(() => undefined);
