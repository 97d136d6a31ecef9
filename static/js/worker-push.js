// The service worker's part of reminders. All words come with the push, in the person's own language.

const OPEN = "/";

// For `push`. A push must show something, or the browser takes the permission away.
export function shown(event, registration) {
  const said = read(event);
  const title = said.title ?? new URL(registration.scope).host;
  const actions = said.clear ? [{ action: "clear", title: said.clear }, { action: "open", title: said.not_clear }] : [];
  // One that nobody answered gives way to the next, which rings all the same.
  const once = { tag: said.tag, renotify: Boolean(said.tag) };
  event.waitUntil(
    registration.showNotification(title, { body: said.body, lang: said.language, data: said, actions, ...once }),
  );
}

function read(event) {
  try {
    return event.data.json() ?? {};
  } catch {
    return {};
  }
}

// For `notificationclick`. `record(date, word, owner)` saves a day of the person who was asked, or keeps it until there
// is a network: {queued}.
export function answered(event, record) {
  const said = event.notification.data ?? {};
  if (event.action === "clear" && said.date) return event.waitUntil(clear(said, record));
  event.notification.close();
  return event.waitUntil(open());
}

async function clear(said, record) {
  let words = said.failed;
  try {
    words = (await record(said.date, "none", said.owner)).queued ? said.kept : said.saved;
  } catch {
    // What it says then is that nothing was saved.
  }
  // It takes the place of the question, being of the same tag: closed first, that could take this one along.
  // Its data names no date: a tap on it opens the diary, and saves nothing twice.
  await self.registration.showNotification(words, { body: said.body, lang: said.language, tag: said.tag, silent: true });
}

async function open() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => new URL(one.url).pathname === OPEN);
  return page ? page.focus() : self.clients.openWindow(OPEN);
}
