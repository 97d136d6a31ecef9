// Days as this phone knows them: what the server said last, and what was tapped since. It counts days and compares
// with nothing; limits and words come from the server.

const DAY = 86400000;
const MOST_SEEN = 40;
const asMoment = (date) => Date.parse(`${date}T00:00:00Z`);
export const before = (date, days = 1) => new Date(asMoment(date) - days * DAY).toISOString().slice(0, 10);

// The calendar date in the person's own zone, by the server's clock.
export function dateIn(zone, clockOff) {
  const options = { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" };
  const parts = new Intl.DateTimeFormat("en", options).formatToParts(new Date(Date.now() + clockOff));
  const part = (type) => parts.find((one) => one.type === type).value;
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
}

export const medicineOf = (field) => field.slice("doses:".length);
export const dosesOf = (day, medicine) => day?.doses[medicine] ?? 0;

// What a day says of a field: its word, null where nothing is recorded, or a number of doses.
export const valueOf = (day, field) => (field === "headache" ? day?.word ?? null : dosesOf(day, medicineOf(field)));

export function daysOf(state, unsent) {
  const days = new Map(state.days.map(([date, word, doses, seen]) => [date, { word, doses: { ...doses }, seen: { ...seen } }]));
  for (const { date, field, value, seen, name } of unsent) {
    const day = days.get(date) ?? { word: null, doses: {}, seen: {} };
    days.set(date, day);
    if (field === "headache") day.word = value;
    else day.doses[medicineOf(field)] = value;
    // They are sent in their order, so that the latest ones stand for all before them.
    day.seen[field] = [...new Set([...seen, name])].slice(-MOST_SEEN);
  }
  return days;
}

// What this phone has seen of a field: to be named by what is tapped next.
export const seenOf = (day, field) => day?.seen[field] ?? [`=${valueOf(day, field) || ""}`];

// The answered days take the place of what was known of them. `now`: when the server said so.
export function withDays(state, answered, now) {
  const days = new Map(state.days.map((day) => [day[0], day]));
  for (const day of answered) days.set(day[0], day);
  return { ...state, now, days: [...days.values()].sort((a, b) => (a[0] < b[0] ? -1 : 1)) };
}

// A page can be older than what was sent and answered while it was on its way.
export const newer = (given, known) => (known && known.now > given.now ? { ...given, now: known.now, days: known.days } : given);

// --- Counts of the month ---------------------------------------------------------------------------------------------

export function month(state, days, today) {
  const first = `${today.slice(0, 8)}01`;
  const found = { headache: 0, missing: 0, classes: {} };
  for (let date = first; date <= today; date = before(date, -1)) {
    const day = days.get(date);
    if (!day?.word) {
      if (date < today) found.missing += 1;
      continue;
    }
    if (day.word !== "none") found.headache += 1;
    const taken = new Set(Object.entries(day.doses).filter(([, doses]) => doses).map(([id]) => state.classes[id]));
    for (const word of taken) found.classes[word] = (found.classes[word] ?? 0) + 1;
  }
  return found;
}

// Which past days are not recorded, latest first; none from before the diary began.
export function missed(state, days, today, listed) {
  const recorded = [...days].filter(([, day]) => day.word).map(([date]) => date);
  const began = [state.began, ...recorded].filter(Boolean).sort()[0];
  if (!began) return [];
  return Array.from({ length: listed }, (_, back) => before(today, back + 1)).filter(
    (date) => date >= began && !days.get(date)?.word,
  );
}
