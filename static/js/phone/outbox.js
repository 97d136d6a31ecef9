// Sends what was tapped: once in effect, in the order of the taps, and never into somebody else's diary.

import { withDays } from "./days.js";
import {
  addOperations, countOthers, countWaiting, fact, operationsOf, refuseOperation, removeOperations, renewState,
  setFact,
} from "./store.js";

const ADDRESS = "/sync/";
const LEAVING = "/accounts/logout/";
const AT_ONCE = 50;
const PATIENCE = 4000; // a connection that stalls is none
const PATIENCE_WITH_MANY = 20000;

const channel = "BroadcastChannel" in self ? new BroadcastChannel("diary") : undefined;
const listeners = new Set();
let token = "";

// Every page of the diary that is open on this phone hears of it, this one too.
export function tell(news) {
  channel?.postMessage(news);
  for (const listener of listeners) listener(news);
}
export function listen(listener) {
  listeners.add(listener);
  channel?.addEventListener("message", (event) => listener(event.data));
}

// A page that the server just made has a token already; a page that was kept has none.
export function useToken(value) {
  token = value;
}

// A clock may say a year that no date has.
function moment() {
  const text = new Date().toISOString();
  return text.startsWith("+") ? "9999-12-31T00:00:00.000Z" : text.startsWith("-") ? "0001-01-01T00:00:00.000Z" : text;
}

export function operation(date, field, value, seen, { word = null, undoes = "" } = {}) {
  return { name: crypto.randomUUID(), date, field, value, seen, word, said_at: moment(), undoes };
}

export async function keep(owner, operations) {
  await addOperations(owner, operations);
  tell({ changed: owner });
}

export const unsentOf = (owner, most) => operationsOf(owner, false, most);
export const refusedOf = (owner) => operationsOf(owner, true);
export { countOthers, countWaiting, removeOperations };

async function ask(method, body, isOwnIdea, patience) {
  const headers = isOwnIdea ? { "X-Background": "yes" } : {};
  if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": token });
  const response = await fetch(ADDRESS, {
    method, body, headers, cache: "no-store", redirect: "error", signal: AbortSignal.timeout?.(patience),
  });
  // A hotel's sign-in page answers 200 too.
  const isOurs = response.headers.get("Content-Type")?.startsWith("application/json");
  return { status: response.status, said: isOurs ? await response.json() : undefined };
}

// Who is signed in here: {owner}, {} for nobody, undefined when the server cannot be reached.
export async function whoIsHere(isOwnIdea = true) {
  try {
    const { status, said } = await ask("GET", undefined, isOwnIdea, PATIENCE);
    if (said && (status === 401 || status === 403)) return {};
    if (status !== 200 || !said?.owner) return undefined;
    token = said.token;
    await noteClock(said.now);
    return { owner: said.owner };
  } catch {
    return undefined;
  }
}

const noteClock = (now) => setFact("clockOff", Date.parse(now) - Date.now());
export const clockOff = async () => (await fact("clockOff")) ?? 0;

// Why nothing can be sent for this owner now; nothing where they are signed in here, and their token is at hand.
async function hindrance(owner, isOwnIdea) {
  const here = await whoIsHere(isOwnIdea);
  if (!here) return "offline";
  if (!here.owner) return "signed out";
  return here.owner === owner ? "" : "others";
}

// What became of it: "sent", "offline", "signed out", or "others" when somebody else is signed in.
// Queued, so that two pages never send at the same time.
export function flush(owner, isOwnIdea = true) {
  const work = () => sendAll(owner, isOwnIdea);
  return navigator.locks ? navigator.locks.request("outbox", work) : work();
}

async function sendAll(owner, isOwnIdea) {
  let atOnce = AT_ONCE;
  for (;;) {
    const waiting = await unsentOf(owner, atOnce);
    if (!waiting.length) return "sent";
    const outcome = await sendSome(owner, waiting, isOwnIdea);
    // Each page learns in one go that something is no longer waiting and that the server said something instead.
    tell({ changed: owner, outcome });
    if (outcome === "too long") {
      atOnce = Math.max(1, atOnce >> 1);
      continue;
    }
    if (outcome !== "sent") return outcome;
  }
}

async function sendSome(owner, waiting, isOwnIdea) {
  const before = token ? "" : await hindrance(owner, isOwnIdea);
  if (before) return before;
  const operations = waiting.map(({ number, isRefused, ...said }) => said);
  const body = JSON.stringify({ owner, now: moment(), operations });
  for (let retry = false; ; retry = true) {
    let answer;
    try {
      answer = await ask("POST", body, isOwnIdea, waiting.length > 1 ? PATIENCE_WITH_MANY : PATIENCE);
    } catch {
      return "offline";
    }
    if (answer.status === 200 && answer.said?.answers) {
      await noteClock(answer.said.now);
      // It has arrived, whether or not there is room for what it changed.
      await renewState(owner, (state) => state && withDays(state, answer.said.days, answer.said.now)).catch(() => undefined);
      return (await acknowledge(owner, waiting, answer.said.answers)) ? "sent" : "offline";
    }
    if (answer.said && answer.status === 401) return "signed out";
    if (answer.said && answer.status === 409) return "others";
    if (answer.status === 413 && waiting.length > 1) return "too long";
    if (answer.said && answer.status === 413) return refused(owner, waiting[0], answer.said);
    if (answer.said && answer.status === 400) return refused(owner, atFault(waiting, answer.said), answer.said);
    if (answer.status !== 403 || retry) return "offline";
    // The token was too old. Who is signed in may have changed with it.
    token = "";
    const now = await hindrance(owner, isOwnIdea);
    if (now) return now;
  }
}

async function acknowledge(owner, waiting, answers) {
  const byName = new Map(answers.map((one) => [one.name, one]));
  const done = waiting.filter((one) => byName.has(one.name) && byName.get(one.name).status !== "refused");
  for (const one of waiting) {
    if (byName.get(one.name)?.status === "refused") await refuseOperation(owner, one, byName.get(one.name).why);
  }
  await removeOperations(done.map((one) => one.number));
  return byName.size > 0;
}

// Which entry of a message cannot be read; none where it is the message itself, such as where the clock says a moment
// that no server knows.
const atFault = (waiting, { where }) => waiting[Number(/^operations\[(\d+)\]/.exec(where)?.[1] ?? -1)];

// The rest is sent without it, and it is shown. Where none is at fault all of them wait.
async function refused(owner, one, { why }) {
  if (!one) return "offline";
  await refuseOperation(owner, one, why);
  return "sent";
}

// Ends the session of whoever leaves, and nobody else's. Throws where it is not certain that it has ended.
export async function signOut(owner) {
  const { status, said } = await ask("GET", undefined, false, PATIENCE);
  if (!said || ![200, 401, 403].includes(status)) throw new Error("not known");
  if (status === 401 || (said.owner && said.owner !== owner)) return;
  const wait = () => ({ cache: "no-store", signal: AbortSignal.timeout?.(PATIENCE) });
  // Somebody who may not send is told no token there.
  const form = said.token ? "" : await (await fetch(LEAVING, { ...wait(), redirect: "error" })).text();
  const fresh = said.token ?? /name="csrfmiddlewaretoken" value="(\w+)"/.exec(form)?.[1] ?? "";
  const body = new URLSearchParams({ csrfmiddlewaretoken: fresh });
  const answer = await fetch(LEAVING, { ...wait(), method: "POST", body, redirect: "manual" });
  if (answer.type !== "opaqueredirect") throw new Error("still signed in");
}
