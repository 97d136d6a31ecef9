"""Every page that a patient, a carer or a stranger can open: in each theme, as narrow as a phone gets, with large text.

The pages come from the addresses themselves and from the table of who gets what: a new one is looked at here without
being named, and fails until it is fit to be seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import get_resolver, reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.themes import COOKIE, THEMES
from clinic.models import Clinic
from diary.guidance import TOPICS
from diary.models import Carer
from tests.browser.steps import ZONE, assert_fits, path_of
from tests.cast import (
    add_passkey,
    medicine,
    new_patient,
    new_user,
    record,
    record_all,
    session,
    share,
    with_password,
)
from tests.conftest import assert_accessible
from tests.security import authz_matrix as matrix

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NO_PAGES = {"sync", "service_worker", "manifest", "calendar_feed", "clinic_feed", "health", "openapi"}
"""What answers a GET with something that nobody looks at."""


def names_of(role: str) -> list[str]:
    return [
        name
        for name, _address, _pattern in matrix.routes(get_resolver().url_patterns)
        if name not in NO_PAGES and matrix.TABLE[name].expected("GET", role) == matrix.PAGE
    ]


STRANGERS = names_of(matrix.STRANGER)
PATIENTS = [name for name in names_of(matrix.OWNER) if name not in STRANGERS]
CARERS = [name for name in names_of(matrix.CARER) if name not in {*STRANGERS, *PATIENTS}]


def test_no_page_is_left_out():
    """The patient's own pages by what their views say, whatever the table says."""
    found = {
        name
        for name, _address, pattern in matrix.routes(get_resolver().url_patterns)
        if getattr(pattern.callback, "audience", "") in ("patient", "carer", "public", "signed in")
        and not {matrix.PAGE} - {matrix.TABLE[name].get[role] for role in (matrix.OWNER, matrix.CARER)}
    }
    assert found - NO_PAGES <= {*STRANGERS, *PATIENTS, *CARERS}
    assert {"today", "day", "offline", "month", "trends", "account", "account_login"} <= {
        *STRANGERS,
        *PATIENTS,
    }
    assert CARERS == ["caring_log"]


# --- Who keeps what ------------------------------------------------------------------------------------------


class Cast:
    """Anna keeps a full diary and is shared with a clinic; Cora logs for her."""

    def __init__(self) -> None:
        anna = self.anna = new_patient("Anna Example", time_zone=ZONE)
        with_password(anna.user)
        self.carer: User = new_user("Cora Carer")
        clinic = Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")
        share(anna, clinic, "R-1")
        usual = medicine(anna, "rizatriptan", strength="10 mg")
        rare = medicine(anna, "ibuprofen", "non_opioid", strength="400 mg")
        self.today = anna.date_at(datetime.now(UTC))
        ago = [self.today - timedelta(days=back) for back in range(100)]
        session(anna, ago[66], product="onabotulinumtoxinA", units=155, sites=31)
        record_all(anna, ago[20:60], "none")
        record_all(anna, [*ago[4:12]], "severe", usual, rare)
        record(anna, self.today, "moderate", usual, note="a note " * 40, triggers="storm, wine")
        preventive = anna.preventives.create(name="candesartan", dose="16 mg in the evening")
        caring = Carer.objects.create(patient=anna, user=self.carer)
        self.rows: dict[str, Any] = {
            "when": self.today,
            "first": self.today.replace(day=1),
            "topic": "numbers",
            "preventive_id": preventive.pk,
            "carer_id": caring.pk,
            "pk": add_passkey(anna.user, "phone").pk,
        }
        self.further = {
            "day": [f"/days/{ago[2]}/", f"/days/{ago[5]}/"],
            "medicines": ["/medicines/?q=ibuprofen"],
            "help_topic": [reverse("help_topic", args=[topic]) for topic in TOPICS if topic != "numbers"],
        }

    def addresses(self, names: list[str]) -> Iterator[str]:
        patterns = {name: address for name, address, _ in matrix.routes(get_resolver().url_patterns)}
        for name in names:
            words = re.findall(r"<(?:\w+:)?(\w+)>", patterns[name])
            unknown = set(words) - set(self.rows)
            assert not unknown, f"{patterns[name]}: say in Cast.rows what stands for {unknown}"
            yield reverse(name, kwargs={word: self.rows[word] for word in words})
            yield from self.further.get(name, [])


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return Cast()


# --- What is looked at -----------------------------------------------------------------------------------------

TOO_SMALL = """leastSize => {
  const shown = one => one.checkVisibility({visibilityProperty: true}) && one.getClientRects().length;
  const inSentence = one => one.matches("a") && getComputedStyle(one).display === "inline"
      && one.parentElement.innerText.trim().length > one.innerText.trim().length;
  const size = one => {
    const boxes = [one, ...(one.labels ?? [])].map(each => each.getBoundingClientRect());
    return one.matches("[type=checkbox], [type=radio]")
      ? [Math.max(...boxes.map(box => box.width)), Math.max(...boxes.map(box => box.height))]
      : [boxes[0].width, boxes[0].height];
  };
  return [...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea")]
    .filter(one => shown(one) && !one.matches(".visually-hidden") && !inSentence(one))
    .map(one => [one, ...size(one)])
    .filter(([one, width, height]) => Math.min(width, height) < leastSize - 0.1)
    .map(([one, width, height]) => `${one.tagName} “${one.ariaLabel ?? one.innerText}” ${width} × ${height}`);
}"""
CUT_OFF = """() => [...document.querySelectorAll("a, button, summary, label, h1, h2, h3, h4, p, li, dt, dd, legend")]
  .filter(one => one.checkVisibility({visibilityProperty: true}) && getComputedStyle(one).display !== "inline"
    && !one.closest(".visually-hidden, .menu__label, .table-scroll, .sheet, table") && one.clientWidth
    && one.scrollWidth > one.clientWidth + 1)
  .map(one => `${one.tagName} “${one.innerText.slice(0, 40)}” ${one.scrollWidth} in ${one.clientWidth}`)"""


IN_THEME = """theme => {
  document.documentElement.dataset.theme = theme;
  document.documentElement.style.fontSize = "";
  document.dispatchEvent(new CustomEvent("themechange", {detail: {theme}}));
}"""


def complaints(check: Callable[[Page], None], page: Page) -> list[str]:
    try:
        check(page)
    except AssertionError as error:
        return [str(error)]
    return []


def look_at(page: Page) -> list[str]:
    """What is wrong with the page that is open, in all the ways in which it may be looked at."""
    wrong = []
    for theme in THEMES:
        page.set_viewport_size({"width": 360, "height": 740})
        page.evaluate(IN_THEME, theme)
        wrong += complaints(assert_accessible, page)
        wrong += [f"too small for a finger: {one}" for one in page.evaluate(TOO_SMALL, 48)]
        for width in (360, 320):
            page.set_viewport_size({"width": width, "height": 640})
            wrong += complaints(assert_fits, page)
            wrong += [f"cut off at {width}: {one}" for one in page.evaluate(CUT_OFF)]
        page.set_viewport_size({"width": 360, "height": 740})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wrong += complaints(assert_fits, page)
        wrong += [f"cut off in large text: {one}" for one in page.evaluate(CUT_OFF)]
        wrong = [one if one.startswith("/") else f"{path_of(page.url)} in {theme}: {one}" for one in wrong]
    return wrong


@pytest.mark.parametrize("role", [matrix.STRANGER, matrix.OWNER, matrix.CARER])
def test_every_page_fits_and_is_accessible(phone, cast, enter, role):
    names = {matrix.STRANGER: STRANGERS, matrix.OWNER: PATIENTS, matrix.CARER: [*CARERS, "caring"]}[role]
    if role != matrix.STRANGER:
        enter(phone, cast.anna.user if role == matrix.OWNER else cast.carer)
    wrong = []
    for address in cast.addresses(names):
        response = phone.goto(address)
        assert response
        assert response.status == 200, f"{address}: {response.status}"
        wrong += look_at(phone)
    assert not wrong, "\n".join(wrong)


def test_page_without_a_network_fits_and_is_accessible(phone, cast, enter):
    enter(phone, cast.anna.user)
    phone.goto("/")
    phone.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    phone.goto("/offline/")
    expect(phone.get_by_role("button", name="Moderate").first).to_have_attribute("aria-pressed", "true")
    phone.get_by_role("group", name="more days not recorded").locator("summary").tap()
    phone.get_by_role("button", name="rizatriptan 10 mg").first.tap()
    expect(phone.locator(".saved")).to_contain_text("Saved: rizatriptan 10 mg added")
    assert look_at(phone) == []


def test_what_was_just_tapped_is_not_covered(phone, cast, enter, remember):
    """On the smallest screen, in the largest of the themes, with the medicine at the very end of the screen."""
    remember(phone, COOKIE, "dim")
    enter(phone, cast.anna.user)
    phone.set_viewport_size({"width": 320, "height": 640})
    phone.goto("/")
    chip = phone.get_by_role("button", name="ibuprofen 400 mg").first
    chip.evaluate("one => scrollBy(0, one.getBoundingClientRect().bottom - innerHeight + 76)")
    chip.tap()
    expect(phone.locator(".saved")).to_contain_text("Saved: ibuprofen 400 mg added")
    phone.wait_for_function(
        """() => { const chip = document.activeElement.getBoundingClientRect();
        return document.activeElement.matches(".chip--taken")
          && chip.bottom <= document.querySelector(".saved").getBoundingClientRect().top; }"""
    )
