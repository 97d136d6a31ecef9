"""Signing in with a second factor, in a real browser at http://localhost."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.themes import COOKIE
from clinic.models import Clinic
from tests.browser.steps import assert_fits, says, with_authenticator
from tests.cast import PASSWORD, add_factor, code_at, staff, with_password
from tests.conftest import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def clinician(transactional_db, settings):
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # as in the demonstration
    settings.MFA_TOTP_TOLERANCE = 1  # a busy machine types slowly
    north = Clinic.objects.create(name="North Headache Clinic", slug="north")
    return with_password(staff("Clara Clinician", north, second_factor=False))


def enter_password(page, user):
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page):
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    says(page, "Sign in")


def test_staff_set_up_an_app_and_sign_in_with_its_codes(desktop, clinician):
    enter_password(desktop, clinician)
    says(desktop, "Second factor")
    expect(desktop.get_by_text("It takes about two minutes")).to_be_visible()
    desktop.goto("/clinic/")
    says(desktop, "Second factor")
    desktop.get_by_role("link", name="Set up the app").click()
    expect(desktop.get_by_role("img", name="QR code for the app")).to_be_visible()
    desktop.get_by_text("I cannot read the square").click()
    seed = desktop.locator(".secret").inner_text()
    desktop.get_by_label("Authenticator code").fill(code_at(timezone.now(), seed))
    desktop.get_by_role("button", name="Use this app").click()
    says(desktop, "Recovery codes")
    codes = desktop.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    desktop.reload()
    expect(desktop.get_by_text("They are not shown again")).to_be_visible()

    sign_out(desktop)
    enter_password(desktop, clinician)
    says(desktop, "Your second factor")
    desktop.get_by_label("Code").fill(codes[0])
    desktop.get_by_role("button", name="Sign in").click()
    says(desktop, "Patients")

    sign_out(desktop)
    enter_password(desktop, clinician)
    desktop.get_by_label("Code").fill(code_at(timezone.now(), seed))
    desktop.get_by_role("button", name="Sign in").click()
    says(desktop, "Patients")


def test_a_passkey_signs_in_alone(phone, clinician):
    with_authenticator(phone)
    enter_password(phone, clinician)
    phone.get_by_role("link", name="Add a passkey").click()
    phone.get_by_role("button", name="Add").click()
    says(phone, "Recovery codes")
    sign_out(phone)
    phone.get_by_role("button", name="Use a passkey").click()
    says(phone, "Patients")

    phone.goto("/accounts/2fa/webauthn/")
    phone.get_by_role("link", name="Remove").click()
    expect(phone.get_by_text("this is your last one").first).to_be_visible()


def test_a_passkey_that_nobody_shows_is_no_dead_end(phone, clinician):
    session, authenticator = with_authenticator(phone)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    phone.goto("/accounts/login/")
    trouble = phone.get_by_text("That did not work. Try again, or use another way.")
    expect(trouble).to_be_hidden()
    phone.get_by_role("button", name="Use a passkey").click()
    expect(trouble).to_be_visible()


OUTSIDE = ["/accounts/login/", "/accounts/login/code/", "/accounts/signup/", "/accounts/password/reset/"]
INSIDE = [
    "/accounts/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/sessions/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
]


def accessible_at(page, address):
    """At the width and in the colours that the page has, and with nothing sticking out."""
    page.goto(address)
    assert re.sub(r"https?://[^/]+", "", page.url) == address
    assert_fits(page)
    assert_accessible(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_is_accessible(desktop, clinician, enter, remember, settings, theme, width):
    settings.REQUIRE_SECOND_FACTOR = False  # so that one person sees all pages
    desktop.set_viewport_size({"width": width, "height": 800})
    remember(desktop, COOKIE, theme)
    for address in OUTSIDE:
        accessible_at(desktop, address)
    enter(desktop, clinician)
    for address in INSIDE:
        accessible_at(desktop, address)
    add_factor(clinician)
    for address in ["/accounts/2fa/totp/deactivate/", "/accounts/2fa/reauthenticate/"]:
        accessible_at(desktop, address)
    sign_out(desktop)
    enter_password(desktop, clinician)
    says(desktop, "Your second factor")
    assert_accessible(desktop)
    desktop.get_by_label("Code").fill(code_at(timezone.now()))
    desktop.get_by_role("button", name="Sign in").click()
    says(desktop, "Patients")
