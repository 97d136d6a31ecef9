// A new diary's time zone starts from the device's own; the person may choose another.
const field = document.querySelector('[data-own-zone="guess"]');
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field && [...field.options].some((option) => option.value === zone)) field.value = zone;
