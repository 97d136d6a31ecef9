"""Guessing is stopped; the person whose password is guessed still gets in."""

import json

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client, RequestFactory

from accounts.adapters import AccountAdapter
from accounts.models import User
from tests.cast import PASSWORD, add_passkey, signed_in, with_password
from tests.passkeys import Passkey, challenge, handle, show
from tests.reading import code_from

WRONG = "wrong password"


@pytest.fixture
def victim(eve):
    return with_password(eve)


def attempt(email, password=WRONG, ip="198.51.100.1", **headers):
    client = Client(REMOTE_ADDR=ip, headers=headers)
    client.post("/accounts/login/", {"login": email, "password": password})
    return "_auth_user_id" in client.session


def is_locked(user):
    """Whether not even the right password is tried, from an address that has done nothing."""
    return not attempt(user.email, PASSWORD, "203.0.113.200")


# --- Passwords ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wrong", "locked"), [(4, False), (5, True)])
def test_an_account_is_guessed_five_times_from_anywhere(victim, wrong, locked):
    for number in range(wrong):
        attempt(victim.email, ip=f"198.51.100.{number}")
    assert is_locked(victim) == locked


@pytest.mark.parametrize("spelling", ["EVE@example.org", "Eve@Example.Org", " eve@example.org "])
def test_another_spelling_is_the_same_account(victim, spelling):
    for number in range(5):
        attempt(spelling, ip=f"198.51.100.{number}")
    assert is_locked(victim)


@pytest.mark.parametrize(("accounts", "locked"), [(9, False), (10, True)])
def test_an_address_guesses_ten_times_a_minute_whatever_the_account(victim, accounts, locked):
    for number in range(accounts):
        attempt(f"person{number}@example.org")
    assert attempt(victim.email, PASSWORD) == (not locked)


@pytest.mark.parametrize(("seconds", "locked"), [(299, True), (301, False)])
def test_the_account_recovers_after_five_minutes(victim, noon, seconds, locked):
    for number in range(5):
        attempt(victim.email, ip=f"198.51.100.{number}")
    noon.shift(seconds)
    assert is_locked(victim) == locked


@pytest.mark.parametrize(("seconds", "locked"), [(59, True), (61, False)])
def test_the_address_recovers_after_a_minute(victim, noon, seconds, locked):
    for number in range(10):
        attempt(f"person{number}@example.org")
    noon.shift(seconds)
    assert attempt(victim.email, PASSWORD) == (not locked)


def test_a_right_password_in_between_wins_nothing(victim, noon):
    """The thief has an account of their own with which they sign in now and then."""
    other = User.objects.create_user("thief@example.org", PASSWORD)
    EmailAddress.objects.create(user=other, email=other.email, verified=True, primary=True)
    for _ in range(5):
        attempt(victim.email, ip="198.51.100.1")
        assert attempt(other.email, PASSWORD, ip="198.51.100.1")
    assert is_locked(victim)


def test_the_count_is_shared_and_survives_a_restart(victim):
    for number in range(5):
        caches["default"].close()
        attempt(victim.email, ip=f"198.51.100.{number}")
    del caches["default"]  # as in a new process
    assert is_locked(victim)


# --- Flooding the memory of it -----------------------------------------------------------------------


def locked_of_twelve(store, flood=420):
    for number in range(12):
        store.set(f"allauth:rl:victim{number}", [1, 2, 3, 4, 5], 300)
    for number in range(flood):
        store.set(f"allauth:rl:flood{number}", [1], 300)
    return sum(store.get(f"allauth:rl:victim{number}") is not None for number in range(12))


def test_a_flood_of_other_names_frees_nobody(victim):
    for number in range(5):
        attempt(victim.email, ip=f"198.51.100.{number}")
    assert locked_of_twelve(cache) == 12
    assert is_locked(victim)


def test_guard_sees_a_memory_that_is_too_small():
    store = LocMemCache("flooded", {"OPTIONS": {"MAX_ENTRIES": 300}})
    store.clear()
    assert locked_of_twelve(store) < 12


# --- Whose address it is -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "192.0.2.9"),
        (0, "1.2.3.4", "192.0.2.9"),
        (0, "1.2.3.4, 5.6.7.8", "192.0.2.9"),
        (1, None, "192.0.2.9"),
        (1, "5.6.7.8", "5.6.7.8"),
        (1, "1.2.3.4, 5.6.7.8", "5.6.7.8"),
        (1, "1.2.3.4,9.9.9.9,5.6.7.8", "5.6.7.8"),
        (1, "2001:db8::1", "2001:db8::1"),
        (2, "5.6.7.8, 10.0.0.1", "5.6.7.8"),
        (2, "1.2.3.4, 5.6.7.8, 10.0.0.1", "5.6.7.8"),
    ],
)
def test_only_trusted_proxies_are_believed(settings, proxies, forwarded, address):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.9", headers=headers)
    assert AccountAdapter(request).get_client_ip(request) == address


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_forged_address_is_no_new_one(victim, settings, proxies):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    for number in range(10):
        real = ", 198.51.100.1" if proxies else ""
        attempt(f"person{number}@example.org", **{"X-Forwarded-For": f"10.0.0.{number}{real}"})
    assert not attempt(victim.email, PASSWORD, **{"X-Forwarded-For": f"10.9.9.9{real}"})


# --- The victim -----------------------------------------------------------------------------------------


@pytest.fixture
def besieged(victim):
    for number in range(5):
        attempt(victim.email, ip=f"198.51.100.{number}")
    assert is_locked(victim)
    return victim


def test_the_victim_gets_in_by_a_mailed_code(besieged, client, mailoutbox):
    client.post("/accounts/login/code/", {"email": besieged.email})
    client.post("/accounts/login/code/confirm/", {"code": code_from(mailoutbox[-1])})
    assert "_auth_user_id" in client.session


def test_the_victim_gets_in_by_a_passkey(besieged, client):
    add_passkey(besieged, "Phone")
    show(client, Passkey().assertion(challenge(client), handle(besieged)))
    assert "_auth_user_id" in client.session


def test_the_victim_gets_in_after_choosing_a_new_password(besieged, client, mailoutbox):
    new = "another kettle under snow"
    client.post("/accounts/password/reset/", {"email": besieged.email})
    client.post("/accounts/password/reset/confirm/", {"code": code_from(mailoutbox[-1])})
    client.post("/accounts/password/reset/complete/", {"password1": new, "password2": new})
    assert attempt(besieged.email, new, "203.0.113.200")


def test_the_victim_who_is_signed_in_notices_nothing(victim):
    browser = signed_in(victim)
    for number in range(5):
        attempt(victim.email, ip=f"198.51.100.{number}")
    assert browser.get("/accounts/").status_code == 200


# --- The other limits -----------------------------------------------------------------------------------

RESET = ("/accounts/password/reset/", {"email": "eve@example.org"})
CODE = ("/accounts/login/code/", {"email": "eve@example.org"})
SIGN_UP = ("/accounts/signup/", {"email": "not an address", "password1": "x"})
PASSKEY = ("/accounts/2fa/webauthn/login/", {"credential": json.dumps({})})
CHANGE = ("/accounts/password/change/", {"oldpassword": "wrong", "password1": "x", "password2": "x"})
AGAIN = ("/accounts/reauthenticate/", {"password": "wrong"})


@pytest.mark.parametrize(
    ("place", "most", "window", "inside"),
    [
        (RESET, 5, 60, False),
        (CODE, 3, 60, False),
        (SIGN_UP, 20, 60, False),
        (PASSKEY, 10, 60, False),
        (CHANGE, 10, 60, True),
        (AGAIN, 5, 300, True),
    ],
    ids=["reset", "code", "sign-up", "passkey", "change", "again"],
)
def test_n_are_answered_and_the_next_is_not_until_the_window_is_over(
    victim, noon, place, most, window, inside
):
    address, form = place

    def send():
        browser = signed_in(victim) if inside else Client()
        response = browser.post(address, form)
        return response.status_code != 429 and not any(
            words in response.content.decode() for words in ("Too many failed", "Be patient")
        )

    assert [send() for _ in range(most)] == [True] * most
    assert not send()
    noon.shift(window + 1)
    assert send()


@pytest.mark.parametrize("tries", [3])
@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        ("/accounts/login/code/", "/accounts/login/code/confirm/"),
        ("/accounts/password/reset/", "/accounts/password/reset/confirm/"),
    ],
)
def test_a_mailed_code_is_guessed_three_times(victim, client, mailoutbox, ask, answer, tries):
    client.post(ask, {"email": victim.email})
    for _ in range(tries):
        client.post(answer, {"code": "AAAAAA"})
    response = client.post(answer, {"code": code_from(mailoutbox[-1])})
    assert response.status_code == 302
    assert response.url != "/accounts/password/reset/complete/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(("seconds", "good"), [(179, True), (181, False)])
def test_a_mailed_code_is_good_for_three_minutes(victim, client, mailoutbox, noon, seconds, good):
    client.post("/accounts/login/code/", {"email": victim.email})
    noon.shift(seconds)
    client.post("/accounts/login/code/confirm/", {"code": code_from(mailoutbox[-1])})
    assert ("_auth_user_id" in client.session) == good
