"""How long a session lasts, to the second, for everybody."""

import time

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from accounts.access import recently_signed_in, signed_in
from accounts.models import User
from clinic.models import Membership
from config import sessions, urls
from tests.cast import NOON, PASSWORD, add_factor, staff, with_password
from tests.cast import signed_in as browser_of

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
BACKGROUND = {"headers": {"X-Background": "yes"}}


@pytest.fixture
def people(north, alice, bob, eve):
    both = alice.user
    Membership.objects.create(clinic=north, user=both, role="clinician")
    root = User.objects.create_superuser("ruth@example.org")
    for user in (both, root):
        add_factor(user)
    return {
        "clinician": staff("Clara Clinician", north),
        "lead": staff("Lea Lead", north, "lead"),
        "administrator": staff("Adam Administrator", north, "administrator"),
        "superuser": root,
        "patient and clinician": both,
        "patient": bob.user,
        "no diary": eve,
    }


STAFF = ["clinician", "lead", "administrator", "superuser", "patient and clinician"]
OTHERS = ["patient", "no diary"]


def is_in(client, **options):
    response = client.get("/accounts/inactive/", **options)
    return response.wsgi_request.user.is_authenticated


@pytest.mark.parametrize(("after", "alive"), [(-1, True), (0, False), (1, False)])
@pytest.mark.parametrize("role", STAFF + OTHERS)
def test_idle(people, noon, role, after, alive):
    client = browser_of(people[role])
    assert is_in(client)
    noon.shift((15 * MINUTE if role in STAFF else 30 * DAY) + after)
    assert is_in(client) == alive


@pytest.mark.parametrize(("after", "alive"), [(-1, True), (0, False)])
@pytest.mark.parametrize("role", STAFF)
def test_ten_hours_at_most_however_busy(people, noon, role, after, alive):
    client = browser_of(people[role])
    assert is_in(client)
    noon.shift(10 * HOUR + after)
    was_busy_until_now(client)
    assert is_in(client) == alive


def was_busy_until_now(client):
    session = client.session
    session["last_seen"] = int(time.time()) - 1
    session.save()


@pytest.mark.parametrize("role", OTHERS)
def test_a_patient_who_comes_each_month_stays(people, noon, role):
    client = browser_of(people[role])
    for _ in range(12):
        assert is_in(client)
        noon.shift(29 * DAY)
    assert is_in(client)


@pytest.mark.parametrize("role", STAFF + OTHERS)
def test_what_a_page_asks_by_itself_keeps_nobody_in(people, noon, role):
    client = browser_of(people[role])
    assert is_in(client)
    idle = 15 * MINUTE if role in STAFF else 30 * DAY
    noon.shift(idle - 1)
    assert is_in(client, **BACKGROUND)
    noon.shift(1)
    assert not is_in(client, **BACKGROUND)


@pytest.mark.parametrize(("role", "writes"), [("clinician", 3), ("patient", 1)])
def test_a_patients_presence_is_written_down_once_an_hour(people, noon, role, writes):
    client = browser_of(people[role])
    seen = set()
    for _ in range(3):
        is_in(client)
        seen.add(client.session["last_seen"])
        noon.shift(10 * MINUTE)
    assert len(seen) == writes


def test_the_next_page_says_why(people, noon):
    client = browser_of(people["clinician"])
    client.get("/clinic/")
    noon.shift(15 * MINUTE)
    response = client.get("/clinic/", follow=True)
    assert response.redirect_chain == [("/accounts/login/?next=/clinic/", 302)]
    assert "You were away for a while, so you were signed out." in response.content.decode()


def test_after_ten_hours_it_says_so(people, noon):
    client = browser_of(people["clinician"])
    client.get("/clinic/")
    noon.shift(10 * HOUR)
    was_busy_until_now(client)
    assert "signed in for ten hours" in client.get("/clinic/", follow=True).content.decode()


def test_what_was_sent_too_late_is_not_saved_and_that_is_said(people, noon):
    client = browser_of(people["clinician"])
    client.get("/clinic/")
    noon.shift(15 * MINUTE)
    page = client.post("/accounts/", {"name": "Too Late"}, follow=True).content.decode()
    assert "You were signed out, so this was not saved." in page
    assert "You were away" not in page
    assert not User.objects.filter(name="Too Late").exists()


def test_guard_sees_limits_that_are_gone(people, noon, monkeypatch):
    monkeypatch.setattr(sessions, "STAFF", sessions.Limits(idle=DAY, absolute=None, saved=1))
    client = browser_of(people["clinician"])
    is_in(client)
    noon.shift(15 * MINUTE)
    assert is_in(client)


# --- Again for what is sensitive --------------------------------------------------------------------


@signed_in
@recently_signed_in
def sensitive(request):
    return HttpResponse(f"done by {request.method}: {request.POST.get('what', '')}")


urlpatterns = [*urls.urlpatterns, path("sensitive/", sensitive)]
handler404 = urls.handler404


@pytest.fixture
def bobs(bob, noon):
    return browser_of(with_password(bob.user))


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("seconds", "asked"), [(0, False), (15 * MINUTE - 1, False), (15 * MINUTE, True)])
def test_sensitive_things_need_the_password_of_the_last_15_minutes(bobs, noon, method, seconds, asked):
    noon.shift(seconds)
    response = getattr(bobs, method)("/sensitive/", {"what": "share"})
    assert (response.status_code == 302) == asked
    if asked:
        assert response.url.startswith("/accounts/reauthenticate/?next=%2Fsensitive%2F")


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("method", ["get", "post"])
def test_afterwards_they_are_done(bobs, noon, method):
    noon.shift(HOUR)
    ask = getattr(bobs, method)("/sensitive/", {"what": "share"} if method == "post" else {})
    assert b"share" not in bobs.post(ask.url, {"password": "wrong"}).content
    done = bobs.post(ask.url, {"password": PASSWORD, "next": "/sensitive/"}, follow=True)
    assert done.content.decode() == ("done by POST: share" if method == "post" else "done by GET: ")
    noon.shift(15 * MINUTE - 1)
    assert bobs.get("/sensitive/").status_code == 200


@pytest.mark.urls(__name__)
def test_a_stranger_is_asked_to_sign_in(noon):
    assert Client().get("/sensitive/").url.startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/accounts/email/", {"email": "thief@example.org", "action_add": ""}),
        ("/accounts/2fa/totp/activate/", {"code": "000000"}),
        ("/accounts/2fa/webauthn/add/", {"credential": "{}"}),
        ("/accounts/2fa/recovery-codes/generate/", {}),
    ],
)
def test_the_librarys_own_sensitive_things_ask_too(bobs, noon, address, form):
    noon.shift(15 * MINUTE)
    assert bobs.post(address, form).url.startswith("/accounts/reauthenticate/")


def test_the_password_itself_needs_the_current_one(bobs, bob):
    new = "another kettle under snow"
    page = bobs.post(
        "/accounts/password/change/", {"oldpassword": "wrong", "password1": new, "password2": new}
    )
    assert page.status_code == 200
    bob.user.refresh_from_db()
    assert bob.user.check_password(PASSWORD)


def test_noon_is_when_they_signed_in(bobs):
    is_in(bobs)
    assert bobs.session["signed_in_at"] == int(NOON.timestamp())
