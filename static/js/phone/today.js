// Today, with or without a network: a tap is kept on this phone first, then shown, then sent. Without this script the
// same forms go to the server; on the page without a network there is nothing but this script.

import { before, dateIn, daysOf, dosesOf, medicineOf, missed, month, newer, seenOf, valueOf } from "./days.js";
import { clockOff, flush, keep, listen, operation, refusedOf, removeOperations, unsentOf, useToken } from "./outbox.js";
import { counted, dayWords, part, said, words } from "./parts.js";
import { fact, renewState, stateOf } from "./store.js";

const page = document.querySelector("[data-today]");
const made = document.getElementById("phone");
const messages = document.querySelector("[data-messages]");
const announced = document.querySelector("[data-announced]");
const $ = (selector) => page.querySelector(selector);
const show = (element, isShown) => { if (element) element.hidden = !isShown; };

let state;
let today;
let unsent = [];
let undoing; // what the last tap replaced

// --- What is shown -----------------------------------------------------------------------------------------------

function showDay(days) {
  const day = days.get(today);
  const form = $('form[data-op="headache"]');
  form.dataset.date = today;
  for (const button of form.elements.headache) {
    button.setAttribute("aria-pressed", String(button.value === (day?.word ?? "")));
  }
  show($("[data-unsaid-severity]"), day?.word === "yes");
  show($("[data-chips-of]"), Boolean(day?.word));
  show($("[data-without-headache]"), day?.word === "none" && state.medicines.length > 0);
  $("[data-date-words]").textContent = dayWords(today);
}

function showChips(days) {
  const counts = month(state, days, today).classes;
  const day = days.get(today);
  const taken = new Set(Object.entries(day?.doses ?? {}).filter(([, doses]) => doses).map(([id]) => state.classes[id]));
  const rules = new Map(state.rules.map(([, word, published]) => [word, published]));
  const list = $("[data-chips]");
  const focused = list.contains(document.activeElement) && placeOf(document.activeElement);
  const chips = state.medicines.map(([id, name, strength, word, step]) => {
    const doses = dosesOf(day, id);
    const published = rules.get(word);
    const count = counts[word] ?? 0;
    const next = count + (taken.has(word) ? 0 : 1);
    const isNear = published && !taken.has(word) && next >= published - state.near;
    const note = published && doses && taken.has(word) ? words.day_of : isNear ? words.would_be : "";
    const chip = part("chip", { name, strength, note: said(note, { n: next, limit: published }), doses, step: step > 1 ? said(words.a_tap, { n: step }) : "" });
    chip.querySelector("input").value = id;
    chip.querySelector(".chip").classList.toggle("chip--taken", doses > 0);
    show(chip.querySelector("[data-taken]"), doses > 0);
    const less = chip.querySelector("[data-less]");
    less.setAttribute("aria-label", said(words.less, { medicine: `${name} ${strength}`.trim() }));
    show(less, doses > 0);
    return chip;
  });
  const drawn = [...list.children];
  if (drawn.length === chips.length && chips.every((chip, place) => chip.isEqualNode(drawn[place]))) return;
  list.replaceChildren(...chips);
  if (focused) focusOn(focused);
}

// Who goes by keyboard or by ear stays where they were, though what they tapped was drawn anew or is gone.
const placeOf = ({ form, value }) => ({ op: form.dataset.op, date: form.dataset.date, id: form.elements.medicine?.value, value });

function focusOn({ op, date, id, value }) {
  const seen = [...document.querySelectorAll(`form[data-op="${op}"] button`)].filter((one) => {
    const at = placeOf(one);
    return at.date === date && at.id === id && one.checkVisibility();
  });
  const found = seen.find((one) => one.value === value) ?? seen[0] ?? messages.querySelector("button") ?? $("h1");
  if (found.matches("h1")) found.tabIndex = -1;
  if (found !== document.activeElement) found.focus();
  found.scrollIntoView({ block: "nearest" });
}

function showMissed(days) {
  const all = missed(state, days, today, state.listed);
  const yesterday = before(today);
  const asked = $("[data-yesterday]");
  asked.querySelector("form").dataset.date = yesterday;
  show(asked, all.includes(yesterday));
  const others = all.filter((date) => date !== yesterday);
  const box = $("[data-missed]");
  show(box, others.length > 0);
  box.querySelector("summary").textContent = counted(words.missed, others.length);
  const ticked = new Set([...box.querySelectorAll("input:checked")].map((input) => input.value));
  if (others.join() === [...box.querySelectorAll("input[name=days]")].map((input) => input.value).join()) return;
  box.querySelector("ul").replaceChildren(...others.map((date) => {
    const line = part("missed", {
      day: dayWords(date, "short"), named: ` ${dayWords(date)}`,
    });
    const input = line.querySelector("input");
    input.value = date;
    input.checked = ticked.has(date);
    line.querySelector("a").href = `/days/${date}/`;
    return line;
  }));
}

function showCounts(days) {
  const counts = month(state, days, today);
  const text = counts.missing ? counted(words.missing, counts.missing) : words.none_missing;
  const row = (label, n, published, source) => {
    const most = n + counts.missing;
    const line = part("count", {
      label, source, missing: text, days: n, most: most > n ? said(words.to, { most }) : "",
      published: published ? `${counted(words.days, most)} · ${said(words.published, { limit: published })}` : "",
    });
    const bar = line.querySelector("progress");
    bar.max = Math.max(published ?? 1, most, 1);
    bar.value = n;
    return line;
  };
  const [first, ...others] = state.rules;
  const taken = others.filter(([, word]) => counts.classes[word]);
  const rows = [row(first[0], counts.headache, first[2], first[3])];
  for (const [label, word, published, source] of taken) rows.push(row(label, counts.classes[word], published, source));
  const list = $("[data-count-list]") ?? $(".count-list");
  list.replaceChildren(...rows);
}

function draw({ isCounted = true } = {}) {
  const days = daysOf(state, unsent);
  showDay(days);
  showChips(days);
  showMissed(days);
  if (isCounted) showCounts(days);
  keepInSight();
}

// Who goes by keys sees where they are, also after something above it came or went.
function keepInSight() {
  const at = document.activeElement;
  if (at?.matches(":focus-visible")) at.scrollIntoView({ block: "nearest" });
}

function sayNow(text) {
  const bar = part("saved", { words: text });
  show(bar.querySelector("form"), Boolean(undoing));
  messages.replaceChildren(bar);
  // The same words once more are read out only where something changes.
  announced.textContent = announced.textContent === text ? `${text}\u00a0` : text;
}

// What an entry says of its day.
function wordsOf({ field, value }) {
  if (field === "headache") return words.answers[value] ?? words.not_recorded;
  return counted(words.doses, value, { medicine: nameOf(medicineOf(field)) || words.some_medicine });
}

async function showRefused() {
  const box = messages.parentElement.querySelector("[data-refused]") ?? document.createElement("div");
  box.dataset.refused = "";
  const refused = await refusedOf(state.owner);
  box.replaceChildren(...refused.map((one) => {
    const what = `${dayWords(one.date)}, ${wordsOf(one)}`;
    const line = part("refused", { words: said(words.refused, { what, why: one.why }) });
    line.elements.number.value = one.number;
    return line;
  }));
  if (refused.length && !box.isConnected) messages.after(box);
}

// --- What is tapped ----------------------------------------------------------------------------------------------

const nameOf = (id) => {
  const [, name, strength] = state.medicines.find(([one]) => String(one) === String(id)) ?? ["", "", ""];
  return `${name} ${strength}`.trim();
};

// What waits first, then what is known: an entry is taken from the one only when the other has it. One look after the
// other, so that an earlier one never comes last.
let looking = Promise.resolve();
function look() {
  looking = looking.catch(() => undefined).then(async () => {
    const waiting = await unsentOf(state.owner);
    const known = await stateOf(state.owner);
    [unsent, state] = [waiting, known ?? state];
  });
  return looking;
}

async function record(changes, text, { undoes, place = tapped } = {}) {
  // Another page of this phone may have said something a moment ago.
  await look();
  const days = daysOf(state, unsent);
  const made = changes.map(({ date, field, value }, number) => {
    const day = days.get(date);
    const word = field === "headache" ? null : day.word;
    return operation(date, field, value, seenOf(day, field), { word, undoes: undoes?.[number] ?? "" });
  });
  const replaced = changes.map(({ date, field }) => ({ date, field, value: valueOf(days.get(date), field) }));
  await keep(state.owner, made);
  undoing = undoes ? undefined : { changes: replaced, names: made.map((one) => one.name), text, place };
  // The word that it is saved comes first: the counts may take a slow phone a moment more.
  sayNow(said(undoes ? words.undone : words.saved, { what: text }));
  send(false);
  // Every page that listens draws what was kept, this one too.
  await looking;
  // Whoever has gone on meanwhile stays where they are.
  const at = document.activeElement;
  if (at === document.body || !at.checkVisibility()) focusOn(place);
  else at.scrollIntoView({ block: "nearest" });
}

const taps = {
  headache(form, button) {
    const { date } = form.dataset;
    const name = date === today ? "" : `${dayWords(date)}: `;
    return record([{ date, field: "headache", value: button.value }], `${name}${words.answers[button.value]}`);
  },
  dose(form, button) {
    const id = form.elements.medicine.value;
    const doses = dosesOf(daysOf(state, unsent).get(today), id);
    // A tap adds what the person usually takes; the way back is one dose at a time.
    const isBack = button.value === "-1";
    const step = isBack ? -1 : state.medicines.find(([one]) => String(one) === id)[4];
    const value = Math.max(0, Math.min(99, doses + step));
    if (value === doses) return undefined;
    const text = isBack ? words.taken_back : words.added;
    return record([{ date: today, field: `doses:${id}`, value }], said(text, { medicine: nameOf(id) }));
  },
  free(form) {
    const dates = [...form.querySelectorAll("input:checked")].map((input) => input.value);
    if (!dates.length) {
      undoing = undefined;
      sayNow(words.nothing_ticked);
      return undefined;
    }
    return record(dates.map((date) => ({ date, field: "headache", value: "none" })), counted(words.free_days, dates.length));
  },
  undo() {
    const { changes, names, text, place } = undoing;
    return record(changes, text, { undoes: names, place });
  },
  async dismiss(form) {
    await removeOperations([Number(form.elements.number.value)]);
    form.remove();
    focusOn(tapped);
  },
};

// One tap after the other: the second one sees what the first one said.
let queue = Promise.resolve();
let tapped;
let isLeftToServer = false;
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  const tap = taps[form.dataset.op];
  const isServersUndo = form.dataset.op === "undo" && !undoing;
  if (!tap || isLeftToServer || isServersUndo) return;
  event.preventDefault();
  const button = submitter ?? form.querySelector("button");
  // A tap may come before what is kept has been looked up: it waits for that, and needs no network.
  queue = queue.then(() => {
    if (!state) throw new Error("nothing is kept here");
    tapped = placeOf(button);
    return tap(form, button);
  }).catch(() => notKept(form, button));
});

// A browser that keeps nothing: with a network the server takes the same form.
function notKept(form, submitter) {
  undoing = undefined;
  if (!form.getAttribute("action")) return sayNow(words.full);
  state = undefined;
  isLeftToServer = true;
  // Not while the browser is still handling the same form: it would do nothing.
  return setTimeout(() => form.requestSubmit(submitter));
}

// --- Sending -----------------------------------------------------------------------------------------------------

async function send(isOwnIdea = true) {
  const outcome = await flush(state.owner, isOwnIdea);
  await showRefused();
  return outcome;
}

// The server's own counts and states take the place of those counted here.
async function refresh() {
  if (!made) return;
  try {
    const response = await fetch("/", { headers: { "X-Background": "yes" }, redirect: "error", cache: "no-store", signal: AbortSignal.timeout?.(8000) });
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const payload = fresh.getElementById("phone");
    if (!payload || (await unsentOf(state.owner)).length) return;
    const given = JSON.parse(payload.textContent);
    // Somebody else has signed in meanwhile: this page is not theirs.
    if (given.owner !== state.owner) return location.reload();
    state = await renewState(given.owner, (known) => newer(given, known));
    draw({ isCounted: false });
    for (const name of ["[data-counts]", "[data-conflicts]"]) {
      const [old, news] = [$(name), fresh.querySelector(name)];
      if (old && news) replaceOpen(old, document.adoptNode(news));
    }
    keepInSight();
  } catch {
    // What is shown was counted on this phone, and stays.
  }
}

// What was unfolded stays so, and focused.
function replaceOpen(old, news) {
  const folds = new Map([...news.querySelectorAll("summary")].map((one) => [one.textContent, one]));
  const focused = old.contains(document.activeElement) && document.activeElement.textContent;
  for (const one of old.querySelectorAll("[open] > summary")) folds.get(one.textContent)?.parentElement.setAttribute("open", "");
  old.replaceWith(news);
  folds.get(focused)?.focus();
}

listen(async (news) => {
  if (!state || news.changed !== state.owner) return;
  await look();
  draw({ isCounted: unsent.length > 0 || !made });
  // Whoever sent it: another part of this page may have been first.
  if (news.outcome === "sent" && !unsent.length) refresh();
});

for (const [target, name] of [[window, "online"], [document, "visibilitychange"]]) {
  target.addEventListener(name, async () => {
    if (!state || document.visibilityState === "hidden") return;
    const date = dateIn(state.zone, await clockOff());
    if (date !== today) location.reload();
    else if ((await send()) === "sent" && !made) location.replace("/");
  });
}

// --- Beginning ---------------------------------------------------------------------------------------------------

async function beginLive() {
  const given = JSON.parse(made.textContent);
  const held = document.querySelector('input[name="csrfmiddlewaretoken"]');
  if (held) useToken(held.value);
  unsent = await unsentOf(given.owner);
  const renewed = await renewState(given.owner, (known) => newer(given, known));
  [state, today] = [renewed, page.dataset.today];
  if (unsent.length) draw();
  await showRefused();
  if (unsent.length) await send();
}

async function beginKept() {
  const owner = await fact("owner");
  state = owner && (await stateOf(owner));
  show(document.querySelector("[data-nobody]"), !state);
  if (!state) return;
  today = dateIn(state.zone, await clockOff());
  show(page, true);
  if (location.pathname.startsWith("/help/")) document.getElementById("help").scrollIntoView();
  unsent = await unsentOf(owner);
  draw();
  await showRefused();
}

// What cannot begin leaves the page to the server.
queue = queue.then(made ? beginLive : beginKept).catch(() => { if (!made) show(document.querySelector("[data-nobody]"), true); });
const [asked] = location.hash.match(/^#(none|headache)$/) ?? [];
if (asked) $(asked === "#none" ? 'button[value="none"]' : 'button[value="mild"]')?.focus();
