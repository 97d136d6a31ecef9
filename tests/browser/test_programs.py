"""A patient lets a program in on a phone, sees that it read, and shows it out."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import expect

from tests.browser.steps import ZONE, assert_fits, say_password
from tests.cast import new_patient, with_password

pytestmark = pytest.mark.browser


def test_program_is_let_in_seen_and_shown_out(transactional_db, phone, enter, axe):
    mona = new_patient("Mona Mover", time_zone=ZONE)
    with_password(mona.user)
    enter(phone, mona.user, minutes_ago=16)
    page = phone
    page.goto("/data/")
    page.get_by_role("link", name="Programs and tokens").tap()
    say_password(page)
    expect(page.get_by_role("heading", name="Programs", exact=True)).to_be_visible()
    axe(page)
    assert_fits(page)
    page.get_by_label("Name of the program").fill("My spreadsheet")
    page.get_by_label("the days of the diary").check()
    page.get_by_role("button", name="Make a token").tap()
    expect(page.get_by_role("heading", name="The token")).to_be_visible()
    axe(page)
    assert_fits(page)
    token = page.locator("code.token").first.inner_text()
    header = {"Authorization": f"Bearer {token}"}
    assert Client().get("/api/v1/diary.csv", headers=header).status_code == 200
    page.goto("/sharing/")
    expect(page.get_by_text("The program “My spreadsheet”")).to_be_visible()
    page.goto("/data/programs/")
    assert token not in page.content()
    page.get_by_role("button", name="End now My spreadsheet").tap()
    expect(page.get_by_text("No program may read your diary.")).to_be_visible()
    assert Client().get("/api/v1/diary.csv", headers=header).status_code == 401
