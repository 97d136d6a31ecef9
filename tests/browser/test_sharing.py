"""Sharing from hand to hand in a real browser: a code, a sheet, a place on the staff, and the end of access."""

import pytest
from django.core import mail
from playwright.sync_api import expect

from accounts.models import User
from accounts.themes import COOKIE, THEMES
from clinic.models import CareLink, Clinic, Membership
from tests.browser.steps import ZONE, assert_fits, follow, path_of, say_password, told
from tests.cast import PASSWORD, new_patient, share, staff, with_password
from tests.conftest import assert_accessible

pytestmark = pytest.mark.browser


@pytest.fixture
def clinic(transactional_db):
    return Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")


@pytest.fixture
def anna(clinic):
    patient = new_patient("Anna Example", time_zone=ZONE)
    with_password(patient.user)
    return patient


@pytest.fixture
def clara(clinic):
    return with_password(staff("Clara Clinician", clinic))


def test_code_from_the_patient_to_the_clinic_and_the_end_of_it(phone, desktop, axe, anna, clara, enter):
    enter(phone, anna.user, minutes_ago=16)
    phone.goto("/sharing/")
    axe(phone)
    follow(phone.get_by_role("button", name="I agree: make a code"))
    say_password(phone)
    code = phone.locator(".code").inner_text()
    axe(phone)

    enter(desktop, clara)
    desktop.goto("/clinic/")
    follow(desktop.get_by_role("link", name="Enter a patient’s code"))
    axe(desktop)
    desktop.get_by_label("Code").fill(code.lower().replace("-", " "))
    desktop.get_by_label("Clinic number").fill("R-7")
    follow(desktop.get_by_role("button", name="Open the diary"))
    expect(desktop.locator("dl.identity")).to_contain_text("Anna Example")
    axe(desktop)

    phone.goto("/sharing/")
    expect(phone.get_by_role("heading", name="Riverside Headache Clinic")).to_be_visible()
    expect(phone.get_by_text("read your diary on")).to_be_visible()
    axe(phone)
    follow(phone.get_by_role("button", name="End access"))
    told(phone, "can no longer read your diary")
    axe(phone)

    follow(
        desktop.get_by_role("link", name="Injection sessions")
        .or_(desktop.get_by_role("link", name="session"))
        .first
    )
    expect(desktop.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_sheet_brings_a_new_patient(desktop, phone, axe, clinic, clara, enter):
    enter(desktop, clara)
    desktop.goto("/clinic/invite/")
    axe(desktop)
    desktop.get_by_label("Clinic number").fill("R-9")
    follow(desktop.get_by_role("button", name="Make the invitation"))
    expect(desktop.get_by_role("img", name="The address below as a square code")).to_be_visible()
    axe(desktop)
    address = path_of(desktop.locator(".sheet__address").inner_text())

    # Signing up is tested in tests/accounts; here somebody comes with an account and without a diary.
    eve = with_password(User.objects.create_user("eve@example.org"))
    phone.goto(address)
    expect(phone).to_have_url(phone.url.partition("/join")[0] + "/join/")
    axe(phone)
    follow(phone.get_by_role("link", name="I have an account"))
    phone.get_by_label("E-mail address").fill(eve.email)
    phone.get_by_label("Password").fill(PASSWORD)
    follow(phone.get_by_role("button", name="Sign in"))
    axe(phone)
    phone.get_by_label("Name").fill("Eve Everyone")
    follow(phone.get_by_role("button", name="Go on"))
    expect(
        phone.get_by_role("heading", name="May Riverside Headache Clinic read your diary?")
    ).to_be_visible()
    axe(phone)
    phone.get_by_label("Share my notes too").check()
    follow(phone.get_by_role("button", name="I agree"))  # she has just given her password
    expect(phone.get_by_text("your diary and its notes", exact=True)).to_be_visible()
    link = CareLink.objects.get()
    assert (link.patient.user, link.reference, link.sees_notes) == (eve, "R-9", True)
    phone.goto(address)
    expect(phone.get_by_role("heading", name="This invitation opens nothing")).to_be_visible()
    axe(phone)


def test_administrator_invites_a_nurse(desktop, phone, axe, clinic, enter):
    enter(desktop, with_password(staff("Adam Administrator", clinic, Membership.Role.ADMINISTRATOR)))
    desktop.goto("/welcome/")
    expect(desktop.get_by_role("heading", name="Staff", exact=True)).to_be_visible()
    axe(desktop)
    form = desktop.locator("section", has_text="Invite somebody")
    form.get_by_label("E-mail address").fill("nora@example.org")
    form.get_by_label("Role").select_option("nurse")
    follow(form.get_by_role("button", name="Invite"))
    told(desktop, "An invitation is on its way")
    [address] = [line for line in mail.outbox[0].body.splitlines() if line.startswith("http")]

    nora = with_password(User.objects.create_user("nora@example.org", name="Nora Nurse"))
    enter(phone, nora)
    phone.goto(path_of(address))
    axe(phone)
    follow(phone.get_by_role("button", name="Accept"))
    told(phone, "You work at Riverside Headache Clinic now: Nurse.")

    desktop.goto("/clinic/staff/")
    axe(desktop)
    follow(desktop.get_by_role("button", name="Remove"))
    phone.goto("/clinic/")
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
def test_pages_fit_in_every_theme(phone, anna, clara, clinic, enter, remember, theme):
    share(anna, clinic, basis="consent", wording="2025-01")
    lead = staff("Lea Lead", clinic, Membership.Role.LEAD)
    for user, addresses in (
        (anna.user, ["/sharing/", "/sharing/looks/"]),
        (lead, ["/clinic/", "/clinic/link/", "/clinic/invite/", "/clinic/staff/", "/join/"]),
    ):
        enter(phone, user)
        remember(phone, COOKIE, theme)
        for address in addresses:
            for width in (360, 320):
                phone.set_viewport_size({"width": width, "height": 740})
                phone.goto(address)
                assert_fits(phone)
            assert_accessible(phone)
