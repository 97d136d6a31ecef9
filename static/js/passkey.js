// Says when the browser could not make or use a passkey, or when the person changed their mind.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.querySelector("[data-passkey-trouble]")?.removeAttribute("hidden");
});
