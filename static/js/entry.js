// A month of a paper diary from the keyboard. Without this script the sheet is a form of lists and numbers.

const sheet = document.querySelector("form[data-entry]");
const rows = [...sheet.querySelectorAll("tr[data-day]")];
const heard = document.querySelector("[data-announced]");
const word = (row) => row.querySelector("select");
const fields = (row) => [...row.querySelectorAll("select, input")];
const keyed = (row, key) => row.querySelector(`[data-key="${key}"]`);
const rowOf = (field) => field.closest("tr[data-day]");
const last = new WeakMap(); // the medicine that was added last, by row
const leftward = document.dir === "rtl" ? 1 : -1;

// --- What a key does to a row ---

function painted(row) {
  const list = word(row);
  list.className = `entry__word ${list.value ? `entry__word--${list.value}` : ""}`;
}

/** In words, for those who listen: what the row says now. */
function told(row) {
  const said = fields(row).filter((field) => field.type === "checkbox" ? field.checked : field.value);
  heard.textContent = said.map((field) => {
    if (field.tagName === "SELECT") return `${row.dataset.day}: ${field.selectedOptions[0].textContent}`;
    const name = field.getAttribute("aria-label").split(": ").slice(1).join(": ");
    return field.type === "checkbox" ? name : `${name} ×${field.value}`;
  }).join(", ") || row.dataset.day;
}

function written(row) {
  painted(row);
  told(row);
  begun = true;
}

function say(row, number) {
  const choice = word(row).options[number + 1];
  if (!choice) return;
  word(row).value = choice.value;
  written(row);
}

function dose(row, field, by) {
  if (field.type === "checkbox") field.checked = by > 0 && !field.checked;
  else {
    field.value = Math.min(Math.max(Number(field.value) + by, 0), Number(field.max)) || "";
    last.set(row, field);
  }
  written(row);
}

function empty(row, field) {
  const whole = field.tagName === "SELECT" || field.type === "checkbox";
  for (const one of whole ? fields(row) : [field]) {
    if (one.type === "checkbox") one.checked = false;
    else one.value = "";
  }
  written(row);
}

// --- Where a key leads ---

function down(field, by) {
  const row = rowOf(field), place = rows.indexOf(row) + by;
  if (rows[place]) fields(rows[place])[fields(row).indexOf(field)].focus();
  else if (by > 0) sheet.querySelector("[data-save]").focus();
}

function across(field, by) {
  const beside = fields(rowOf(field));
  beside[beside.indexOf(field) + by]?.focus();
}

const MOVES = {
  ArrowDown: (field) => down(field, 1),
  ArrowUp: (field) => down(field, -1),
  Enter: (field) => down(field, 1),
  ArrowLeft: (field) => across(field, leftward),
  ArrowRight: (field) => across(field, -leftward),
  Delete: (field) => empty(rowOf(field), field),
  Backspace: (field) => empty(rowOf(field), field),
};

sheet.addEventListener("keydown", (event) => {
  const field = event.target.closest("tr[data-day] :is(select, input)");
  if (!field || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
  const row = rowOf(field), key = event.key;
  if (MOVES[key]) MOVES[key](field);
  else if (/^[0-9]$/.test(key)) {
    if (field.type === "number") return; // a number of doses is typed
    say(row, Number(key));
  } else if (/^[a-z]$/i.test(key)) {
    const of = keyed(row, key.toLowerCase());
    if (of) dose(row, of, event.shiftKey ? -1 : 1);
  } else if (key === "-" || key === "−") {
    if (last.get(row)) dose(row, last.get(row), -1);
  } else return;
  event.preventDefault();
});
sheet.querySelector("#catalogue").closest("details").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
  event.preventDefault(); // it would save the month
  sheet.querySelector("[data-add]").click();
});
sheet.addEventListener("input", ({ target }) => {
  begun = true;
  if (rowOf(target)) painted(rowOf(target));
});

// --- Nothing is kept but in this page: leaving it asks first, and it is not sent to a server that would refuse it ---

let begun = "begun" in sheet.dataset;
let isSent = false;

addEventListener("beforeunload", (event) => {
  if (begun && !isSent) event.preventDefault();
});
addEventListener("pageshow", () => { isSent = false; });

/** The token for forms of whoever is signed in now; none: nobody is. */
async function token() {
  const answer = await fetch(sheet.dataset.signedIn, { headers: { "X-Background": "yes" } });
  if (answer.redirected || !answer.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[name=csrfmiddlewaretoken]")?.value ?? null;
}

sheet.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter, signedOut = sheet.querySelector("[data-signed-out]");
  const found = await token().catch(() => null);
  signedOut.hidden = Boolean(found);
  if (!found) return;
  sheet.querySelector("[name=csrfmiddlewaretoken]").value = found;
  const added = sheet.querySelector("[data-adding]");
  added?.remove();
  if (button?.name) {
    const hidden = document.createElement("input");
    hidden.type = "hidden";
    hidden.name = button.name;
    hidden.value = button.value;
    hidden.dataset.adding = "";
    sheet.append(hidden);
  }
  isSent = true;
  sheet.submit();
});

// --- On arrival ---

rows.forEach(painted);
const first = rows.find((row) => !row.classList.contains("entry__standing")) ?? rows[0];
// What was said of the last Save is read first.
if (!document.querySelector("[data-messages] > *")) word(first).focus();
