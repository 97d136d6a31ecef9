// The page's own templates and words, filled in. No word is made here.

export const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
const language = document.documentElement.lang;
const plural = new Intl.PluralRules(language);

export const said = (text, values = {}) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
export const counted = (forms, n, values = {}) => said(forms[plural.select(n)] ?? forms.other, { n, ...values });

export function dayWords(date, options = { weekday: "long", day: "numeric", month: "long" }) {
  const text = new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(new Date(`${date}T00:00:00Z`));
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
