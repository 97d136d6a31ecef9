"""The diary without a network, in a real browser: what is tapped is kept, shown, and sent once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Page, expect

from diary import installing, phone
from diary.models import DiaryDay, Patient
from diary.summaries import today_summary
from tests.browser.network import ASKS_FOR_MONEY, DOWN, LOSES_ANSWERS, STALLED, UP
from tests.browser.steps import ZONE, button, today_of, visited
from tests.cast import medicine, new_patient, record, record_all

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def anna(transactional_db: Any) -> Patient:
    """A patient with two medicines, who recorded nothing in the last twenty days."""
    patient = new_patient("Anna Example", time_zone=ZONE)
    usual = medicine(patient, "rizatriptan", strength="10 mg")
    medicine(patient, "ibuprofen", "non_opioid")
    today = today_of(patient)
    record_all(patient, [today - timedelta(days=back) for back in range(21, 26)], "severe", usual)
    return patient


def says(page: Page, words: str) -> None:
    expect(page.locator(".saved")).to_contain_text(words)


WAITING = """async () => {
  const owner = document.body.dataset.owner ?? "";
  if (!owner || !(await indexedDB.databases()).some((one) => one.name === "diary")) return 0;
  const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const open = await done(indexedDB.open("diary"));
  const rows = await done(open.transaction("operations").objectStore("operations").index("owner").getAll(owner));
  open.close();
  return rows.filter((row) => !row.isRefused).length;
}"""
"""How many entries of who is signed in are still on the phone: the words "saved" come before the number is shown."""


def waiting(page: Page) -> int | None:
    try:
        return int(page.evaluate(WAITING))
    except Error:  # the page was just leaving
        return None


def unsent(page: Page, n: int) -> None:
    if not n:
        arrives(lambda: waiting(page), 0)
    pill = page.locator("[data-unsent]")
    if n:
        expect(pill).to_be_visible()
        expect(pill).to_contain_text(f"{n} not sent")
    else:
        expect(pill).to_be_hidden()


def arrives(found: Callable[[], Any], expected: Any) -> None:
    """Sooner or later, and then it stays."""
    for _ in range(200):
        if found() == expected:
            break
        time.sleep(0.1)
    assert found() == expected


def words_of(patient: Patient) -> dict[str, str]:
    """What the server has of the last twenty days."""
    since = today_of(patient) - timedelta(days=20)
    days = DiaryDay.objects.filter(patient=patient, date__gt=since)
    return {day.date.isoformat(): day.headache for day in days}


def doses_of(patient: Patient) -> dict[str, int]:
    today = DiaryDay.objects.get(patient=patient, date=today_of(patient))
    return {intake.medicine.name: intake.doses for intake in today.intakes.select_related("medicine")}


# --- Taps --------------------------------------------------------------------------------------------------------


def test_tap_before_the_page_has_begun_is_kept_here_like_any_other(handset, anna, enter):
    """The finger is faster than the phone: nothing is left to a page of the server, which needs a network."""
    enter(handset, anna.user)
    posted = []
    handset.on("request", lambda sent: posted.append(urlsplit(sent.url).path) if is_post(sent) else None)
    at_once = (
        "addEventListener('DOMContentLoaded', () => document.querySelector('button[value=none]')?.click())"
    )
    handset.add_init_script(at_once)
    handset.goto("/")
    says(handset, "Saved: No headache")
    unsent(handset, 0)
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "none"})
    assert posted == ["/sync/"]


def test_one_tap_saves_a_free_day_and_three_a_headache_with_the_usual_triptan(handset, anna, enter):
    enter(handset, anna.user)
    taps = 0
    handset.goto("/")
    button(handset, "No headache").tap()
    taps += 1
    says(handset, "Saved: No headache")
    assert taps == 1
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "none"})
    unsent(handset, 0)
    button(handset, "Undo").tap()
    says(handset, "Undone: No headache")
    unsent(handset, 0)
    expect(handset.locator("[data-counts]")).to_contain_text("0")
    arrives(lambda: words_of(anna), {})
    taps = 0
    handset.goto("/")
    button(handset, "Severe").tap()
    handset.locator("button.chip").first.tap()
    taps += 2
    says(handset, "rizatriptan 10 mg added")
    assert taps <= 3
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "severe"})
    arrives(lambda: doses_of(anna), {"rizatriptan": 1})
    unsent(handset, 0)


# --- Without a network -------------------------------------------------------------------------------------------


def test_twenty_entries_from_a_cold_start_survive_a_killed_browser(mortal, network, anna, enter, axe):
    page = mortal.start()
    enter(page, anna.user)
    visited(page)
    mortal.kill()
    network.state = DOWN

    page = mortal.start()
    page.goto("/")
    expect(page.get_by_text("The diary cannot be reached now.")).to_be_visible()
    axe(page)
    button(page, "Moderate").first.tap()
    says(page, "Saved: Moderate headache")
    for _ in range(3):
        page.locator("button.chip").first.tap()
        says(page, "rizatriptan 10 mg added")
    expect(page.locator("button.chip").first).to_contain_text("×3")
    page.get_by_role("button", name="Take back one dose of rizatriptan 10 mg").tap()
    says(page, "one dose taken back")
    button(page, "No headache yesterday").tap()
    page.locator("details.missed > summary").tap()
    for tick in page.get_by_role("checkbox").all()[:14]:
        tick.tap()
    button(page, "Save ticked days as headache-free").tap()
    says(page, "14 days saved as headache-free")
    unsent(page, 20)
    axe(page)
    assert words_of(anna) == {}
    mortal.kill()

    page = mortal.start()
    page.goto("/")
    unsent(page, 20)
    expect(button(page, "Moderate").first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("button.chip").first).to_contain_text("×2")
    enter(page, anna.user)  # a browser writes its cookies down every half minute, and was killed before
    network.state = UP
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_role("link", name="Month")).to_be_visible()
    unsent(page, 0)
    arrives(lambda: len(words_of(anna)), 16)
    found = words_of(anna)
    assert found.pop(today_of(anna).isoformat()) == "moderate"
    assert list(found.values()) == ["none"] * 15
    assert doses_of(anna) == {"rizatriptan": 2}
    assert anna.operations.count() == 20


def test_counts_of_the_phone_are_those_of_the_server(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    handset.goto("/")
    button(handset, "Severe").first.tap()
    handset.locator("button.chip").first.tap()
    says(handset, "rizatriptan")
    counted = handset.locator("[data-counts] .count__number").all_inner_texts()
    network.state = UP
    handset.evaluate("window.dispatchEvent(new Event('online'))")
    expect(handset.get_by_role("link", name="Month")).to_be_visible()
    unsent(handset, 0)
    handset.goto("/")
    rows = handset.locator("[data-counts] .count__number").all_inner_texts()
    assert [" ".join(text.split()) for text in counted] == [" ".join(text.split()) for text in rows]


# --- Interrupted at every step -----------------------------------------------------------------------------------


def answers(page: Page, method: str, **answer: Any) -> None:
    """Once, whatever asks for it gets this instead of the server's answer."""
    given: list[str] = []

    def instead(route: Any) -> None:
        if route.request.method == method and not given:
            given.append(method)
            route.fulfill(**answer)
        else:
            route.fallback()

    page.route("**/sync/", instead)


def killed_when(page: Page, event: str) -> None:
    """The page is gone as soon as the phone has sent, or was answered."""
    page.on(event, lambda found: page.close() if "/sync/" in found.url and is_post(found) else None)


def is_post(found: Any) -> bool:
    return getattr(found, "request", found).method == "POST"


FAULTS = {
    "no network": lambda page, network: setattr(network, "state", DOWN),
    "a network that stalls": lambda page, network: setattr(network, "state", STALLED),
    "a hotel's page": lambda page, network: setattr(network, "state", ASKS_FOR_MONEY),
    "the answer is lost": lambda page, network: setattr(network, "state", LOSES_ANSWERS),
    "the server is down": lambda page, network: answers(page, "POST", status=502, body="Bad Gateway"),
    "the database is busy": lambda page, network: answers(page, "POST", status=503, body="busy"),
    "an error": lambda page, network: answers(page, "POST", status=500, body="<h1>Error</h1>"),
    "too large": lambda page, network: answers(page, "POST", status=413, body="{}"),
    "half an answer": lambda page, network: answers(
        page, "POST", status=200, content_type="application/json", body='{"answers": ['
    ),
    "an answer to nothing": lambda page, network: answers(
        page, "POST", status=200, content_type="application/json", json={"answers": [], "days": [], "now": ""}
    ),
    "a token that is too old": lambda page, network: answers(page, "POST", status=403, body="<h1>403</h1>"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_entries_arrive_once_whatever_happens_on_the_way(handset, network, anna, enter, fault):
    enter(handset, anna.user)
    visited(handset)
    FAULTS[fault](handset, network)
    button(handset, "Mild").tap()
    says(handset, "Saved: Mild headache")
    handset.locator("button.chip").first.tap()
    says(handset, "rizatriptan")
    button(handset, "No headache yesterday").tap()
    says(handset, "No headache")
    handset.unroute_all()
    network.state = UP
    handset.reload()
    unsent(handset, 0)
    today = today_of(anna)
    arrives(
        lambda: words_of(anna),
        {today.isoformat(): "mild", (today - timedelta(days=1)).isoformat(): "none"},
    )
    unsent(handset, 0)
    assert doses_of(anna) == {"rizatriptan": 1}
    assert anna.operations.count() == 3
    assert anna.day_versions.count() == 1  # the day before its dose


@pytest.mark.parametrize("event", ["request", "response"])
def test_page_that_is_closed_halfway_loses_nothing(handset, network, anna, enter, event):
    enter(handset, anna.user)
    visited(handset)
    context = handset.context
    killed_when(handset, event)
    with handset.expect_event("close"):
        button(handset, "Severe").tap()
    page = context.new_page()
    page.goto("/")
    unsent(page, 0)
    expect(button(page, "Severe")).to_have_attribute("aria-pressed", "true")
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "severe"})
    assert anna.operations.count() == 1


MANY = """async ([date, n]) => {
    const { keep, operation, unsentOf } = await import("/static/js/phone/outbox.js");
    const { daysOf, seenOf } = await import("/static/js/phone/days.js");
    const { stateOf } = await import("/static/js/phone/store.js");
    const owner = document.body.dataset.owner;
    const state = await stateOf(owner);
    let unsent = await unsentOf(owner);
    for (let i = 0; i < n; i += 1) {
        const day = daysOf(state, unsent).get(date);
        const one = operation(date, "headache", i % 2 ? "severe" : "mild", seenOf(day, "headache"));
        unsent.push(one);
    }
    await keep(owner, unsent.map(({ number, isRefused, ...one }) => one));
}"""


def test_a_very_long_time_without_a_network_is_sent_piece_by_piece(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    handset.evaluate(MANY, [today_of(anna).isoformat(), 300])
    unsent(handset, 300)
    refused: list[int] = []
    handset.route("**/sync/", too_long_for_more_than(20, refused))
    network.state = UP
    handset.reload()
    # Asks the browser: what answers in the server's place is heard only while the browser is asked.
    unsent(handset, 0)
    arrives(lambda: anna.operations.count(), 300)
    assert refused
    assert min(refused) > 20
    assert words_of(anna) == {today_of(anna).isoformat(): "severe"}
    assert not anna.operations.filter(is_contested=True)


def too_long_for_more_than(most: int, refused: list[int]) -> Callable[[Any], None]:
    def answered(route: Any) -> None:
        body = route.request.post_data_json if is_post(route) else {"operations": []}
        if len(body["operations"]) > most:
            refused.append(len(body["operations"]))
            route.fulfill(status=413, json={"where": "message", "why": "too long"})
        else:
            route.fallback()

    return answered


def test_one_entry_that_cannot_be_read_is_shown_and_the_rest_is_sent(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    today = today_of(anna).isoformat()
    handset.evaluate(
        """async (date) => {
            const { keep, operation } = await import("/static/js/phone/outbox.js");
            const owner = document.body.dataset.owner;
            const broken = { ...operation(date, "headache", "mild", ["="]), name: "no name at all" };
            await keep(owner, [operation(date, "headache", "severe", ["="]), broken]);
        }""",
        today,
    )
    handset.reload()
    expect(handset.get_by_role("button", name="Remove")).to_be_visible()
    arrives(lambda: words_of(anna), {today: "severe"})
    unsent(handset, 0)


def test_entry_that_the_server_refuses_is_shown_with_the_reason(handset, network, anna, enter, axe):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    button(handset, "Mild").tap()
    handset.locator("button.chip").last.tap()
    says(handset, "ibuprofen added")
    anna.medicines.get(name="ibuprofen").delete()
    network.state = UP
    handset.reload()
    refused = handset.get_by_text("This medicine is not on your list any more.")
    expect(refused).to_contain_text("1 dose of a medicine")
    unsent(handset, 0)
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "mild"})
    axe(handset)
    handset.get_by_role("button", name="Remove").tap()
    expect(refused).to_be_hidden()
    handset.reload()
    expect(button(handset, "Mild")).to_have_attribute("aria-pressed", "true")
    expect(refused).to_be_hidden()


# --- Whose phone it is -------------------------------------------------------------------------------------------


def kept_on(page: Page) -> Any:
    """What the browser holds for this site."""
    return page.evaluate("""async () => {
        const names = (await indexedDB.databases()).map(one => one.name);
        const stored = {};
        for (const name of names) {
            const db = await new Promise(done => {
                const r = indexedDB.open(name); r.onsuccess = () => done(r.result); });
            for (const store of db.objectStoreNames) stored[store] = await new Promise(done => {
                const r = db.transaction(store).objectStore(store).getAll(); r.onsuccess = () => done(r.result); });
            db.close();
        }
        const addresses = [];
        for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) addresses.push(new URL(request.url).pathname);
        return {stored: Object.fromEntries(Object.entries(stored).map(([name, rows]) => [name, rows.length])),
            text: JSON.stringify(stored), addresses, local: {...localStorage},
            workers: (await navigator.serviceWorker.getRegistrations()).length};
    }""")


def test_what_is_kept_is_nobodys_page_and_cannot_be_read(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    button(handset, "Severe").tap()
    says(handset, "Severe headache")
    kept = kept_on(handset)
    private = [a for a in kept["addresses"] if not a.startswith("/static/") and a != "/offline/"]
    assert private == []
    assert kept["stored"] | {"facts": 1} == {"facts": 1, "keys": 1, "operations": 1, "states": 1}
    assert not [word for word in ("severe", "rizatriptan", "Anna") if word in kept["text"]]
    assert set(kept["local"]) <= {"theme", "unsent"}
    shell = handset.evaluate("caches.match('/offline/').then(r => r.text())")
    assert "csrfmiddlewaretoken" not in shell
    assert "Anna" not in shell
    # The key does its work and is never handed out.
    refusal = handset.evaluate("""async () => {
        const db = await new Promise(done => {
            const r = indexedDB.open("diary"); r.onsuccess = () => done(r.result); });
        const [{key}] = await new Promise(done => {
            const r = db.transaction("keys").objectStore("keys").getAll(); r.onsuccess = () => done(r.result); });
        db.close();
        return crypto.subtle.exportKey("raw", key).then(() => "taken out", error => error.name);
    }""")
    assert refusal == "InvalidAccessError"


def test_signing_out_leaves_nothing_on_the_phone(handset, anna, enter):
    enter(handset, anna.user)
    handset.goto("/trends/")
    visited(handset)
    button(handset, "Mild").tap()
    says(handset, "Mild headache")
    arrives(lambda: anna.operations.count(), 1)
    unsent(handset, 0)
    handset.locator(".menu summary").tap()
    button(handset, "Sign out").tap()
    expect(handset.get_by_role("heading", level=1)).to_contain_text("Sign in")
    assert kept_on(handset) == {"stored": {}, "text": "{}", "addresses": [], "local": {}, "workers": 0}
    handset.go_back()
    expect(handset.get_by_role("heading", level=1)).to_contain_text("Sign in")


def test_signing_out_with_entries_not_sent_asks_first(handset, network, anna, enter, axe):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    button(handset, "Mild").tap()
    says(handset, "Mild headache")
    handset.locator(".menu summary").tap()
    button(handset, "Sign out").tap()
    dialog = handset.get_by_role("dialog")
    expect(dialog).to_contain_text("1 entry is not sent yet.")
    axe(handset)
    button(handset, "Stay signed in").tap()
    unsent(handset, 1)
    network.state = UP
    button(handset, "Sign out").tap()
    button(handset, "Send first").tap()
    expect(handset.get_by_role("heading", level=1)).to_contain_text("Sign in")
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "mild"})


def test_signing_out_without_a_network_holds(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    handset.goto("/")
    button(handset, "Sign out").tap()
    expect(handset.get_by_role("heading", name="The diary cannot be reached")).to_be_visible()
    kept = kept_on(handset)
    assert (kept["stored"].get("states"), kept["stored"].get("operations"), kept["stored"].get("keys")) == (
        0,
        0,
        0,
    )
    handset.reload()
    expect(handset.get_by_role("heading", name="The diary cannot be reached")).to_be_visible()
    network.state = UP
    handset.goto("/")
    expect(handset.get_by_role("heading", level=1)).to_contain_text("Sign in")


def test_entries_of_one_person_never_reach_another_ones_diary(handset, network, anna, enter):
    bob = new_patient("Bob Baker", time_zone=ZONE)
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    button(handset, "Severe").tap()
    says(handset, "Severe headache")
    unsent(handset, 1)
    enter(handset, bob.user)
    network.state = UP
    handset.goto("/")
    expect(handset.get_by_text("Entries of somebody else are kept on this device.")).to_be_visible()
    expect(button(handset, "Severe")).to_have_attribute("aria-pressed", "false")
    unsent(handset, 0)
    button(handset, "No headache").tap()
    says(handset, "No headache")
    arrives(lambda: words_of(bob), {today_of(bob).isoformat(): "none"})
    unsent(handset, 0)
    assert words_of(anna) == {}
    network.state = DOWN
    handset.goto("/")
    expect(button(handset, "No headache")).to_have_attribute("aria-pressed", "true")
    network.state = UP
    enter(handset, anna.user)
    handset.goto("/")
    unsent(handset, 0)
    expect(button(handset, "Severe")).to_have_attribute("aria-pressed", "true")
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "severe"})


def test_session_that_ended_keeps_the_entries_until_the_next_sign_in(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    handset.context.clear_cookies()
    button(handset, "Mild").tap()
    says(handset, "Mild headache")
    unsent(handset, 1)
    expect(handset.get_by_text("Sign in to send what is kept on this device.")).to_be_visible()
    enter(handset, anna.user)
    handset.goto("/")
    unsent(handset, 0)
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "mild"})


def test_two_pages_of_one_phone_show_the_same(handset, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    other = handset.context.new_page()
    other.goto("/")
    button(handset, "Moderate").tap()
    expect(button(other, "Moderate")).to_have_attribute("aria-pressed", "true")
    button(other, "Mild").tap()
    expect(button(handset, "Mild")).to_have_attribute("aria-pressed", "true")
    unsent(other, 0)
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "mild"})
    assert not anna.operations.filter(is_contested=True)


def test_two_phones_that_disagree_ask_the_person(handset, network, desktop, anna, enter, axe):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    button(handset, "Severe").tap()
    says(handset, "Severe headache")
    enter(desktop, anna.user)
    desktop.goto("/")
    button(desktop, "No headache").click()
    says(desktop, "No headache")
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "none"})
    unsent(desktop, 0)
    network.state = UP
    handset.reload()
    unsent(handset, 0)
    handset.reload()
    asked = handset.get_by_role("region", name="Two of your devices said different things")
    expect(asked).to_contain_text("“Severe headache” is counted until you choose.")
    axe(handset)
    with handset.expect_navigation():
        asked.get_by_role("button", name="No headache").tap()
    expect(asked).to_be_hidden()
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "none"})


# --- Answered from the notification ------------------------------------------------------------------------------

ANSWERED = """async ([date, action, owner]) => {
    await self.registration.showNotification("How is today?", {tag: "today", data: {
        date, owner, saved: "Saved", kept: "Kept on this device", failed: "Not saved. Tap to open.", tag: "today"}});
    const [notification] = await self.registration.getNotifications();
    const event = new NotificationEvent("notificationclick", { notification, action });
    let done = Promise.resolve();
    event.waitUntil = (promise) => { done = promise; };
    self.dispatchEvent(event);
    await done;
    return (await self.registration.getNotifications()).map((one) => one.title);
}"""


@pytest.mark.parametrize("is_online", [True, False])
def test_free_day_is_saved_from_the_notification_without_opening_the_diary(
    handset, network, anna, enter, is_online
):
    handset.context.grant_permissions(["notifications"])
    enter(handset, anna.user)
    visited(handset)
    [worker] = handset.context.service_workers
    handset.goto("about:blank")
    network.state = UP if is_online else DOWN
    today = today_of(anna).isoformat()
    assert worker.evaluate(ANSWERED, [today, "clear", phone.owner_mark(anna)]) == [
        "Saved" if is_online else "Kept on this device"
    ]
    assert words_of(anna) == ({today: "none"} if is_online else {})
    network.state = UP
    handset.goto("/")
    arrives(lambda: words_of(anna), {today: "none"})
    unsent(handset, 0)
    expect(button(handset, "No headache")).to_have_attribute("aria-pressed", "true")


def test_an_old_notification_takes_back_nothing(handset, anna, enter):
    handset.context.grant_permissions(["notifications"])
    enter(handset, anna.user)
    visited(handset)
    button(handset, "Severe").tap()
    says(handset, "Severe headache")
    arrives(lambda: anna.operations.count(), 1)
    unsent(handset, 0)
    [worker] = handset.context.service_workers
    today = today_of(anna).isoformat()
    assert worker.evaluate(ANSWERED, [today, "clear", phone.owner_mark(anna)]) == ["Not saved. Tap to open."]
    arrives(lambda: words_of(anna), {today: "severe"})
    assert anna.operations.count() == 1


# --- What can go wrong on the phone itself -----------------------------------------------------------------------

NO_ROOM = "IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); };"
NO_STORAGE = "Object.defineProperty(window, 'indexedDB', {get: () => { throw new Error('private'); }});"


def test_phone_without_room_says_so_and_keeps_what_it_has(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    handset.goto("/")
    button(handset, "Mild").first.tap()
    says(handset, "Mild headache")
    handset.evaluate(f"() => {{ {NO_ROOM} }}")
    handset.locator("button.chip").first.tap()
    says(handset, "This device has no room left: the entry could not be kept.")
    unsent(handset, 1)
    expect(handset.locator("button.chip").first).not_to_contain_text("×1")


@pytest.mark.parametrize("trouble", [NO_ROOM, NO_STORAGE])
def test_browser_that_keeps_nothing_sends_the_form_to_the_server(handset, anna, enter, trouble):
    handset.context.add_init_script(trouble)
    enter(handset, anna.user)
    handset.goto("/")
    with handset.expect_navigation():
        button(handset, "Mild").tap()
    says(handset, "Saved: Mild headache")
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "mild"})
    assert anna.operations.count() == 0
    with handset.expect_navigation():
        button(handset, "Undo").tap()
    arrives(lambda: words_of(anna), {})


def test_entries_that_the_browser_threw_away_are_missed_aloud(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    button(handset, "Mild").tap()
    says(handset, "Mild headache")
    unsent(handset, 1)
    handset.goto("/help/")
    unsent(handset, 1)
    handset.evaluate(
        "new Promise(done => { const r = indexedDB.deleteDatabase('diary'); r.onsuccess = r.onblocked = done; })"
    )
    network.state = UP
    handset.goto("/")
    expect(handset.get_by_text("This device threw away 1 entry that was not sent.")).to_be_visible()
    assert words_of(anna) == {}


def test_new_version_takes_over_while_entries_wait(handset, network, anna, enter, monkeypatch):
    enter(handset, anna.user)
    visited(handset)
    [before] = handset.evaluate("caches.keys()")
    network.state = DOWN
    handset.goto("/")
    button(handset, "Severe").first.tap()
    says(handset, "Severe headache")
    monkeypatch.setattr(installing, "_content_marks", lambda: ["another version"])
    network.state = UP
    handset.goto("/")
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "severe"})
    unsent(handset, 0)
    arrives(lambda: [name for name in handset.evaluate("caches.keys()") if name == before], [])
    assert len(handset.evaluate("caches.keys()")) == 1
    network.state = DOWN
    handset.goto("/")
    expect(button(handset, "Severe").first).to_have_attribute("aria-pressed", "true")


def test_help_for_what_cannot_wait_is_there_without_a_network(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    handset.get_by_role("link", name="Help", exact=True).tap()
    expect(handset.get_by_role("heading", name="When to call for help")).to_be_in_viewport()
    expect(handset.get_by_text("Fever with a stiff neck")).to_be_visible()


# --- The phone counts as the rules do ----------------------------------------------------------------------------


def test_the_phone_counts_generated_months_as_the_rules_do(handset, transactional_db, enter):
    """Seeded diaries with gaps, doses and several classes, counted by the phone's script and by the rules."""
    random = Random(7)
    handset.goto("/help/")
    for number in range(6):
        patient = new_patient(f"P{number} Example", time_zone=ZONE)
        today = today_of(patient) - timedelta(days=random.randrange(400))
        taken = [medicine(patient, *one) for one in (("rizatriptan", "triptan"), ("ibuprofen", "non_opioid"))]
        for back in range(random.choice([5, 45])):
            if random.random() < 0.7:
                word = random.choice(["none", "mild", "severe", "yes"])
                record(
                    patient, today - timedelta(days=back), word, *random.sample(taken, random.randrange(3))
                )
        summary = today_summary(patient, today)
        state = phone.payload(patient, summary, [], datetime.now(UTC))
        counted = handset.evaluate(
            """async ([state, today]) => {
                const m = await import("/static/js/phone/days.js");
                const days = m.daysOf(state, []);
                return [m.month(state, days, today), m.missed(state, days, today, state.listed)];
            }""",
            [json.loads(json.dumps(state)), today.isoformat()],
        )
        month = summary.month.month
        missed = [*([today - timedelta(days=1)] if summary.yesterday_missed else []), *summary.missed]
        assert counted == [
            {
                "headache": month.headache_days,
                "missing": summary.month.missing_so_far,
                "classes": {c.value: n for c, n in month.medication_days.items() if n},
            },
            [day.isoformat() for day in missed],
        ]


# --- Signing out, whatever stands in its way ---------------------------------------------------------------------


def is_signed_out(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")


def test_signing_out_on_the_kept_page_once_there_is_a_network_again(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    handset.goto("/")
    expect(handset.get_by_text("The diary cannot be reached now.")).to_be_visible()
    network.state = UP
    button(handset, "Sign out").tap()
    is_signed_out(handset)


def test_signing_out_holds_although_the_server_is_busy(handset, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    handset.context.route(
        "**/accounts/logout/", lambda route: route.fulfill(status=503, body="busy"), times=1
    )
    handset.locator(".menu summary").tap()
    button(handset, "Sign out").tap()
    is_signed_out(handset)


def test_signing_out_needs_no_storage(handset, anna, enter):
    handset.context.add_init_script(NO_STORAGE)
    enter(handset, anna.user)
    handset.goto("/")
    handset.locator(".menu summary").tap()
    button(handset, "Sign out").tap()
    is_signed_out(handset)


def test_signing_out_without_a_network_holds_for_every_page(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    handset.goto("/")
    button(handset, "Sign out").tap()
    expect(handset.get_by_role("heading", name="The diary cannot be reached")).to_be_visible()
    network.state = UP
    handset.goto("/sharing/")
    is_signed_out(handset)


def test_who_signed_out_without_a_network_signs_nobody_else_out(handset, network, anna, enter):
    bob = new_patient("Bob Baker", time_zone=ZONE)
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    handset.goto("/")
    button(handset, "Sign out").tap()
    expect(handset.get_by_role("heading", name="The diary cannot be reached")).to_be_visible()
    network.state = UP
    enter(handset, bob.user)
    handset.goto("/")
    expect(button(handset, "No headache")).to_be_visible()
    handset.goto("/")
    expect(button(handset, "No headache")).to_be_visible()


OTHER_KEY = """async () => {
    const key = await crypto.subtle.generateKey({name: "AES-GCM", length: 256}, false, ["encrypt", "decrypt"]);
    const db = await new Promise(done => { const r = indexedDB.open("diary"); r.onsuccess = () => done(r.result); });
    const store = db.transaction("keys", "readwrite").objectStore("keys");
    await new Promise(done => { const r = store.getAll(); r.onsuccess = () => {
        const put = store.put({...r.result[0], key}); put.onsuccess = done; }; });
    db.close();
}"""


def test_entry_that_cannot_be_read_any_more_is_missed_aloud_and_stops_no_other(handset, network, anna, enter):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    button(handset, "Mild").tap()
    says(handset, "Mild headache")
    unsent(handset, 1)
    handset.evaluate(OTHER_KEY)
    network.state = UP
    handset.goto("/")
    expect(handset.get_by_text("This device threw away 1 entry that was not sent.")).to_be_visible()
    button(handset, "Severe").tap()
    says(handset, "Severe headache")
    unsent(handset, 0)
    arrives(lambda: words_of(anna), {today_of(anna).isoformat(): "severe"})
    handset.locator(".menu summary").tap()
    button(handset, "Sign out").tap()
    is_signed_out(handset)


# --- Somebody else's ---------------------------------------------------------------------------------------------


def test_notification_of_one_person_saves_nothing_for_the_next(handset, network, anna, enter):
    bob = new_patient("Bob Baker", time_zone=ZONE)
    handset.context.grant_permissions(["notifications"])
    enter(handset, anna.user)
    visited(handset)
    enter(handset, bob.user)
    visited(handset)
    [worker] = handset.context.service_workers
    today = today_of(bob).isoformat()
    assert worker.evaluate(ANSWERED, [today, "clear", phone.owner_mark(anna)]) == ["Not saved. Tap to open."]
    handset.goto("/")
    expect(button(handset, "No headache")).to_have_attribute("aria-pressed", "false")
    unsent(handset, 0)
    assert (words_of(anna), words_of(bob)) == ({}, {})


def test_page_of_one_person_gives_way_when_another_signs_in(handset, network, anna, enter):
    bob = new_patient("Bob Baker", time_zone=ZONE)
    record(anna, today_of(anna), "severe")
    enter(handset, anna.user)
    visited(handset)
    expect(button(handset, "Severe")).to_have_attribute("aria-pressed", "true")
    enter(handset, bob.user)
    second = handset.context.new_page()
    visited(second)
    expect(button(handset, "Severe")).to_have_attribute("aria-pressed", "false")


def test_answer_that_is_somebody_elses_is_not_kept(handset, network, anna, enter):
    """The other one signed in between what was sent and the page that was asked for then."""
    enter(handset, anna.user)
    visited(handset)
    mine, theirs = phone.owner_mark(anna), "b" * 32

    def as_theirs(route: Any) -> None:
        if route.request.headers.get("x-background") != "yes":
            return route.fallback()
        answer = route.fetch()
        return route.fulfill(response=answer, body=answer.text().replace(mine, theirs))

    handset.route(lambda address: address.rstrip("/") == network.url, as_theirs)
    with handset.expect_navigation():
        button(handset, "Mild").tap()
    expect(button(handset, "Mild")).to_have_attribute("aria-pressed", "true")
    assert theirs not in kept_on(handset)["text"]


# --- What must not stand in the way for ever ---------------------------------------------------------------------


def fourteen_free_days(page: Page) -> None:
    page.locator("details.missed > summary").tap()
    for tick in page.get_by_role("checkbox").all()[:14]:
        tick.tap()
    page.get_by_role("button", name="Save ticked days as headache-free").tap()
    says(page, "14 days saved as headache-free")


def test_more_than_the_server_takes_at_once_is_sent_in_parts(handset, network, anna, enter, settings):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    fourteen_free_days(handset)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    network.state = UP
    handset.goto("/")
    unsent(handset, 0)
    arrives(lambda: len(words_of(anna)), 14)


@pytest.mark.parametrize(("where", "arriving"), [("now", 14), ("operations[3].name", 13)])
def test_message_that_cannot_be_read_costs_no_entry_but_the_one_at_fault(
    handset, network, anna, enter, where, arriving
):
    enter(handset, anna.user)
    visited(handset)
    network.state = DOWN
    fourteen_free_days(handset)
    answers(handset, "POST", status=400, json={"where": where, "why": "no such moment"})
    network.state = UP
    with handset.expect_response(lambda found: found.status == 400):
        handset.goto("/")
    if arriving == 14:  # nothing is at fault but the moment: the whole waits until the phone sends again
        handset.reload()
    unsent(handset, 0)
    arrives(lambda: len(words_of(anna)), arriving)
    expect(handset.get_by_text("Not saved:")).to_have_count(14 - arriving)
