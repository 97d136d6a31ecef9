"""What ends a session ends it on every device, at once. The old cookie opens nothing any more."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory

from accounts import sessions
from accounts.models import User
from accounts.templatetags.accounts import device, qr_code
from tests.cast import PASSWORD, Visitor, add_factor, add_passkey, code_at, with_password
from tests.reading import code_from

NEW = "another kettle under snow"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bea(bob):
    """A patient with a password."""
    return with_password(bob.user)


def signed_in(user, **details):
    client = Client(**details)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    if client.get("/accounts/2fa/authenticate/").status_code == 200:
        client.post("/accounts/2fa/authenticate/", {"code": code_at()})
    return client


def cookie(client):
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def opens(key):
    """Whether a cookie, kept by somebody, still opens the account."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client.get("/accounts/").status_code == 200


def password_change(client, user, outbox):
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})


def password_reset(client, user, outbox):
    client = Client()
    client.post("/accounts/password/reset/", {"email": user.email})
    client.post("/accounts/password/reset/confirm/", {"code": code_from(outbox[-1])})
    client.post("/accounts/password/reset/complete/", {"password1": NEW, "password2": NEW})


def app_added(client, user, outbox):
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    seed = re.search(r'class="secret">(\w+)<', page)[1]
    client.post("/accounts/2fa/totp/activate/", {"code": code_at(seed=seed)})


def app_removed(client, user, outbox):
    add_factor(user)
    client.post("/accounts/2fa/totp/deactivate/")


def passkey_removed(client, user, outbox):
    client.post(f"/accounts/2fa/webauthn/keys/{add_passkey(user, 'Phone').pk}/remove/")


def codes_renewed(client, user, outbox):
    add_factor(user)
    client.post("/accounts/2fa/recovery-codes/generate/")


def others_signed_out(client, user, outbox):
    client.post("/accounts/sessions/")


def deactivation(client, user, outbox):
    User.objects.filter(pk=user.pk).update(is_active=False)


def deletion(client, user, outbox):
    user.patient.delete()
    user.delete()


def change_of_role(client, user, outbox):
    sessions.end_all(user)


KEEPS_THIS_DEVICE = [
    password_change,
    app_added,
    app_removed,
    passkey_removed,
    codes_renewed,
    others_signed_out,
]
ENDS_ALL = [password_reset, deactivation, deletion, change_of_role]


@pytest.mark.parametrize("event", KEEPS_THIS_DEVICE + ENDS_ALL)
def test_other_devices_are_signed_out(bea, mailoutbox, event):
    mine, other = signed_in(bea), signed_in(bea)
    kept = cookie(other)
    assert opens(kept)
    event(mine, bea, mailoutbox)
    assert not opens(kept)


@pytest.mark.parametrize("event", KEEPS_THIS_DEVICE)
def test_this_device_goes_on_with_a_new_key(bea, mailoutbox, event):
    mine = signed_in(bea)
    old = cookie(mine)
    event(mine, bea, mailoutbox)
    assert mine.get("/accounts/").status_code == 200
    assert cookie(mine) != old
    assert not opens(old)


@pytest.mark.parametrize("event", ENDS_ALL)
def test_this_device_is_signed_out_too(bea, mailoutbox, event):
    mine = signed_in(bea)
    event(mine, bea, mailoutbox)
    assert mine.get("/accounts/").status_code == 302


def test_sign_out_ends_this_session_and_no_other(bea):
    mine, other = signed_in(bea), signed_in(bea)
    old = cookie(mine)
    mine.post("/accounts/logout/")
    assert not opens(old)
    assert opens(cookie(other))
    assert not Session.objects.filter(pk=old).exists()


def test_only_the_same_persons_sessions_end(bea, eve):
    eves = signed_in(with_password(eve))
    sessions.end_all(bea)
    assert eves.get("/accounts/").status_code == 200


def test_a_session_that_no_list_knows_ends_as_well(bea):
    hidden, mine = signed_in(bea), signed_in(bea)
    UserSession.objects.all().delete()
    mine.post("/accounts/sessions/")
    assert not opens(cookie(hidden))
    assert mine.get("/accounts/").status_code == 200


def test_ending_with_somebody_elses_request_spares_nothing(bea, eve):
    mine = signed_in(bea)
    request = RequestFactory().get("/")
    request.user, request.session = eve, mine.session
    sessions.end_all(bea, but=request)
    assert not opens(cookie(mine))


def test_signing_in_gives_a_new_key(bea):
    client = Client()
    client.get("/accounts/login/")
    client.post("/theme/", {"theme": "dark"})
    client.post("/accounts/login/", {"login": "nobody@example.org", "password": "wrong"})
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted = session.session_key
    client.post("/accounts/login/", {"login": bea.email, "password": PASSWORD})
    assert cookie(client) != planted
    assert not opens(planted)


def test_giving_the_password_again_gives_a_new_key(bea):
    client = signed_in(bea)
    old = cookie(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert cookie(client) != old
    assert not opens(old)
    assert client.get("/accounts/").status_code == 200
    assert [device.session_key for device in UserSession.objects.filter(user=bea)] == [cookie(client)]


def test_a_token_of_one_session_is_refused_in_another(bea):
    first, second = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    token = re.search(
        r'name="csrfmiddlewaretoken" value="(\w+)"', first.get("/accounts/login/").content.decode()
    )
    second.get("/accounts/login/")
    answer = second.post("/accounts/login/", {"csrfmiddlewaretoken": token[1]}, secure=True)
    assert answer.status_code == 403


def test_the_devices_are_listed_in_plain_words(bea):
    phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
    signed_in(bea, headers={"User-Agent": phone}, REMOTE_ADDR="203.0.113.5")
    mine = signed_in(bea, headers={"User-Agent": "Mozilla/5.0 (Macintosh; Mac OS X) Firefox/130"})
    page = Visitor(mine).opens("/accounts/sessions/").text
    assert "Chrome on Android" in page
    assert "from 203.0.113.5" in page
    assert re.search(r"Firefox on Mac\s+this device", page)
    page = Visitor(mine).sends("/accounts/sessions/").text
    assert "All other devices are signed out." in page
    assert "Chrome on Android" not in page


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPhone) AppleWebKit Version/17 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537.36 Edg/130", "Edge on Windows"),
        ("curl/8", "Unknown browser"),
        ("", "Unknown browser"),
        ("Firefox", "Firefox"),
    ],
)
def test_names_of_browsers(agent, words):
    assert device(agent) == words


def test_a_qr_code_is_one_path_within_its_square():
    code = qr_code("otpauth://totp/ada@example.org?secret=JBSWY3DPEHPK3PXP")
    numbers = [int(number) for number in re.findall(r"M(\d+) (\d+)", code.path) for number in number]
    assert code.path.startswith("M4 4h1v1h-1z")
    assert max(numbers) == code.size - 5
