"""A clinician's first day, from the invitation to the end of a patient's consent, in three real browsers."""

import re

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import AuditEntry, User
from clinic.models import Clinic, Membership
from tests.browser.steps import ZONE, follow, path_of, say_password, says, with_authenticator
from tests.cast import PASSWORD, new_patient, record, staff, with_password
from tests.conftest import watched_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def office(browser, live_server):
    yield from watched_page(browser, live_server.url, viewport={"width": 1280, "height": 800})


@pytest.fixture
def riverside(transactional_db, settings):
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # as in the demonstration
    settings.SIGN_UP = "invited"
    return Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")


def last_address():
    return path_of(next(line for line in mail.outbox[-1].body.splitlines() if line.startswith("http")))


def test_from_the_invitation_to_the_end_of_a_consent(office, desktop, phone, axe, riverside, enter):
    # The administrator invites her by mail.
    adam = staff("Adam Administrator", riverside, Membership.Role.ADMINISTRATOR)
    enter(office, adam, minutes_ago=16)
    office.goto("/clinic/staff/")
    form = office.locator("section", has_text="Invite somebody")
    form.get_by_label("E-mail address").fill("clara@example.org")
    form.get_by_label("Role").select_option("clinician")
    follow(form.get_by_role("button", name="Invite"))

    # She makes an account, which only an invitation opens here, and confirms her address.
    desktop.goto("/accounts/signup/")
    expect(desktop.get_by_label("Password")).to_have_count(0)
    axe(desktop)
    desktop.goto(last_address())
    axe(desktop)
    follow(desktop.get_by_role("main").get_by_role("link", name=re.compile("account", re.IGNORECASE)).first)
    axe(desktop)
    desktop.get_by_label("E-mail address").fill("clara@example.org")
    desktop.get_by_label("Password").fill(PASSWORD)
    follow(desktop.get_by_role("button", name="Make my account"))
    axe(desktop)
    code = re.search(r"^\s*([A-Z0-9]{4,}-?[A-Z0-9]{2,})\s*$", mail.outbox[-1].body, re.MULTILINE)
    desktop.get_by_label("Code").fill(code.group(1))
    follow(desktop.get_by_role("button", name="Go on"))

    # She accepts, and gets nowhere without a second factor.
    axe(desktop)
    desktop.get_by_label("Your name").fill("Clara Clinician")
    follow(desktop.get_by_role("button", name="Accept"))
    axe(desktop)
    say_password(desktop)
    says(desktop, "Second factor")
    axe(desktop)
    desktop.goto("/clinic/")
    says(desktop, "Second factor")
    with_authenticator(desktop)
    follow(desktop.get_by_role("link", name="Add a passkey"))
    axe(desktop)
    desktop.get_by_role("button", name="Add").click()
    says(desktop, "Recovery codes")
    axe(desktop)

    # A patient reads out a code.
    anna = new_patient("Anna Example", time_zone=ZONE)
    record(anna, anna.date_at(timezone.now()), "severe", note="between me and my diary")
    enter(phone, with_password(anna.user), minutes_ago=16)
    phone.goto("/sharing/")
    follow(phone.get_by_role("button", name="I agree: make a code"))
    say_password(phone)
    spoken = phone.locator(".code").inner_text()
    desktop.goto("/clinic/")
    axe(desktop)
    follow(desktop.get_by_role("link", name="Enter a patient’s code"))
    desktop.get_by_label("Code").fill(spoken)
    follow(desktop.get_by_role("button", name="Open the diary"))
    expect(desktop.locator("dl.identity")).to_contain_text("Anna Example")
    expect(desktop.get_by_text("between me and my diary")).to_have_count(0)
    axe(desktop)

    # The patient reads who looked, and ends it in one tap: the very next click is refused.
    phone.goto("/sharing/")
    expect(phone.get_by_text("read your diary on")).to_be_visible()
    follow(phone.get_by_role("button", name="End access"))
    axe(phone)
    desktop.reload()
    says(desktop, "There is no such page")
    clara = User.objects.get(email="clara@example.org")
    acts = list(
        AuditEntry.objects.filter(actor=clara.pseudonym).order_by("number").values_list("action", flat=True)
    )
    assert acts == ["staffed", "consented", "viewed", "denied"]
