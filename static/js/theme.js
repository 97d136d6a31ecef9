// The theme changes at once, without a reload that would lose a half-filled form.
// Without this script the same form is sent and the page comes back in the new colours.

const root = document.documentElement;
root.classList.add("js");

const form = document.querySelector("form[data-theme-switch]");

function show(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const button of form.elements.theme) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  // The browser's own bars take the page's colour, and charts draw themselves again.
  const colour = getComputedStyle(root).getPropertyValue("--page").trim();
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) meta.content = colour;
  document.dispatchEvent(new CustomEvent("themechange", { detail: { theme } }));
}

form?.addEventListener("submit", async (event) => {
  const theme = event.submitter?.value;
  if (theme === undefined) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  body.set("theme", theme);
  show(theme);
  try {
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  } catch {
    // Offline the colours hold for this page; the next visit follows the last choice that was sent.
  }
});

// The account menu closes like a menu.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu details[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && !document.querySelector("dialog[open]") && document.querySelector(".menu details[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
