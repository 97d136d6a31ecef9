"""Notifications: sealed for one browser, signed, sent to known push services alone, and none of them is lied to."""

from __future__ import annotations

import json
import socket
import ssl
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.utils import timezone

from config import vapid
from diary import push, reminders
from diary.models import PushSubscription, Reminder, SentReminder
from diary.phone import owner_mark
from diary.reminder_forms import DeviceForm
from tests.cast import NOON, PASSWORD, signed_in, visitor, with_password
from tests.push_service import HOST, Browser, b64, claims_of, push_service, unb64
from tests.security.conftest import fingerprint

ENDPOINT = f"https://{HOST}/fcm/send/abc:DEF-123_x"
PUBLIC = "142.250.74.10"


@pytest.fixture(autouse=True)
def keyed(settings: Any) -> None:
    settings.VAPID_PRIVATE_KEY = vapid.new()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names resolve to, and no other network than that."""
    found: dict[str, list[str]] = {}
    monkeypatch.setattr(push, "resolved", lambda host: found.get(host, [PUBLIC]))

    def no_network(place: Any, *rest: Any) -> None:
        pytest.fail(f"it connected to {place}")

    monkeypatch.setattr(socket, "create_connection", no_network)
    return found


# --- Sealing and signing -------------------------------------------------------------------------------------


def test_the_example_of_the_rfc_byte_for_byte():
    """RFC 8291, section 5 and appendix A."""
    number = int.from_bytes(unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    sealed = push.sealed(
        b"When I grow up, I want to be a watermelon",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
        salt=unb64("DGv6ra1nlYgDCS1FRnbzlw"),
        one_time=ec.derive_private_key(number, ec.SECP256R1()),
    )
    assert b64(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK"
        "6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_only_the_browser_it_was_sealed_for_opens_it():
    mine, other = Browser(), Browser()
    sealed = push.sealed("How is today? ✓".encode(), **mine.keys)
    assert mine.opens(sealed).decode() == "How is today? ✓"
    assert b"today" not in sealed
    with pytest.raises(InvalidTag):
        other.opens(sealed)
    with pytest.raises(InvalidTag):
        mine.opens(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert push.sealed(b"same", **mine.keys) != push.sealed(b"same", **mine.keys)


def test_signature_says_who_to_whom_and_until_when(settings):
    settings.DEFAULT_FROM_EMAIL = "The diary <diary@example.org>"
    said = push.authorization(HOST)
    claims = claims_of(said)
    assert claims["aud"] == f"https://{HOST}"
    assert claims["sub"] == "mailto:diary@example.org"
    assert claims["k"] == push.server_key()
    assert time.time() < claims["exp"] <= time.time() + 24 * 60 * 60
    spoiled = said.replace(said.split(".")[1], b64(json.dumps({"aud": "https://x"}).encode()))
    with pytest.raises(InvalidSignature):
        claims_of(spoiled)


def test_without_an_address_the_site_itself_is_the_contact(settings):
    settings.DEFAULT_FROM_EMAIL = "nobody"
    assert push.contact() == settings.SITE_URL


# --- The key -------------------------------------------------------------------------------------------------


def test_key_is_made_once_for_its_owner_alone(tmp_path, settings):
    file = tmp_path / "vapid_key"
    assert vapid.make(file)
    made = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert not vapid.make(file)
    assert file.read_text() == made
    assert [found.name for found in tmp_path.iterdir()] == ["vapid_key"]
    assert len(unb64(vapid.public_key(made.strip()))) == 65


def test_prepare_makes_the_key_and_keeps_one_that_is_set(db, settings, tmp_path):
    settings.VAPID_KEY_FILE = tmp_path / "vapid_key"
    call_command("prepare", stdout=StringIO())
    assert not settings.VAPID_KEY_FILE.exists()  # one is set
    settings.VAPID_PRIVATE_KEY = ""
    call_command("prepare", stdout=StringIO())
    assert vapid.public_key(settings.VAPID_KEY_FILE.read_text().strip())


@pytest.mark.parametrize("text", ["short", "A" * 42, "A" * 43, "ä" * 43, "AAAA" * 30, "_" * 43])
def test_what_is_no_key_is_refused_without_being_repeated(text):
    with pytest.raises(ImproperlyConfigured) as refused:
        vapid.private_key(text)
    assert text not in str(refused.value)


def test_without_a_key_nothing_is_offered(alice, settings):
    settings.VAPID_PRIVATE_KEY = ""
    page = visitor(alice.user).opens("/reminders/")
    assert "This site is not set up for notifications." in page.text
    assert page.all("form", action="/reminders/devices/add/") == []


# --- Where to ------------------------------------------------------------------------------------------------

REFUSED = [
    "",
    " ",
    "x",
    "//fcm.googleapis.com/x",
    "http://fcm.googleapis.com/x",
    "HTTPS://fcm.googleapis.com/x",
    "ftp://fcm.googleapis.com/x",
    "file:///etc/passwd",
    "gopher://fcm.googleapis.com:70/x",
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[::ffff:7f00:1]/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://2130706433/x",
    "https://017700000001/x",
    "https://0x7f000001/x",
    "https://0x7f.1/x",
    "https://127.1/x",
    "https://0/x",
    "https://10.0.0.1/x",
    "https://192.168.0.1/x",
    "https://fcm.googleapis.com@127.0.0.1/x",
    "https://user@fcm.googleapis.com/x",
    "https://user:password@fcm.googleapis.com/x",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com:80/x",
    "https://fcm.googleapis.com:/x",
    "https://fcm.googleapis.com./x",
    "https://FCM.googleapis.com/x",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evilfcm.googleapis.com/x",
    "https://evil.fcm.googleapis.com/x",
    "https://push.apple.com/x",
    "https://evilpush.apple.com/x",
    "https://.push.apple.com/x",
    "https://a..push.apple.com/x",
    "https://-.push.apple.com/x",
    "https://127.0.0.1#.push.apple.com/x",
    "https://127.0.0.1?.push.apple.com/x",
    "https://127.0.0.1\\.push.apple.com/x",
    "https://127.0.0.1%2f.push.apple.com/x",
    "https://127.0.0.1/.push.apple.com/x",
    "https://fcm.gооgleapis.com/x",
    "https://ｆcm.googleapis.com/x",
    "https://fcm。googleapis。com/x",
    "https://xn--fcm-googleapis-com.example/x",
    "https://fcm.googleapis.com",
    "https://fcm.googleapis.com/x y",
    "https://fcm.googleapis.com/x\r\nHost: localhost",
    "https://fcm.googleapis.com/x\x00",
    "https://fcm.googleapis.com/x#y",
    "https://fcm.googleapis.com\\@127.0.0.1/x",
    " https://fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x\n",
    "https://fcm.googleapis.com/" + "x" * 1024,
    "https://" + "a" * 64 + ".push.apple.com/x",
    "https://" + "a." * 130 + "push.apple.com/x",
    "javascript:alert(1)",
]
ALLOWED = [
    ENDPOINT,
    "https://fcm.googleapis.com:443/fcm/send/x",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAA==",
    "https://web.push.apple.com/Q@x:1",
    "https://wns2-par02p.notify.windows.com/w/?token=BQ%3d",
]
NOT_PUBLIC = [
    ["127.0.0.1"],
    ["10.1.2.3"],
    ["172.16.0.1"],
    ["192.168.1.1"],
    ["169.254.169.254"],
    ["100.64.0.1"],
    ["0.0.0.0"],  # noqa: S104
    ["224.0.0.1"],
    ["255.255.255.255"],
    ["::"],
    ["::1"],
    ["fe80::1"],
    ["fe80::1%eth0"],
    ["fd00::1"],
    ["fec0::1"],
    ["ff02::1"],
    ["::ffff:10.0.0.1"],
    ["::ffff:a9fe:a9fe"],
    ["64:ff9b::7f00:1"],
    ["64:ff9b:1::1"],
    ["2002:7f00:1::"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    [PUBLIC, "127.0.0.1"],
    ["2a00:1450:4001:80b::200a", "::1"],
    ["not an address"],
    [],
]


@pytest.mark.parametrize("endpoint", REFUSED)
def test_address_that_is_no_push_service_is_refused(names, endpoint):
    with pytest.raises(push.RefusedEndpoint):
        push.target_of(endpoint)


@pytest.mark.parametrize("addresses", NOT_PUBLIC)
def test_name_that_leads_inside_is_refused(names, addresses):
    names[HOST] = addresses
    with pytest.raises(push.RefusedEndpoint):
        push.target_of(ENDPOINT)


@pytest.mark.parametrize("endpoint", ALLOWED)
def test_push_services_of_browsers_are_let_through(names, endpoint):
    target = push.target_of(endpoint)
    assert endpoint in (f"https://{target.host}{target.path}", f"https://{target.host}:443{target.path}")
    assert target.addresses == (PUBLIC,)


def test_public_addresses_of_both_kinds(names):
    names[HOST] = ["2a00:1450:4001:80b::200a", PUBLIC, PUBLIC, "64:ff9b::8efa:4a0a"]
    assert push.target_of(ENDPOINT).addresses == ("2a00:1450:4001:80b::200a", PUBLIC, "64:ff9b::8efa:4a0a")


def test_guard_without_the_list_or_the_look_at_addresses_would_let_through(names, monkeypatch):
    """Broken twins of the two tests above."""
    with monkeypatch.context() as broken:
        broken.setattr(push, "allowed", lambda host: True)
        assert push.target_of("https://evil.example/x").host == "evil.example"
    names[HOST] = ["127.0.0.1"]
    monkeypatch.setattr(push, "is_public", lambda address: True)
    assert push.target_of(ENDPOINT).addresses == ("127.0.0.1",)


# --- Turning it on -------------------------------------------------------------------------------------------


def said(endpoint: str = ENDPOINT, browser: Browser | None = None) -> dict[str, str]:
    return {"endpoint": endpoint, **(browser or Browser()).keys}


def test_every_refused_address_is_refused_when_a_device_is_turned_on(names, as_alice):
    browser = Browser()
    for endpoint in REFUSED:
        assert DeviceForm(said(endpoint, browser)).errors.keys() == {"endpoint"}, endpoint
    for addresses in NOT_PUBLIC:
        names[HOST] = addresses
        assert DeviceForm(said(browser=browser)).errors.keys() == {"endpoint"}, addresses
    for endpoint in REFUSED[::8]:
        as_alice.client.post("/reminders/devices/add/", said(endpoint, browser))
        assert not PushSubscription.objects.exists(), endpoint
    words = "Notifications are not on: this browser’s push service is not one that we use."
    assert words in as_alice.sends("/reminders/devices/add/", **said()).text
    del names[HOST]
    assert "This device shows your reminder." in as_alice.sends("/reminders/devices/add/", **said()).text
    assert PushSubscription.objects.count() == 1


@pytest.mark.parametrize(
    "keys",
    [
        {"p256dh": ""},
        {"p256dh": "A" * 87},
        {"p256dh": b64(b"\x04" + b"\x01" * 64)},
        {"p256dh": b64(b"\x02" + b"\x01" * 32)},
        {"auth": ""},
        {"auth": b64(b"x" * 15)},
        {"auth": "?" * 22},
        {"auth": "ä" * 22},
    ],
)
def test_keys_that_are_none_are_refused(names, as_alice, keys):
    as_alice.sends("/reminders/devices/add/", **(said() | keys))
    assert not PushSubscription.objects.exists()


def test_name_server_that_is_away_does_not_keep_a_device_out(names, as_alice, monkeypatch):
    def away(host: str) -> list[str]:
        raise socket.gaierror("no answer")

    monkeypatch.setattr(push, "resolved", away)
    as_alice.sends("/reminders/devices/add/", **said())
    assert PushSubscription.objects.count() == 1


def test_device_is_listed_and_removed(names, as_alice, alice):
    as_alice.sends("/reminders/devices/add/", **said())
    page = as_alice.opens("/reminders/")
    assert "this device" in page.text
    [device] = alice.push_subscriptions.all()
    assert Reminder.objects.get().by_push
    page = as_alice.sends(f"/reminders/devices/{device.pk}/remove/")
    assert "They are on for no device yet." in page.text


def test_second_time_on_one_device_replaces_the_first(names, as_alice):
    as_alice.sends("/reminders/devices/add/", **said())
    as_alice.sends("/reminders/devices/add/", **said(f"https://{HOST}/another"))
    assert PushSubscription.objects.get().endpoint == f"https://{HOST}/another"


def test_browser_that_changes_hands_reminds_the_one_who_turned_it_on_last(names, as_alice, as_bob, bob):
    browser = Browser()
    as_alice.sends("/reminders/devices/add/", **said(browser=browser))
    as_bob.sends("/reminders/devices/add/", **said(browser=browser))
    assert PushSubscription.objects.get().patient == bob


def test_who_knows_the_address_alone_cannot_take_it(names, as_alice, as_bob, alice):
    as_alice.sends("/reminders/devices/add/", **said())
    page = as_bob.sends("/reminders/devices/add/", **said())
    assert "Notifications are not on. Please try again." in page.text
    assert PushSubscription.objects.get().patient == alice


def test_ten_devices_are_enough(names, alice):
    for number in range(10):
        visitor(alice.user).client.post("/reminders/devices/add/", said(f"https://{HOST}/{number}"))
    page = visitor(alice.user).sends("/reminders/devices/add/", **said(f"https://{HOST}/10"))
    assert "Notifications are on for ten devices. Remove one first." in page.text
    assert alice.push_subscriptions.count() == 10


@pytest.mark.parametrize("way", ["signing out", "elsewhere", "too long away"])
def test_who_signs_out_is_reminded_there_no_more(names, alice, way, noon):
    here, there = visitor(alice.user), visitor(alice.user)
    for number, one in enumerate((here, there)):
        one.sends("/reminders/devices/add/", **said(f"https://{HOST}/{number}"))
    if way == "signing out":
        here.sends("/accounts/logout/")
    elif way == "elsewhere":
        Session.objects.filter(session_key=here.client.session.session_key).delete()
    else:
        Session.objects.filter(session_key=here.client.session.session_key).update(expire_date=NOON)
        noon.shift(1)
    left = alice.push_subscriptions.signed_in(timezone.now())
    assert [one.endpoint for one in left] == [f"https://{HOST}/1"]
    if way == "signing out":
        assert alice.push_subscriptions.count() == 1


def test_new_password_leaves_notifications_here_and_ends_them_elsewhere(names, alice):
    with_password(alice.user)
    Reminder.objects.create(patient=alice, by_push=True)
    here, there = visitor(alice.user), visitor(alice.user)
    for number, one in enumerate((here, there)):
        one.sends("/reminders/devices/add/", **said(f"https://{HOST}/{number}"))
    new = "another kettle under snow"
    fields = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    here.sends("/accounts/password/change/", **fields)
    reminder = Reminder.objects.get()
    assert reminder.patient.user.check_password(new)
    left = reminders.devices_of(reminder, timezone.now())
    assert [one.endpoint for one in left] == [f"https://{HOST}/0"]
    assert UserSession.objects.filter(user=alice.user).count() == 1
    assert "this device" in here.opens("/reminders/").text


# --- Sending: a push service on this machine -----------------------------------------------------------------


@pytest.fixture
def service(tmp_path, monkeypatch):
    """The whole way with nothing left out, but that the name leads to this machine and its certificate is trusted."""
    with push_service(tmp_path) as running:
        monkeypatch.setattr(push, "resolved", lambda host: ["127.0.0.1"])
        monkeypatch.setattr(push, "is_public", lambda address: address == "127.0.0.1")
        monkeypatch.setattr(push, "PORT", running.port)
        monkeypatch.setattr(push, "tls", running.trusting)
        yield running


@pytest.fixture
def browser() -> Browser:
    return Browser()


def device_of(patient: Any, browser: Browser, endpoint: str = ENDPOINT) -> PushSubscription:
    """A device that is signed in and shows notifications."""
    key = signed_in(patient.user).session.session_key
    device = UserSession.objects.create(user=patient.user, ip="203.0.113.9", session_key=key)
    server_key = push.server_key()
    return PushSubscription.objects.create(
        patient=patient, device=device, endpoint=endpoint, server_key=server_key, **browser.keys
    )


@pytest.fixture
def subscription(noon, alice, browser) -> PushSubscription:
    """Alice's phone; her reminder is due."""
    with_password(alice.user)
    Reminder.objects.create(
        patient=alice, time=NOON.time(), by_push=True, changed_at=NOON - timedelta(days=1)
    )
    return device_of(alice, browser)


def state() -> tuple[str, int]:
    return SentReminder.objects.values_list("state", "tries").get()


def test_what_arrives(service, subscription, browser):
    assert reminders.send_due() == {"push": 1}
    [received] = service.received
    assert received.path == "/fcm/send/abc:DEF-123_x"
    assert json.loads(browser.opens(received.body)) == {
        "title": "How is today?",
        "body": "Wednesday 17 June",
        "date": "2026-06-17",
        "tag": "today",
        "clear": "Clear",
        "not_clear": "Not clear",
        "saved": "Saved",
        "kept": "Kept on this device until there is a network",
        "failed": "Not saved. Tap to open.",
        "language": "en-gb",
        "owner": owner_mark(subscription.patient),
    }
    headers = received.headers
    assert headers["Content-Encoding"] == "aes128gcm"
    assert headers["TTL"] == "7200"
    assert headers["Topic"] == "today"
    assert headers["Urgency"] == "normal"
    assert claims_of(headers["Authorization"])["aud"] == f"https://{HOST}"
    assert state() == ("sent", 1)
    subscription.refresh_from_db()
    assert subscription.last_success_at == NOON


@pytest.mark.parametrize("status", [404, 410])
def test_subscription_that_is_gone_is_deleted(service, subscription, status):
    service.answers = [status]
    assert reminders.send_due() == {"failed": 1}
    assert not PushSubscription.objects.exists()
    assert reminders.send_due() == {}
    assert len(service.received) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 413, 429, 500, 502, 503])
def test_other_answers_keep_it_and_are_not_tried_at_once_again(service, subscription, status, noon):
    service.answers = [status]
    assert reminders.send_due() == {"failed": 1}
    assert PushSubscription.objects.count() == 1
    assert reminders.send_due() == {}
    assert [one.path for one in service.received] == ["/fcm/send/abc:DEF-123_x"]  # no redirect was followed
    noon.shift(timedelta(minutes=11))
    assert reminders.send_due() == {"push": 1}
    assert state() == ("sent", 2)


def test_failure_does_not_go_on_all_day(service, subscription, noon):
    service.answers = [500] * 50
    for _ in range(24):
        reminders.send_due()
        noon.shift(timedelta(minutes=5))
    assert state() == ("failed", 3)
    assert len(service.received) == 3


def test_service_that_does_not_answer_keeps_nobody_waiting(service, subscription, browser, bob, monkeypatch):
    monkeypatch.setattr(push, "TIMEOUT", 0.3)
    with_password(bob.user)
    Reminder.objects.create(patient=bob, time=NOON.time(), by_push=True, changed_at=NOON - timedelta(days=1))
    device_of(bob, Browser(), f"https://{HOST}/bob")
    service.answers = [0]
    assert reminders.send_due() == {"failed": 1, "push": 1}
    assert sorted(one.path for one in service.received) == ["/bob", "/fcm/send/abc:DEF-123_x"]
    assert PushSubscription.objects.count() == 2


def test_certificate_of_another_is_not_trusted(service, subscription, monkeypatch):
    monkeypatch.setattr(push, "tls", ssl.create_default_context)
    assert reminders.send_due() == {"failed": 1}
    assert service.received == []


def test_certificate_must_be_for_the_name(service, subscription, tmp_path, monkeypatch):
    PushSubscription.objects.update(endpoint="https://web.push.apple.com/x")
    assert reminders.send_due() == {"failed": 1}
    assert service.received == []


def test_every_refused_address_is_refused_when_it_is_sent_to(names, subscription):
    """It may have got into the table some other way, or its name leads elsewhere by now."""
    said, every = reminders.notification(NOON.date()), [(one, [PUBLIC]) for one in REFUSED]
    every += [(ENDPOINT, addresses) for addresses in NOT_PUBLIC]
    for subscription.endpoint, names[HOST] in every:
        with pytest.raises(push.RefusedEndpoint):
            push.send(subscription, said, 60)
    for endpoint, names[HOST] in every[::12]:
        SentReminder.objects.all().delete()
        PushSubscription.objects.update(endpoint=endpoint)
        assert reminders.send_due() == {"failed": 1}, endpoint
    assert PushSubscription.objects.count() == 1


def test_connection_goes_to_the_address_that_was_looked_at(subscription, monkeypatch):
    """A name that leads somewhere else a moment later gains nothing: it is asked once."""
    asked: list[str] = []
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    monkeypatch.setattr(push, "resolved", lambda host: asked.append(host) or next(answers))

    def connect(place: tuple[str, int], timeout: float) -> None:
        asked.append(f"{place[0]}:{place[1]}")
        raise OSError("no network here")

    monkeypatch.setattr(socket, "create_connection", connect)
    assert reminders.send_due() == {"failed": 1}
    assert asked == [HOST, f"{PUBLIC}:443"]


def test_next_address_is_tried_where_one_does_not_answer(service, subscription, monkeypatch):
    connect = socket.create_connection

    def first_is_away(place: tuple[str, int], timeout: float) -> socket.socket:
        if place[0] == "127.0.0.2":
            raise OSError("unreachable")
        return connect(place, timeout)

    monkeypatch.setattr(push, "resolved", lambda host: ["127.0.0.2", "127.0.0.1"])
    monkeypatch.setattr(push, "is_public", lambda address: address.startswith("127."))
    monkeypatch.setattr(socket, "create_connection", first_is_away)
    assert reminders.send_due() == {"push": 1}


def test_another_key_of_the_server_reaches_nobody(service, subscription, settings):
    settings.VAPID_PRIVATE_KEY = vapid.new()
    assert reminders.send_due() == {}
    assert service.received == []
    assert PushSubscription.objects.count() == 1


def test_two_devices_get_one_each(service, subscription, alice):
    second = Browser()
    device_of(alice, second, f"https://{HOST}/second")
    assert reminders.send_due() == {"push": 2}
    assert json.loads(second.opens(service.received[1].body))["title"] == "How is today?"
    assert reminders.send_due() == {}


def test_phone_that_was_away_does_not_ring_hours_later(service, subscription, noon):
    noon.shift(timedelta(minutes=100))
    reminders.send_due()
    assert service.received[0].headers["TTL"] == "1200"


def test_key_is_in_no_table(names, subscription, settings):
    assert settings.VAPID_PRIVATE_KEY not in str(fingerprint(leave_out=()))
    assert push.server_key() in str(fingerprint(leave_out=()))
