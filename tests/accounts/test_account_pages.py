"""The pages of sign-in are the library's views in our words: each must render, within our frame."""

import re

import pytest
from allauth.account.models import EmailAddress

from accounts.models import User
from tests.cast import PASSWORD, add_factor, add_passkey, with_password
from tests.reading import Page

pytestmark = pytest.mark.django_db
FRAME = '<main id="main"'
STOCK = ("Menu:", "Bad Token", "<strong>Note")


def read(response):
    page = response.content.decode()
    assert response.status_code == 200
    assert FRAME in page
    assert "style=" not in page
    assert "<script>" not in page
    assert not [words for words in STOCK if words in page]
    return page


@pytest.fixture
def person():
    return with_password(User.objects.create_user("ada@example.org", name="Ada"))


@pytest.fixture
def inside(client, person):
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    return client


@pytest.mark.parametrize("path", ["login", "signup", "inactive", "password/reset", "password/reset/done"])
def test_pages_before_sign_in(client, path):
    read(client.get(f"/accounts/{path}/"))


ASK_FOR_AN_ADDRESS = ["login", "signup", "password/reset", "login/code"]


@pytest.mark.parametrize("path", ASK_FOR_AN_ADDRESS)
def test_address_is_asked_for_in_our_words(client, path):
    page = Page(client.get(f"/accounts/{path}/"))
    assert "E-mail address" in [label.text.rstrip("*") for label in page.all("label")]
    assert not re.search(r"\b[Ee]mail\b", page.main.text)
    name = "login" if path == "login" else "email"
    wrong = Page(
        client.post(f"/accounts/{path}/", {name: "nobody", "password": PASSWORD, "password1": PASSWORD})
    )
    if path != "login":
        assert "Please check the e-mail address." in wrong.main.text
    assert not re.search(r"\b[Ee]mail\b", wrong.main.text)


def test_another_address_is_asked_for_in_our_words(inside):
    page = Page(inside.get("/accounts/email/"))
    assert "E-mail address" in [label.text.rstrip("*") for label in page.all("label")]
    again = Page(inside.post("/accounts/email/", {"action_add": "", "email": "ada@example.org"}))
    assert "This address is in your list already." in again.main.text


@pytest.mark.parametrize("path", ["email", "password/change", "reauthenticate", "logout"])
def test_pages_after_sign_in(inside, path):
    page = read(inside.get(f"/accounts/{path}/"))
    assert "Signed in as Ada" in page


def test_a_person_without_password_may_choose_one(client, person):
    client.force_login(person)
    person.set_unusable_password()
    person.save()
    client.force_login(person)
    assert "Choose a password" in read(client.get("/accounts/password/set/"))


def test_a_wrong_password_is_said_within_the_form(client, person):
    page = read(client.post("/accounts/login/", {"login": person.email, "password": "wrong"}))
    assert "alert-danger" in page
    assert "I forgot my password" in page


def test_the_code_of_a_new_account(client):
    response = client.post(
        "/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD}, follow=True
    )
    page = read(response)
    assert "We have sent a code to new@example.org" in page
    assert "one-time-code" in page


def test_the_code_of_a_new_password(client, person, mailoutbox):
    page = read(client.post("/accounts/password/reset/", {"email": person.email}, follow=True))
    assert f"We have sent a code to {person.email}" in page
    code = next(line.strip() for line in mailoutbox[0].body.splitlines() if is_code(line.strip()))
    page = read(client.post("/accounts/password/reset/confirm/", {"code": code}, follow=True))
    assert "Choose a new password" in page


def is_code(line: str) -> bool:
    return 6 <= len(line) <= 12 and " " not in line and line == line.upper()


def test_signing_in_is_not_announced_but_signing_out_is(client, person):
    response = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert not list(client.session.get("_messages", []))
    assert response.status_code == 302
    page = read(client.post("/accounts/logout/", follow=True))
    assert "You are signed out." in page


def test_the_account_in_one_place(inside, person):
    page = read(inside.get("/accounts/"))
    for words in (
        "Your name",
        "ada@example.org",
        "Second factor",
        "Change the password",
        "Devices signed in",
    ):
        assert words in page
    page = read(inside.post("/accounts/", {"name": "Ada Lovelace"}, follow=True))
    assert "Signed in as Ada Lovelace" in page


@pytest.mark.parametrize(
    "path",
    [
        "2fa",
        "2fa/totp/activate",
        "2fa/webauthn",
        "2fa/webauthn/add",
        "2fa/recovery-codes/generate",
        "sessions",
    ],
)
def test_pages_of_factors_and_devices(inside, path):
    page = read(inside.get(f"/accounts/{path}/"))
    assert "data:" not in page
    assert "Two-Factor" not in page
    assert "Security Key" not in page


def test_pages_with_all_factors(inside, person):
    passkey, _ = add_passkey(person, "Ada's phone"), add_factor(person)
    for path in ("", "/totp/deactivate", f"/webauthn/keys/{passkey.pk}/edit", "/reauthenticate"):
        read(inside.get(f"/accounts/2fa{path}/"))
    for path in ("/webauthn", f"/webauthn/keys/{passkey.pk}/remove", "/webauthn/reauthenticate"):
        read(inside.get(f"/accounts/2fa{path}/"))
    renamed = inside.post(
        f"/accounts/2fa/webauthn/keys/{passkey.pk}/edit/", {"name": "Old phone"}, follow=True
    )
    assert "Old phone" in read(renamed)


def test_looking_at_the_addresses_writes_none(client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"  # as in the demonstration
    person = User.objects.create_user("bea@example.org", PASSWORD)
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    before = EmailAddress.objects.count()
    read(client.get("/accounts/email/"))
    assert EmailAddress.objects.count() == before == 1
