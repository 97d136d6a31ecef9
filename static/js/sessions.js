// The drawing of an injection session: a tap or a key changes the number in the table, and what there is is counted.
// Without this script the table is filled in by hand; the server counts again in any case.

const form = document.querySelector(".session");
const dosing = JSON.parse(document.getElementById("dosing").textContent);
const fields = new Map(Object.values(dosing.muscles).flatMap(({ fields: names }) => names.map((name) => [name, form.elements[name]])));
const places = [...form.querySelectorAll("[data-place]")];
const said = form.querySelector("[data-said]");
let tap = 1;

const sitesAt = (name) => Math.min(Math.max(Math.trunc(Number(fields.get(name).value)) || 0, 0), dosing.most_at_a_place);
const sum = (names) => names.reduce((all, name) => all + sitesAt(name), 0);
const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const signed = (n) => (n > 0 ? `+${n}` : n < 0 ? `\u2212${-n}` : "0");
const isWithin = (n, least, most) => n >= least && n <= most;

function isCounted() {
  const { value } = form.elements.kind;
  return dosing.counted_kinds.includes(value);
}

// --- What is seen ---

function drawPlace(place) {
  const sites = sitesAt(place.dataset.place);
  const dots = place.querySelectorAll("circle");
  dots.forEach((dot, order) => dot.classList.toggle("place__dot--given", order < sites));
  place.querySelector("text").textContent = sites > dots.length ? `${sites}` : "";
  place.setAttribute("aria-label", `${place.dataset.name}: ${dosing.site_words[sites]}`);
}

function show() {
  places.forEach(drawPlace);
  const total = { sites: sum([...fields.keys()]) };
  total.units = total.sites * dosing.each;
  for (const [name, number] of Object.entries(total)) {
    form.querySelector(`[data-total="${name}"]`).textContent = number;
    form.querySelector(`[data-beside="${name}"]`).textContent = signed(number - dosing.fixed[name]);
  }
  let within = Object.keys(total).every((name) => isWithin(total[name], dosing.fixed[name], dosing.most[name]));
  const counted = isCounted();
  for (const [muscle, { fields: names, fixed, most }] of Object.entries(dosing.muscles)) {
    const sites = sum(names);
    within &&= isWithin(sites, fixed, most);
    form.querySelector(`[data-muscle="${muscle}"] [data-difference]`).textContent = counted ? signed(sites - fixed) : "\u2013";
  }
  for (const part of form.querySelectorAll("[data-units], [data-preempt]")) part.hidden = !counted;
  form.querySelector("[data-beyond]").hidden = within || !counted;
  form.querySelector("[data-other-product]").hidden = counted;
  return total;
}

function tell(name) {
  const { name: place } = places.find((one) => one.dataset.place === name).dataset;
  const total = show();
  const words = isCounted() ? dosing.said : dosing.said_without_units;
  said.textContent = fill(words, { place, sites: dosing.site_words[sitesAt(name)], total: total.sites, units: total.units });
}

function change(name, by) {
  fields.get(name).value = Math.min(Math.max(sitesAt(name) + by, 0), dosing.most_at_a_place);
  tell(name);
}

// --- The drawing ---

const KEYS = { "+": 1, ArrowUp: 1, ArrowRight: 1, "-": -1, "\u2212": -1, ArrowDown: -1, ArrowLeft: -1, Backspace: -1, Delete: -1 };

for (const picture of form.querySelectorAll(".sites__picture")) picture.setAttribute("role", "group");
for (const place of places) {
  const name = place.dataset.place;
  place.setAttribute("role", "button");
  place.setAttribute("tabindex", "0");
  place.addEventListener("click", () => change(name, tap));
  place.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const by = event.key === "Enter" || event.key === " " ? tap : KEYS[event.key];
    if (!by) return;
    event.preventDefault();
    change(name, by);
  });
}

const taps = [...form.querySelectorAll("[data-tap]")];
for (const button of taps) {
  button.addEventListener("click", () => {
    tap = Number(button.dataset.tap);
    for (const one of taps) one.setAttribute("aria-pressed", String(one === button));
  });
}

// --- The table ---

function stepOf(field, sign, by) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.tabIndex = -1; // the arrow keys change the number itself
  button.textContent = sign;
  button.setAttribute("aria-label", `${sign} ${places.find((one) => one.dataset.place === field.name).dataset.name}`);
  button.addEventListener("click", () => change(field.name, by));
  return button;
}

for (const [name, field] of fields) {
  field.before(stepOf(field, "\u2212", -1));
  field.after(stepOf(field, "+", 1));
  field.addEventListener("input", () => tell(name));
}

const pattern = form.querySelector("[data-pattern]");
pattern.addEventListener("click", () => {
  for (const [name, field] of fields) field.value = dosing.pattern[name];
  said.textContent = "";
  show();
});

// --- Product and vial ---

for (const kind of form.elements.kind) {
  kind.addEventListener("change", () => {
    form.elements.units.value = ""; // they are not interchangeable
    show();
  });
}

const units = form.elements.diluted_units, ml = form.elements.diluted_ml;
function showVolume() {
  form.querySelector("[data-volume]").textContent = (isCounted() && dosing.volumes[`${Number(units.value)} ${Number(ml.value)}`]) || "";
}
form.addEventListener("input", showVolume);
form.addEventListener("change", showVolume);

for (const part of form.querySelectorAll("[data-scripted], [data-taps], [data-keys], [data-pattern], [data-totals]")) part.hidden = false;
show();
showVolume();
