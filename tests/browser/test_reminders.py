"""Reminders in a real browser: chosen, turned on for the phone, shown, and answered without opening the diary.

No push service can be reached from here, so the browser's subscribing is played; what a push service would deliver is
delivered by the browser's own tools.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path
from playwright.sync_api import Page, expect

from accounts.access import public
from accounts.themes import COOKIE, THEMES
from config import urls, vapid
from diary import push, reminders
from diary.models import PushSubscription, Reminder
from tests.browser.steps import assert_fits, follow
from tests.cast import TODAY, new_patient, with_password
from tests.conftest import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.urls(__name__)]

WORKER = """
import { shown, answered } from "/static/js/worker-push.js";
self.recorded = [];
self.opened = [];
self.queued = false;
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => shown(event, self.registration));
// Heard of, not looked for: Chromium's getNotifications() forgets what it is just about to show.
const titles = [];
let heard = () => {};
const show = self.registration.showNotification.bind(self.registration);
self.registration.showNotification = async (title, options) => {
  await show(title, options);
  titles.push(title);
  heard();
};
self.shows = async (title) => {
  while (!titles.includes(title)) await new Promise((resolve) => { heard = resolve; });
  titles.splice(0, titles.indexOf(title) + 1);
};
async function record(date, word) {
  if (self.broken) throw new Error("broken");
  self.recorded.push([date, word]);
  return { queued: self.queued };
}
self.tapped = async (action) => {
  const [notification] = await self.registration.getNotifications();
  const event = new NotificationEvent("notificationclick", { notification, action });
  let done;
  event.waitUntil = (promise) => { done = promise; };
  self.clients.openWindow = async (address) => { self.opened.push(address); };
  answered(event, record);
  await done;
  // A notification is closed a little later, by its tag: the next one of that tag must not be there by then.
  while (action !== "clear" && (await self.registration.getNotifications()).length) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
"""


@public
def worker(request: HttpRequest) -> HttpResponse:
    return HttpResponse(WORKER, content_type="text/javascript")


urlpatterns = [path("service-worker.js", worker), *urls.urlpatterns]
handler404 = urls.handler404

SUBSCRIBING = """
const KEY = "played-subscription";
const played = () => ({
  toJSON: () => JSON.parse(localStorage.getItem(KEY)),
  unsubscribe: async () => { localStorage.removeItem(KEY); return true; },
});
if (window.PushManager) {
  PushManager.prototype.getSubscription = async () => (localStorage.getItem(KEY) ? played() : null);
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const keys = {
      p256dh: text(await crypto.subtle.exportKey("raw", pair.publicKey)),
      auth: text(crypto.getRandomValues(new Uint8Array(16))),
    };
    const endpoint = `https://fcm.googleapis.com/fcm/send/${keys.auth}`;
    const listens = userVisibleOnly && text(applicationServerKey);
    localStorage.setItem(KEY, JSON.stringify({ endpoint, keys, listens }));
    return played();
  };
}
"""


@pytest.fixture
def anna(transactional_db: None) -> Any:
    patient = new_patient("Anna Example")
    with_password(patient.user)
    return patient


@pytest.fixture(autouse=True)
def set_up(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.VAPID_PRIVATE_KEY = vapid.new()
    monkeypatch.setattr(push, "resolved", lambda host: ["142.250.74.10"])


def allow(page: Page) -> None:
    page.context.add_init_script(SUBSCRIBING)
    page.context.grant_permissions(["notifications"])


def deliver(page: Page, said: dict[str, str]) -> None:
    """As the push service would. A worker that is not quite awake yet hears nothing of it."""
    session = page.context.new_cdp_session(page)
    awake: list[str] = []

    def noted(event: Any) -> None:
        awake.extend(one["registrationId"] for one in event["versions"] if one["status"] == "activated")

    session.on("ServiceWorker.workerVersionUpdated", noted)
    session.send("ServiceWorker.enable")
    for _moment in range(200):
        if awake:
            break
        page.wait_for_timeout(50)
    origin = page.evaluate("location.origin")
    message = {"origin": origin, "registrationId": awake[0], "data": json.dumps(said)}
    session.send("ServiceWorker.deliverPushMessage", message)
    session.detach()


def notification(page: Page, title: str) -> dict[str, Any]:
    """The one that is shown, once one with this title is."""
    [worker] = page.context.service_workers
    worker.evaluate("(title) => self.shows(title)", title)
    found: dict[str, Any] = page.evaluate(
        """async (title) => {
          const registration = await navigator.serviceWorker.ready;
          const shown = await registration.getNotifications();
          const one = shown.find((found) => found.title === title);
          return { count: shown.length, title: one.title, body: one.body, tag: one.tag,
            silent: one.silent, renotify: one.renotify,
            data: one.data, actions: one.actions.map(({ action, title }) => [action, title]) };
        }""",
        title,
    )
    return found


def test_chosen_turned_on_shown_and_answered(phone, axe, anna, enter):
    allow(phone)
    enter(phone, anna.user)
    phone.goto("/")
    phone.locator("summary", has_text="Account").click()
    follow(phone.get_by_role("link", name="Reminders"))
    axe(phone)
    phone.get_by_label("Time").fill("07:30")
    phone.get_by_label("Saturday").uncheck()
    phone.get_by_label("By e-mail").check()
    follow(phone.get_by_role("button", name="Save"))
    reminder = Reminder.objects.get()
    assert (reminder.time.hour, reminder.weekdays, reminder.by_email) == (7, "123457", True)

    follow(phone.get_by_role("button", name="Turn on for this device"))
    expect(phone.get_by_text("This device shows your reminder.").first).to_be_visible()
    expect(phone.get_by_text("this device", exact=True)).to_be_visible()
    expect(phone.get_by_role("button", name="Turn on for this device")).to_be_hidden()
    axe(phone)
    subscription = PushSubscription.objects.get()
    played = json.loads(phone.evaluate("localStorage.getItem('played-subscription')"))
    assert (subscription.endpoint, played["listens"]) == (played["endpoint"], push.server_key())

    said = reminders.notification(TODAY)
    deliver(phone, said)
    shown = notification(phone, "How is today?")
    assert (shown["body"], shown["tag"], shown["data"]) == ("Wednesday 17 June", "today", said)
    assert shown["actions"] == [["clear", "Clear"], ["open", "Not clear"]]
    assert shown["renotify"]
    deliver(phone, said | {"title": "How is today, again?"})
    assert notification(phone, "How is today, again?")["count"] == 1

    [worker] = phone.context.service_workers
    worker.evaluate("self.tapped('clear')")
    saved = notification(phone, "Saved")
    assert (saved["count"], saved["body"], saved["silent"], saved["data"]) == (
        1,
        "Wednesday 17 June",
        True,
        None,
    )
    assert worker.evaluate("[self.recorded, self.opened]") == [[["2026-06-17", "none"]], []]
    worker.evaluate("self.tapped('')")  # a tap on "Saved" opens the diary and saves nothing again
    assert worker.evaluate("[self.recorded.length, self.opened]") == [1, ["/"]]

    for state, words in (
        ("queued", "Kept on this device until there is a network"),
        ("broken", "Not saved. Tap to open."),
    ):
        deliver(phone, said)
        notification(phone, "How is today?")
        worker.evaluate(f"self.{state} = true; self.tapped('clear')")
        assert notification(phone, words)["count"] == 1
    assert worker.evaluate("self.recorded.length") == 2
    for action in ("open", ""):
        deliver(phone, said)
        notification(phone, "How is today?")
        worker.evaluate(f"self.tapped('{action}')")
    assert worker.evaluate("[self.recorded.length, self.opened.length]") == [2, 3]

    follow(phone.get_by_role("button", name="Remove"))
    expect(phone.get_by_text("They are on for no device yet.")).to_be_visible()
    assert phone.evaluate("localStorage.getItem('played-subscription')") is None
    assert not PushSubscription.objects.exists()


def test_signing_out_turns_it_off_in_the_browser_and_here(phone, anna, enter):
    allow(phone)
    enter(phone, anna.user)
    phone.goto("/reminders/")
    follow(phone.get_by_role("button", name="Turn on for this device"))
    deliver(phone, reminders.notification(TODAY))
    notification(phone, "How is today?")
    phone.evaluate("import('/static/js/phone/app.js').then(({ leavePushes }) => leavePushes())")
    assert phone.evaluate("localStorage.getItem('played-subscription')") is None
    assert (
        phone.evaluate(
            "navigator.serviceWorker.ready.then((one) => one.getNotifications()).then((all) => all.length)"
        )
        == 0
    )
    phone.locator("summary", has_text="Account").click()
    follow(phone.get_by_role("button", name="Sign out"))
    assert not PushSubscription.objects.exists()


def test_browsers_that_cannot_say_so(desktop, phone, axe, anna, enter):
    enter(desktop, anna.user)
    desktop.context.add_init_script("Notification.requestPermission = async () => 'denied'")
    desktop.goto("/reminders/")
    desktop.get_by_role("button", name="Turn on for this device").click()
    expect(desktop.get_by_text("This browser does not let us show notifications.")).to_be_visible()
    axe(desktop)
    phone.context.add_init_script("delete window.PushManager")
    enter(phone, anna.user)
    phone.goto("/reminders/")
    expect(phone.get_by_text("This browser cannot show notifications.")).to_be_visible()
    phone.context.add_init_script("Object.defineProperty(navigator, 'userAgent', { value: 'iPhone' })")
    phone.reload()
    expect(phone.get_by_text("first put the diary on the Home Screen")).to_be_visible()


def test_page_fits_in_every_theme(phone, anna, enter, remember):
    allow(phone)
    enter(phone, anna.user)
    phone.goto("/reminders/")
    follow(phone.get_by_role("button", name="Make an address for the calendar"))
    follow(phone.get_by_role("button", name="Turn on for this device"))
    for theme in THEMES:
        remember(phone, COOKIE, theme)
        phone.reload()
        for width in (360, 320):
            phone.set_viewport_size({"width": width, "height": 740})
            assert_fits(phone)
        assert_accessible(phone)
