"""No page tells whether somebody has an account here. That alone would be health data."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import User
from tests.cast import PASSWORD, add_factor, add_passkey

STATES = ["known", "unverified", "inactive", "with a second factor"]
ADDRESSES = {
    "known": "known@example.org",
    "unverified": "later@example.org",
    "inactive": "ended@example.org",
    "with a second factor": "strong@example.org",
    "unknown": "nobody@example.org",
}
VARYING = {"Set-Cookie", "Content-Length", "X-Request-ID"}


@pytest.fixture
def people(noon):
    for state in STATES:
        user = User.objects.create_user(ADDRESSES[state], PASSWORD, is_active=state != "inactive")
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=state != "unverified")
        if state == "with a second factor":
            add_factor(user)
            add_passkey(user, "Phone")


def masked(response, email):
    """What is the same for everybody: all but the address that was typed in, and tokens."""
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    headers = {name: value for name, value in response.headers.items() if name not in VARYING}
    return response.status_code, headers, body.replace(email, "…")


def login(client, email):
    return client.post("/accounts/login/", {"login": email, "password": "wrong password"})


def login_until_locked(client, email):
    for _ in range(5):
        login(Client(), email)
    return login(client, email)


def sign_up(client, email):
    return client.post("/accounts/signup/", {"email": email, "password1": PASSWORD}, follow=True)


def reset(client, email):
    return client.post("/accounts/password/reset/", {"email": email}, follow=True)


def reset_with_a_wrong_code(client, email):
    reset(client, email)
    return client.post("/accounts/password/reset/confirm/", {"code": "AAAAAA"}, follow=True)


def login_code(client, email):
    return client.post("/accounts/login/code/", {"email": email}, follow=True)


def login_with_a_wrong_code(client, email):
    login_code(client, email)
    return client.post("/accounts/login/code/confirm/", {"code": "AAAAAA"}, follow=True)


def sign_up_and_send_again(client, email):
    sign_up(client, email)
    return client.post("/accounts/confirm-email/", {"action": "resend"}, follow=True)


def sign_up_with_a_wrong_code(client, email):
    sign_up(client, email)
    return client.post("/accounts/confirm-email/", {"code": "AAAAAA"}, follow=True)


def passkey_options(client, email):
    response = client.get(
        "/accounts/2fa/webauthn/login/", {"email": email}, headers={"Accept": "application/json"}
    )
    options = response.json()["request_options"]["publicKey"]
    options.pop("challenge")
    response.content = repr(options).encode()
    return response


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "ask",
    [
        login,
        login_until_locked,
        sign_up,
        sign_up_and_send_again,
        sign_up_with_a_wrong_code,
        reset,
        reset_with_a_wrong_code,
        login_code,
        login_with_a_wrong_code,
        passkey_options,
    ],
)
def test_an_account_and_none_are_answered_alike(people, ask, state):
    there = masked(ask(Client(), ADDRESSES[state]), ADDRESSES[state])
    cache_of_limits_is_empty()
    nobody = masked(ask(Client(), ADDRESSES["unknown"]), ADDRESSES["unknown"])
    assert there == nobody


def cache_of_limits_is_empty():
    from django.core.cache import cache

    cache.clear()


def test_guard_sees_a_page_that_tells(people, settings):
    settings.ACCOUNT_PREVENT_ENUMERATION = False
    there = masked(reset(Client(), ADDRESSES["known"]), ADDRESSES["known"])
    assert there != masked(reset(Client(), ADDRESSES["unknown"]), ADDRESSES["unknown"])


def test_mail_goes_to_the_owner_alone(people, mailoutbox):
    for email in ADDRESSES.values():
        sign_up(Client(), email)
    assert [mail.to for mail in mailoutbox] == [[email] for email in ADDRESSES.values()]
