"""The whole log without a finger, by keys alone and by what a screen reader is told; with a network and without."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from diary.models import DiaryDay, Patient
from tests.browser.network import DOWN, UP
from tests.browser.steps import ZONE, today_of, visited
from tests.cast import medicine, new_patient, record_all

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

ONLINE_AND_NOT = pytest.mark.parametrize("is_online", [True, False], ids=["online", "offline"])


@pytest.fixture
def anna(transactional_db: Any) -> Patient:
    """Yesterday and the two days before it are not recorded."""
    patient = new_patient("Anna Example", time_zone=ZONE)
    usual = medicine(patient, "rizatriptan", strength="10 mg")
    medicine(patient, "ibuprofen", "non_opioid")
    today = today_of(patient)
    record_all(patient, [today - timedelta(days=back) for back in range(4, 27)], "none")
    record_all(patient, [today - timedelta(days=27)], "severe", usual)
    return patient


def opened(page: Page, network: Any, is_online: bool) -> None:
    visited(page)
    if not is_online:
        network.state = DOWN
        page.goto("/")
        expect(page.get_by_text("The diary cannot be reached now.")).to_be_visible()


def kept(patient: Patient) -> dict[int, tuple[str, dict[str, int]]]:
    """How many days ago, what was said and what was taken."""
    today = today_of(patient)
    days = DiaryDay.objects.filter(patient=patient, date__gt=today - timedelta(days=4))
    return {
        (today - day.date).days: (
            day.headache,
            {one.medicine.name: one.doses for one in day.intakes.select_related("medicine")},
        )
        for day in days
    }


def all_is_sent(page: Page, network: Any) -> None:
    network.state = UP
    page.goto("/")
    expect(page.get_by_role("status").filter(has_text="not sent")).to_be_hidden()
    page.wait_for_function("() => localStorage.getItem('unsent') === '0'")


# --- Keys ----------------------------------------------------------------------------------------------------

SIGHT = """on => {
  const box = on.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const top = document.elementFromPoint(x, y);
  const style = getComputedStyle(on);
  const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return [on.matches(":focus-visible") || on.matches("main, h1"), isOutlined,
    Boolean(top) && (on.contains(top) || [...(on.labels ?? [])].some(label => label.contains(top)))];
}"""


class Keys:
    """Somebody who has a keyboard and nothing else. Wherever they are, it is to be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)

    def place(self) -> tuple[str, str]:
        """Role and name, as the browser tells them to a screen reader."""
        for _moment in range(40):
            found = self.session.send("Runtime.evaluate", {"expression": "document.activeElement"})
            tree = self.session.send(
                "Accessibility.getPartialAXTree",
                {"objectId": found["result"]["objectId"], "fetchRelatives": False},
            )
            [node] = tree["nodes"]
            # What was just drawn anew is not in the browser's tree yet, or no longer.
            if node["role"]["value"] != "none":
                break
            self.page.wait_for_timeout(25)
        return node["role"]["value"], " ".join(node.get("name", {}).get("value", "").split())

    def sees_where(self) -> None:
        seen = self.page.evaluate(f"({SIGHT})(document.activeElement)")
        assert seen == [True, True, True], f"the focus is hidden at {self.place()}: {seen}"

    def go(self, role: str, name: str, key: str = "Tab") -> None:
        passed = []
        for _press in range(40):
            self.page.keyboard.press(key)
            passed.append(self.place())
            if passed[-1][0] not in ("RootWebArea", "body"):
                self.sees_where()
            if passed[-1] == (role, name):
                return
        raise AssertionError(f"no way by {key} to {role} {name!r}: {passed}")

    def press(self, key: str, says: str, then: tuple[str, str]) -> None:
        """A key, what is then said, and where the focus is then."""
        self.page.keyboard.press(key)
        expect(self.page.get_by_role("status").filter(has_text=says)).to_have_count(1)
        self.stands_at(*then)

    def stands_at(self, role: str, name: str) -> None:
        for _moment in range(100):
            if self.place() == (role, name):
                break
            self.page.wait_for_timeout(50)
        assert self.place() == (role, name)
        self.sees_where()


@ONLINE_AND_NOT
def test_whole_log_by_keys_alone(handset, network, anna, enter, is_online):
    enter(handset, anna.user)
    opened(handset, network, is_online)
    keys = Keys(handset)
    free, undo = ("button", "No headache"), ("button", "Undo")
    keys.go(*free)
    keys.press("Enter", "Saved: No headache", then=free)
    keys.go(*undo, key="Shift+Tab")
    keys.press("Space", "Undone: No headache", then=free)
    keys.go("button", "Severe")
    keys.press("Space", "Saved: Severe headache", then=("button", "Severe"))
    keys.go("button", "rizatriptan 10 mg")
    once, twice = (f"×{n} taken; one more: rizatriptan 10 mg day 1 · published limit 10" for n in (1, 2))
    handset.keyboard.press("Enter")
    expect(handset.get_by_role("button", name="×1 taken; one more: rizatriptan")).to_be_visible()
    assert keys.place()[1].startswith(once[:40])
    handset.keyboard.press("Enter")
    expect(handset.get_by_role("button", name="×2 taken; one more: rizatriptan")).to_be_visible()
    assert keys.place()[1].startswith(twice[:40])
    less = ("button", "Take back one dose of rizatriptan 10 mg")
    keys.go(*less)
    keys.press("Enter", "one dose taken back", then=less)
    # There is nothing left to take back, and the place is the medicine's.
    handset.keyboard.press("Enter")
    keys.stands_at("button", "rizatriptan 10 mg")
    keys.press("Enter", "rizatriptan 10 mg added", then=("button", once))
    keys.go("button", "No headache yesterday")
    keys.press("Enter", "No headache", then=undo)
    keys.press("Enter", "Undone", then=("button", "No headache yesterday"))
    keys.press("Enter", "No headache", then=undo)
    handset.keyboard.press("Tab")
    while not re.match(r"\d more days not recorded", keys.place()[1]):
        handset.keyboard.press("Tab")
    handset.keyboard.press("Enter")
    for _tick in range(2):
        while keys.place()[0] != "checkbox" or handset.evaluate("document.activeElement.checked"):
            handset.keyboard.press("Tab")
        keys.sees_where()
        handset.keyboard.press("Space")
    keys.go("button", "Save ticked days as headache-free")
    keys.press("Enter", "2 days saved as headache-free", then=undo)
    all_is_sent(handset, network)
    assert kept(anna) == {
        0: ("severe", {"rizatriptan": 1}),
        1: ("none", {}),
        2: ("none", {}),
        3: ("none", {}),
    }


@ONLINE_AND_NOT
def test_signing_out_by_keys_alone(handset, network, anna, enter, is_online):
    enter(handset, anna.user)
    opened(handset, network, is_online)
    network.state = DOWN
    keys = Keys(handset)
    keys.go("button", "Mild")
    keys.press("Enter", "Saved: Mild headache", then=("button", "Mild"))
    expect(handset.get_by_role("status").filter(has_text="1 not sent")).to_be_visible()
    if is_online:
        while handset.evaluate("!document.activeElement.matches('.menu summary')"):
            handset.keyboard.press("Shift+Tab")
        handset.keyboard.press("Enter")
    leave = ("button", "Sign out")
    keys.go(*leave)
    dialog = handset.get_by_role("dialog", name="Sign out on this device?")
    handset.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    keys.stands_at("button", "Send first")
    handset.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    keys.stands_at(*leave)
    handset.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    keys.go("button", "Stay signed in")
    handset.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    keys.stands_at(*leave)
    handset.keyboard.press("Enter")
    keys.go("button", "Sign out all the same")
    handset.keyboard.press("Enter")
    expect(handset.get_by_role("heading", name="The diary cannot be reached")).to_be_visible()
    network.state = UP
    handset.goto("/")
    expect(handset.get_by_role("heading", level=1)).to_contain_text("Sign in")
    assert kept(anna) == {}


# --- Ears ----------------------------------------------------------------------------------------------------


def heard(page: Page, words: str) -> None:
    """Said aloud: in a live region that stood there before."""
    expect(page.get_by_role("status").filter(has_text=words)).to_have_count(1)


def pressed(answer: Locator, is_pressed: bool) -> None:
    expect(answer).to_have_attribute("aria-pressed", "true" if is_pressed else "false")


@ONLINE_AND_NOT
def test_whole_log_by_roles_and_names_alone(handset, network, anna, enter, is_online):
    enter(handset, anna.user)
    opened(handset, network, is_online)
    assert handset.get_by_role("status").count() >= 1
    question = handset.get_by_role("region", name="How is your head today?")
    free = question.get_by_role("button", name="No headache", exact=True)
    severe = question.get_by_role("button", name="Severe", exact=True)
    pressed(free, False)
    free.press("Enter")
    heard(handset, "Saved: No headache")
    pressed(free, True)
    handset.get_by_role("button", name="Undo", exact=True).press("Enter")
    heard(handset, "Undone: No headache")
    pressed(free, False)
    severe.press("Enter")
    heard(handset, "Saved: Severe headache")
    pressed(severe, True)
    pressed(free, False)
    taken = question.get_by_role("group", name="What did you take?")
    taken.get_by_role("button", name="rizatriptan 10 mg", exact=True).press("Enter")
    heard(handset, "Saved: rizatriptan 10 mg added")
    taken.get_by_role("button", name="×1 taken; one more: rizatriptan 10 mg").press("Enter")
    expect(taken.get_by_role("button", name="×2 taken; one more: rizatriptan 10 mg")).to_be_visible()
    taken.get_by_role("button", name="Take back one dose of rizatriptan 10 mg", exact=True).press("Enter")
    heard(handset, "one dose taken back")
    handset.get_by_role("region", name="Yesterday is not recorded").get_by_role(
        "button", name="No headache yesterday"
    ).press("Enter")
    heard(handset, "No headache")
    missed = handset.get_by_role("group", name="2 more days not recorded in the last four weeks")
    missed.get_by_text("2 more days not recorded in the last four weeks").press("Enter")
    for tick in missed.get_by_role("checkbox").all():
        tick.press("Space")
        expect(tick).to_be_checked()
    missed.get_by_role("button", name="Save ticked days as headache-free").press("Enter")
    heard(handset, "2 days saved as headache-free")
    expect(missed).to_be_hidden()
    if not is_online:
        expect(handset.get_by_role("status").filter(has_text=re.compile(r"\d+ not sent"))).to_be_visible()
    counts = handset.get_by_role("region", name="What counts in")
    expect(counts.get_by_role("heading", name="Headache days")).to_be_visible()
    expect(counts.get_by_role("heading", name="Triptans")).to_be_visible()
    expect(counts.get_by_role("paragraph").filter(has_text="published limit 10")).to_have_text(
        re.compile(r"^\s*[12]\s+days? · published limit 10\s*$")
    )
    all_is_sent(handset, network)
    assert kept(anna)[0] == ("severe", {"rizatriptan": 1})
    assert len(kept(anna)) == 4
