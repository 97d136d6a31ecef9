"""Nobody who works at a clinic gets in by the password alone, whichever door they take."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache, caches
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import factors
from accounts.models import User
from clinic import invitations
from clinic.models import Membership
from config.second_factor import OPEN_WITHOUT
from config.sign_in import Backend
from tests.cast import (
    NOON,
    PASSWORD,
    SEED,
    add_factor,
    add_passkey,
    code_at,
    new_user,
    signed_in,
    staff,
    visitor,
    with_password,
)
from tests.passkeys import HOST, PRESENT_VERIFIED, Passkey, challenge, handle, show
from tests.races import at_once
from tests.reading import code_from

ENROL = "/accounts/2fa/"


@pytest.fixture
def nora(north):
    """Works at North and has no second factor yet."""
    return with_password(staff("Nora New", north, second_factor=False))


@pytest.fixture
def vera(clara):
    """Works at North and has an app."""
    return with_password(clara)


@pytest.fixture(params=["clinician", "lead", "administrator", "superuser", "patient and clinician"])
def worker(request, north, alice):
    """Each kind of staff, without a factor."""
    if request.param == "superuser":
        return with_password(User.objects.create_superuser("ruth@example.org"))
    if request.param == "patient and clinician":
        Membership.objects.create(clinic=north, user=alice.user, role="clinician")
        return with_password(alice.user)
    return with_password(staff("Some Body", north, request.param, second_factor=False))


def send_password(client, user):
    return client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})


def is_in(client):
    """Whether a page of the clinic opens."""
    return client.get("/clinic/").status_code == 200


# --- It must be added first ----------------------------------------------------------------------


def test_all_staff_are_led_to_its_page(worker):
    client = Client()
    send_password(client, worker)
    for address in ("/clinic/", "/welcome/", "/", "/accounts/", "/accounts/password/change/"):
        response = client.get(address)
        assert (response.status_code, response.url) == (302, ENROL), address


def test_its_page_says_why_and_how(nora):
    page = visitor(nora).opens("/clinic/")
    assert "You work at a clinic" in page.text
    assert "Add a passkey" in page.text
    assert "Set up the app" in page.text


def test_what_is_sent_without_it_is_not_done(nora, clara, alice):
    before = alice.sessions.count()
    page = visitor(nora).sends(f"/clinic/patients/{alice.pk}/sessions/", date="2026-06-01")
    assert "This was not saved. First add a second factor, please." in page.text
    assert alice.sessions.count() == before


def test_it_costs_no_query(nora, vera, django_assert_num_queries):
    with django_assert_num_queries(2):
        with_app, without = Backend().get_user(vera.pk), Backend().get_user(nora.pk)
        assert (with_app.works_at_clinic, with_app.has_second_factor) == (True, True)
        assert (without.works_at_clinic, without.has_second_factor) == (True, False)


def test_recovery_codes_alone_are_no_second_factor(nora):
    RecoveryCodes.activate(nora)
    assert signed_in(nora).get("/clinic/").url == ENROL


@pytest.mark.parametrize("add", [add_factor, lambda user: add_passkey(user, "Phone")], ids=["app", "passkey"])
def test_either_opens_the_clinic(nora, add):
    client = signed_in(nora)
    add(nora)
    assert is_in(client)


def test_patients_are_offered_it_and_left_in_peace(as_alice):
    assert "nobody gets in who has found out your password" in as_alice.opens("/accounts/").text
    assert "Second factor" not in as_alice.opens("/").text


def test_only_these_pages_open_without(nora):
    for name in OPEN_WITHOUT - {"account_logout", "account_confirm_email", "theme", "health"}:
        response = signed_in(nora).get(reverse(name, args=["numbers"] if name == "help_topic" else []))
        assert response.status_code == 200 or response.url != ENROL, name


def test_the_demonstration_says_what_is_different(nora, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    assert "A real installation asks staff for a second factor" in visitor(nora).opens("/clinic/").text


def test_guard_sees_a_door_left_open(nora, monkeypatch):
    """Were the middleware gone, the tests above would see the clinic."""
    from config.second_factor import SecondFactorRequired

    monkeypatch.setattr(SecondFactorRequired, "process_view", lambda *ignored: None)
    assert is_in(signed_in(nora))


# --- Every way in asks for it ----------------------------------------------------------------------


def by_password(client, user, outbox):
    return send_password(client, user)


def by_code(client, user, outbox):
    client.post("/accounts/login/code/", {"email": user.email})
    return client.post("/accounts/login/code/confirm/", {"code": code_from(outbox[-1])})


def by_reset(client, user, outbox):
    client.post("/accounts/password/reset/", {"email": user.email})
    client.post("/accounts/password/reset/confirm/", {"code": code_from(outbox[-1])})
    new = "another kettle under snow"
    client.post("/accounts/password/reset/complete/", {"password1": new, "password2": new})
    return client.post("/accounts/login/", {"login": user.email, "password": new})


def by_confirmation(client, user, outbox):
    EmailAddress.objects.filter(user=user).update(verified=False)
    send_password(client, user)
    return client.post("/accounts/confirm-email/", {"code": code_from(outbox[-1])})


WAYS = [by_password, by_code, by_reset, by_confirmation]


@pytest.mark.parametrize("way", WAYS)
def test_the_factor_is_asked_for(client, vera, mailoutbox, way):
    response = way(client, vera, mailoutbox)
    assert response.url == "/accounts/2fa/authenticate/"
    assert not is_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_at()})
    assert is_in(client)


@pytest.mark.parametrize("way", WAYS)
def test_who_has_none_must_add_it_whichever_way_they_came(client, nora, mailoutbox, way):
    way(client, nora, mailoutbox)
    assert client.get("/clinic/").url == ENROL


@pytest.mark.parametrize("address", ["/clinic/", "/", "/accounts/", "/accounts/2fa/totp/deactivate/"])
def test_half_a_sign_in_opens_nothing(client, vera, address):
    send_password(client, vera)
    assert client.get(address).url.startswith("/accounts/login/")


# --- The app ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, False), (0, True), (1, False), (2, False)])
def test_a_code_is_right_for_its_half_minute(client, vera, steps, right):
    send_password(client, vera)
    client.post("/accounts/2fa/authenticate/", {"code": code_at(steps=steps)})
    assert is_in(client) == right


def test_a_code_is_right_once_whichever_process_is_asked(vera):
    first, second = Client(), Client()
    for client in (first, second):
        send_password(client, vera)
        # Another worker shares nothing with the first one but the database, where the cache is.
        caches["default"].close()
        client.post("/accounts/2fa/authenticate/", {"code": code_at()})
    assert is_in(first)
    assert not is_in(second)


def test_that_memory_is_in_the_database():
    assert type(cache._connections["default"]).__name__ == "CountingDatabaseCache"


def test_five_wrong_codes_are_tried_the_sixth_is_not(client, vera, noon):
    for _ in range(5):
        send_password(client, vera)
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    response = client.post("/accounts/2fa/authenticate/", {"code": code_at()})
    assert "Too many failed" in response.content.decode()
    assert not is_in(client)
    noon.shift(301)
    send_password(client, vera)
    client.post("/accounts/2fa/authenticate/", {"code": code_at(NOON, steps=10)})
    assert is_in(client)


@pytest.mark.django_db(transaction=True)
def test_setting_up_the_app(client, nora):
    send_password(client, nora)
    seed = re.search(r'class="secret">(\w+)<', client.get("/accounts/2fa/totp/activate/").content.decode())[1]
    page = client.post("/accounts/2fa/totp/activate/", {"code": "000000"}).content.decode()
    assert "This code is not right" in page
    response = client.post("/accounts/2fa/totp/activate/", {"code": code_at(seed=seed)}, follow=True)
    assert "The app is set up." in response.content.decode()
    shown = re.findall(r"<code>(\d{8})</code>", response.content.decode())
    assert len(shown) == 10
    again = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert not [code for code in shown if code in again]
    assert is_in(client)


# --- Recovery codes --------------------------------------------------------------------------------


def test_a_recovery_code_lets_in_once(vera):
    code = RecoveryCodes.activate(vera).get_unused_codes()[3]
    for expected in (True, False):
        client = Client()
        send_password(client, vera)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert is_in(client) == expected


def test_new_recovery_codes_replace_the_old(vera, client):
    old = RecoveryCodes.activate(vera).get_unused_codes()
    signed_in(vera, client).post("/accounts/2fa/recovery-codes/generate/")
    rows = Authenticator.objects.filter(user=vera, type="recovery_codes")
    assert not set(old) & set(rows.get().wrap().get_unused_codes())


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_gets_in():
    person = new_user("Paula Parallel")
    codes = RecoveryCodes.activate(person)
    code = codes.get_unused_codes()[0]
    copies = [Authenticator.objects.get(pk=codes.instance.pk).wrap() for _ in range(20)]
    results = at_once(*[lambda copy=copy: copy.validate_code(code) for copy in copies])
    assert sorted(results) == [False] * 19 + [True]


# --- The last one stays ------------------------------------------------------------------------------

LAST = "this is your last one"


def test_staff_keep_their_last_app(vera):
    page = visitor(vera).sends("/accounts/2fa/totp/deactivate/")
    assert LAST in page.text
    assert Authenticator.objects.filter(user=vera).count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_staff_keep_their_last_passkey(nora, method):
    passkey = add_passkey(nora, "Phone")
    response = getattr(signed_in(nora), method)(
        f"/accounts/2fa/webauthn/keys/{passkey.pk}/remove/", follow=True
    )
    assert LAST in response.content.decode()
    assert Authenticator.objects.filter(user=nora).exists()


def test_staff_may_remove_one_of_two(vera):
    passkey = add_passkey(vera, "Phone")
    visitor(vera).sends(f"/accounts/2fa/webauthn/keys/{passkey.pk}/remove/")
    assert not Authenticator.objects.filter(pk=passkey.pk).exists()


def test_patients_may_remove_their_last_one(alice):
    add_factor(alice.user)
    page = visitor(alice.user).sends("/accounts/2fa/totp/deactivate/")
    assert "The app is no longer asked for." in page.text


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/webauthn/keys/{}/remove/",
        "/accounts/2fa/webauthn/keys/{}/edit/",
    ],
)
@pytest.mark.parametrize(("seconds", "asked"), [(15 * 60 - 1, False), (15 * 60, True)])
def test_factors_change_only_soon_after_the_password(bob, noon, address, seconds, asked):
    with_password(bob.user)
    place = address.format(add_passkey(bob.user, "Phone").pk)
    client = signed_in(bob.user)
    noon.shift(seconds)
    response = client.get(place)
    assert (response.status_code, response.get("Location", "").partition("?")[0]) == (
        (302, "/accounts/reauthenticate/") if asked else (200, "")
    )


# --- Passkeys ----------------------------------------------------------------------------------------


@pytest.fixture
def paul(nora):
    add_passkey(nora, "Phone")
    return nora


def test_a_passkey_needs_no_password(client, paul):
    show(client, Passkey().assertion(challenge(client), handle(paul)))
    assert client.get("/clinic/", secure=True).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://diary.example.net"},
        {"origin": f"https://{HOST}.example.net"},
        {"origin": f"http://{HOST}"},
        {"host": "example.net"},
        {"flags": PRESENT_VERIFIED & ~0x04},
        {"flags": PRESENT_VERIFIED & ~0x01},
    ],
    ids=["other site", "longer name", "plain http", "other party", "no finger", "nobody there"],
)
def test_a_passkey_shown_elsewhere_is_refused(client, paul, wrong):
    show(client, Passkey().assertion(challenge(client), handle(paul), **wrong))
    assert client.get("/clinic/", secure=True).status_code == 302


def test_a_passkey_of_somebody_else_is_refused(client, paul):
    other = Passkey(id=b"another-passkey")
    show(client, other.assertion(challenge(client), handle(paul)))
    assert client.get("/clinic/", secure=True).status_code == 302


def test_an_answer_is_good_once(client, paul):
    asked = challenge(client)
    answer = Passkey().assertion(asked, handle(paul))
    show(client, answer)
    thief = Client()
    challenge(thief)
    show(thief, answer)
    assert thief.get("/clinic/", secure=True).status_code == 302


def test_a_passkey_of_a_closed_account_is_refused(client, paul):
    asked = challenge(client)
    User.objects.filter(pk=paul.pk).update(is_active=False)
    response = show(client, Passkey().assertion(asked, handle(paul)))
    assert response.url == "/accounts/inactive/"


@pytest.mark.parametrize(("count", "gets_in"), [(0, False), (6, False), (7, False), (8, True)])
def test_a_copied_passkey_is_refused(client, paul, count, gets_in):
    """The seventh use was the last one of the real one; a copy counts on from where it was made."""
    row = Authenticator.objects.get(user=paul)
    row.data["count"] = 7
    row.save()
    show(client, Passkey(count=count - 1).assertion(challenge(client), handle(paul)))
    assert (client.get("/clinic/", secure=True).status_code == 200) == gets_in


def test_a_passkey_that_never_counts_is_welcome(client, paul):
    for _ in range(2):
        client.cookies.clear()
        show(client, Passkey(count=-1).assertion(challenge(client), handle(paul)))
        assert client.get("/clinic/", secure=True).status_code == 200


@pytest.mark.parametrize("sent", ["", "{}", "[]", "null", '{"id": 1}', '{"response": {"userHandle": "!"}}'])
def test_nonsense_is_refused_without_a_fault(client, paul, sent):
    challenge(client)
    response = client.post("/accounts/2fa/webauthn/login/", {"credential": sent}, secure=True)
    assert response.status_code == 302


# --- At rest -----------------------------------------------------------------------------------------


def rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM mfa_authenticator")
        return repr(cursor.fetchall())


def test_no_seed_lies_open_in_the_database(vera):
    codes = RecoveryCodes.activate(vera)
    seed = factors.opened(codes.instance.data["seed"])
    for secret in (SEED, seed, *codes.get_unused_codes()):
        assert secret not in rows()


def test_guard_sees_an_open_seed(nora):
    Authenticator.objects.create(user=nora, type="totp", data={"secret": SEED})
    assert SEED in rows()


def test_a_new_key_in_front_reads_what_the_old_one_wrote(settings):
    settings.FACTOR_KEYS = ["old" * 20]
    old = factors.sealed("seed")
    settings.FACTOR_KEYS = ["new" * 20, "old" * 20]
    assert factors.opened(old) == "seed"
    new = factors.sealed("seed")
    settings.FACTOR_KEYS = ["new" * 20]
    assert factors.opened(new) == "seed"


@pytest.mark.parametrize(
    "address", [ENROL, "/accounts/2fa/recovery-codes/", "/accounts/2fa/totp/deactivate/"]
)
def test_a_lost_key_is_said_to_the_person_and_logged_for_the_operator(vera, settings, caplog, address):
    RecoveryCodes.activate(vera)
    settings.FACTOR_KEYS = ["lost" * 20]
    response = signed_in(vera).get(address, follow=True)
    assert response.status_code == 200
    if address != "/accounts/2fa/totp/deactivate/":
        assert "none of the keys in FACTOR_KEY" in caplog.text
        assert SEED not in caplog.text


def test_a_lost_key_is_said_where_the_code_is_asked_for(client, vera, settings):
    send_password(client, vera)
    settings.FACTOR_KEYS = ["lost" * 20]
    page = client.post("/accounts/2fa/authenticate/", {"code": code_at()})
    assert page.status_code == 200
    assert "This factor cannot be read at the moment" in page.content.decode()


# --- Signing up --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "invited", "is_open"),
    [
        ("open", "", True),
        ("open", "yes", True),
        ("invited", "", False),
        ("invited", "yes", True),
        ("invited", "used", False),
        ("invited", "withdrawn", False),
    ],
)
@pytest.mark.django_db
def test_sign_up_may_need_an_invitation(client, settings, north, mode, invited, is_open):
    settings.SIGN_UP = mode
    if invited:
        invitation, address = invitations.make(north, None)
        client.get(address.removeprefix(settings.SITE_URL))
        if invited == "used":
            invitations.spend(invitation)
        if invited == "withdrawn":
            invitation.delete()
    page = client.get("/accounts/signup/").content.decode()
    assert ("Make my account" in page) == is_open
    assert ("New accounts are closed" in page) == (not is_open)
    client.post("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD})
    assert User.objects.exists() == is_open
