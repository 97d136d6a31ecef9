// The page's own templates and words, filled in. No word is made here.

export const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
const language = document.documentElement.lang;
const plural = new Intl.PluralRules(language);

export const said = (text, values = {}) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
export const counted = (forms, n, values = {}) => said(forms[plural.select(n)] ?? forms.other, { n, ...values });

// Made once each: to make one takes a slow phone longer than all the rest of a tap.
const format = (length) => new Intl.DateTimeFormat(language, { weekday: length, day: "numeric", month: length, timeZone: "UTC" });
const formats = { long: format("long"), short: format("short") };

export function dayWords(date, length = "long") {
  const text = formats[length].format(new Date(`${date}T00:00:00Z`));
  return text.replace(/^(\p{L}+), /u, "$1 ");
}

export function part(name, slots = {}) {
  const copy = document.querySelector(`template[data-part="${name}"]`).content.firstElementChild.cloneNode(true);
  for (const [slot, text] of Object.entries(slots)) {
    const place = copy.querySelector(`[data-slot="${slot}"]`);
    place.textContent = text;
    if (text !== "") place.hidden = false;
  }
  return copy;
}
