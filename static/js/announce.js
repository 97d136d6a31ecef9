// A status that stands in a page from its start is not read out; one that appears is.
const words = document.querySelector("[data-messages]")?.innerText.trim();
const status = document.querySelector("[data-announced]");
if (words && status) setTimeout(() => { status.textContent = words; }, 200);
