// Month by finger and by key. Without this script the calendar is a table of links, and the arrows above it lead on.

const calendar = document.querySelector("table[data-month]");
const days = [...calendar.querySelectorAll("a")];
const way = (rel) => document.querySelector(`.pager a[rel="${rel}"]`)?.href;
const leftward = document.dir === "rtl" ? 1 : -1;
const ARRIVED = "month-arrived";

function go(rel, day) {
  const address = way(rel);
  if (!address) return;
  sessionStorage.setItem(ARRIVED, day ? "key" : "swipe");
  location.assign(day ? `${address}#day-${day}` : address);
}

// --- Keys: one day can be reached with Tab, the arrow keys lead from it to the others ---

function make(current) {
  for (const day of days) day.tabIndex = day === current ? 0 : -1;
}

function stand(day) {
  make(day);
  day.focus();
}

function step(day, by) {
  const place = days.indexOf(day) + by;
  if (days[place]) stand(days[place]);
  else if (place < 0) go("prev", Number(calendar.dataset.before) + place + 1);
  else if (way("next")) go("next", place - days.length + 1);
}

const inRow = (day) => [...day.closest("tr").querySelectorAll("a")];
const number = (day) => days.indexOf(day) + 1;
const KEYS = {
  ArrowLeft: (day) => step(day, leftward),
  ArrowRight: (day) => step(day, -leftward),
  ArrowUp: (day) => step(day, -7),
  ArrowDown: (day) => step(day, 7),
  Home: (day) => stand(inRow(day)[0]),
  End: (day) => stand(inRow(day).at(-1)),
  PageUp: (day) => go("prev", number(day)),
  PageDown: (day) => go("next", number(day)),
};

calendar.addEventListener("keydown", (event) => {
  const day = event.target.closest("a");
  if (!day || !KEYS[event.key] || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  KEYS[event.key](day);
});
calendar.addEventListener("focusin", (event) => make(event.target.closest("a")));

// --- A finger: sideways, far enough, and not from the edge, where the browser's own gesture for Back begins ---

const EDGE = 24, FAR = 48, SLOW = 800;
const field = document.querySelector("[data-swipe]");
let start = null;

field.addEventListener("touchstart", (event) => {
  const [touch] = event.touches;
  const fromEdge = touch.clientX < EDGE || touch.clientX > innerWidth - EDGE;
  const zoomed = (visualViewport?.scale ?? 1) > 1.01;
  start = event.touches.length > 1 || fromEdge || zoomed ? null : { x: touch.clientX, y: touch.clientY, at: event.timeStamp };
}, { passive: true });
field.addEventListener("touchcancel", () => { start = null; }, { passive: true });
field.addEventListener("touchend", (event) => {
  if (!start || event.touches.length) return;
  const [touch] = event.changedTouches;
  const across = touch.clientX - start.x, down = Math.abs(touch.clientY - start.y);
  const isSwipe = Math.abs(across) >= FAR && Math.abs(across) > 2 * down && event.timeStamp - start.at < SLOW;
  start = null;
  if (isSwipe) go(Math.sign(across) === leftward ? "next" : "prev");
}, { passive: true });

// --- On arrival ---

calendar.setAttribute("role", "grid");
calendar.setAttribute("aria-describedby", "month-keys");
make(calendar.querySelector("[aria-current]") ?? days[0]);
const arrived = sessionStorage.getItem(ARRIVED);
sessionStorage.removeItem(ARRIVED);
if (arrived) {
  const wanted = Number(location.hash.slice("#day-".length));
  if (arrived === "key") stand(days[Math.min(wanted, days.length) - 1] ?? days[0]);
  // A status that stands when the page comes is not read out; one that changes is.
  requestAnimationFrame(() => { document.querySelector("[data-announced]").textContent = document.querySelector("h1").textContent; });
}
