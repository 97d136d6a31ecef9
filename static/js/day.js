// Comfort on the page of a day: steps beside the doses, and at once the tick that a detail says already. All works without.
const button = (sign, name, change) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = sign;
  made.setAttribute("aria-label", name);
  made.addEventListener("click", change);
  return made;
};

for (const field of document.querySelectorAll("[data-doses] input")) {
  const { less, more } = field.closest("[data-doses]").dataset;
  const name = field.labels[0].textContent.trim();
  const add = (doses) => {
    field.value = Math.min(Math.max(Number(field.value) + doses, 0), Number(field.max)) || "";
  };
  const steps = document.createElement("div");
  steps.className = "doses__steps";
  field.before(steps);
  steps.append(
    button("\u2212", `${less}: ${name}`, () => add(-1)),
    field,
    button("+", `${more}: ${name}`, () => add(Number(field.value) ? 1 : Number(field.dataset.step))),
  );
}

for (const detail of document.querySelectorAll("[data-ticks]")) {
  const tick = document.querySelector(`input[name="features"][value="${detail.dataset.ticks}"]`);
  const says = detail.dataset.when.split(" ");
  detail.addEventListener("change", ({ target }) => {
    if (target.checked && says.includes(target.value)) tick.checked = true;
  });
}
