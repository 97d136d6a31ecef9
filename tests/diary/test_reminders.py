"""Who is reminded, when, once, and in which words."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from smtplib import SMTPRecipientsRefused
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as project
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone, translation

from diary import push, reminders
from diary.management.commands import send_reminders
from diary.models import Deletion, Erasure, Patient, PushSubscription, Reminder, SentReminder
from tests.cast import NOON, TODAY, at_most, days_ago, new_patient, record, visitor, with_password
from tests.races import at_once

YESTERDAY = NOON - timedelta(days=1)


def reminded(patient: Patient, at: time = time(12, 0), **fields: Any) -> Reminder:
    """Somebody with a confirmed address, who chose this yesterday."""
    with_password(patient.user)
    return Reminder.objects.create(
        **{"patient": patient, "time": at, "by_email": True, "changed_at": YESTERDAY} | fields
    )


def receivers() -> list[str]:
    return [address for message in mail.outbox for address in message.to]


# --- When ----------------------------------------------------------------------------------------------------

MOMENTS = [
    # A usual evening
    ("Europe/London", "2026-06-17", "20:00", "2026-06-17T19:00"),
    ("America/New_York", "2026-06-17", "20:00", "2026-06-18T00:00"),
    ("Asia/Kathmandu", "2026-06-17", "20:00", "2026-06-17T14:15"),
    ("Australia/Lord_Howe", "2026-06-17", "20:00", "2026-06-17T09:30"),
    ("Pacific/Kiritimati", "2026-06-17", "20:00", "2026-06-17T06:00"),
    ("Pacific/Apia", "2026-06-17", "20:00", "2026-06-17T07:00"),
    ("Pacific/Pago_Pago", "2026-06-17", "20:00", "2026-06-18T07:00"),
    # The day on which clocks go forward: what is skipped becomes the next minute that there is
    ("Europe/London", "2026-03-29", "00:59", "2026-03-29T00:59"),
    ("Europe/London", "2026-03-29", "01:00", "2026-03-29T01:00"),
    ("Europe/London", "2026-03-29", "01:30", "2026-03-29T01:00"),
    ("Europe/London", "2026-03-29", "02:00", "2026-03-29T01:00"),
    ("Europe/London", "2026-03-29", "20:00", "2026-03-29T19:00"),
    ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00"),
    ("America/New_York", "2026-03-08", "20:00", "2026-03-09T00:00"),
    ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),
    ("Australia/Lord_Howe", "2026-10-04", "02:30", "2026-10-03T15:30"),
    ("Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00"),
    # Clocks go back: the first of the two
    ("Europe/London", "2026-10-25", "01:30", "2026-10-25T00:30"),
    ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"),
    ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
    # A leap day, and the date that Samoa left out
    ("Europe/London", "2028-02-29", "20:00", "2028-02-29T20:00"),
    ("Pacific/Apia", "2011-12-29", "20:00", "2011-12-30T06:00"),
    ("Pacific/Apia", "2011-12-30", "20:00", None),
    ("Pacific/Apia", "2011-12-31", "20:00", "2011-12-31T06:00"),
]


@pytest.mark.parametrize(("zone", "day", "at", "moment"), MOMENTS)
def test_moment_of_a_time_of_day(zone, day, at, moment):
    found = reminders.moment_on(date.fromisoformat(day), time.fromisoformat(at), ZoneInfo(zone))
    assert found == (moment and datetime.fromisoformat(f"{moment}+00:00"))


DAYS_OF_CHANGE = [
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/London", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Asia/Kathmandu", date(2026, 3, 29)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Kiritimati", date(2026, 12, 31)),
    ("Pacific/Apia", date(2011, 12, 31)),
]


@pytest.mark.parametrize(("zone", "day"), DAYS_OF_CHANGE)
@pytest.mark.parametrize("at", [time(0, 0), time(1, 30), time(2, 15), time(20, 0), time(23, 30)])
def test_every_minute_of_three_days_has_each_date_due_for_two_hours(zone, day, at):
    """In one piece, on its own date, never for another; only midnight cuts it short."""
    place = ZoneInfo(zone)
    reminder = Reminder(patient=Patient(time_zone=zone), time=at, changed_at=datetime(2000, 1, 1, tzinfo=UTC))
    start = datetime.combine(day, time(), tzinfo=place).astimezone(UTC) - timedelta(days=1)
    due: dict[date, list[datetime]] = {}
    for minute in range(0, 3 * 24 * 60, 5):
        now = start + timedelta(minutes=minute)
        found = reminders.due_day(reminder, now)
        if found:
            assert found == now.astimezone(place).date()
            due.setdefault(found, []).append(now)
    assert day in due
    for when, moments in due.items():
        assert moments[-1] - moments[0] == timedelta(minutes=5 * (len(moments) - 1)), when
        until_midnight = (
            moments[-1].astimezone(place).date()
            != (moments[-1] + timedelta(minutes=5)).astimezone(place).date()
        )
        assert len(moments) == 24 or until_midnight or moments[-1] == start + timedelta(minutes=4315), when


@pytest.mark.parametrize(
    ("minutes", "is_sent"), [(-1, False), (0, True), (1, True), (119, True), (120, False), (600, False)]
)
def test_not_before_its_time_and_not_hours_late(alice, noon, minutes, is_sent):
    reminded(alice)
    noon.move_to(NOON + timedelta(minutes=minutes))
    reminders.send_due()
    assert bool(mail.outbox) is is_sent


@pytest.mark.parametrize(("weekdays", "is_sent"), [("3", True), ("1234567", True), ("124567", False)])
def test_only_on_chosen_days(alice, weekdays, is_sent):
    reminded(alice, weekdays=weekdays)  # it is a Wednesday
    reminders.send_due()
    assert bool(mail.outbox) is is_sent


def test_day_of_the_week_is_that_of_the_place(alice, noon):
    """At noon in London it is Thursday already on Kiritimati."""
    Patient.objects.update(time_zone="Pacific/Kiritimati")
    reminded(Patient.objects.get(), time(2, 0), weekdays="4")
    reminders.send_due()
    assert SentReminder.objects.get().date == date(2026, 6, 18)


def test_who_chooses_a_time_that_is_over_waits_until_tomorrow(alice, noon):
    reminded(alice, changed_at=NOON + timedelta(seconds=1))
    noon.shift(timedelta(minutes=5))
    reminders.send_due()
    assert mail.outbox == []
    noon.shift(timedelta(days=1))
    reminders.send_due()
    assert receivers() == ["alice@example.org"]


# --- Who -----------------------------------------------------------------------------------------------------


def test_only_who_has_not_recorded_the_day(alice, bob):
    reminded(alice)
    reminded(bob)
    record(alice, TODAY)
    record(bob, days_ago(1))
    reminders.send_due()
    assert receivers() == ["bob@example.org"]


def off(reminder: Reminder) -> None:
    Reminder.objects.update(by_email=False)


def deactivated(reminder: Reminder) -> None:
    reminder.patient.user.is_active = False
    reminder.patient.user.save()


def leaving(reminder: Reminder) -> None:
    Deletion.objects.create(patient=reminder.patient, due_at=NOON + timedelta(days=7))


def erased(reminder: Reminder) -> None:
    Erasure.objects.create(pseudonym=reminder.patient.pseudonym, number=1, erased_at=NOON)


def unconfirmed(reminder: Reminder) -> None:
    EmailAddress.objects.update(verified=False)


def another_address(reminder: Reminder) -> None:
    EmailAddress.objects.update(email="other@example.org")


def without_account(reminder: Reminder) -> None:
    Patient.objects.update(user=None)


def recorded(reminder: Reminder) -> None:
    record(reminder.patient, TODAY)


REASONS = [off, deactivated, leaving, erased, unconfirmed, another_address, without_account, recorded]


@pytest.mark.parametrize("reason", REASONS)
def test_who_is_not_reminded(alice, reason):
    reason(reminded(alice))
    reminders.send_due()
    assert mail.outbox == []
    assert not SentReminder.objects.exists()


@pytest.mark.parametrize("reason", REASONS)
def test_what_changes_after_the_list_was_made_still_counts(alice, monkeypatch, reason):
    reminder = reminded(alice)
    listed = list(reminders.due(NOON))
    assert listed == [(reminder, TODAY)]
    monkeypatch.setattr(reminders, "due", lambda now: iter(listed))
    reason(reminder)
    reminders.send_due()
    assert mail.outbox == []


def test_address_counts_in_any_spelling(alice):
    reminded(alice)
    EmailAddress.objects.update(email="ALICE@example.org")
    reminders.send_due()
    assert len(mail.outbox) == 1


def test_demonstration_asks_for_no_confirmation(alice, settings):
    reminded(alice)
    EmailAddress.objects.all().delete()
    settings.DEBUG = True
    reminders.send_due()
    assert len(mail.outbox) == 1


def test_few_queries_where_nobody_is_due(noon):
    for number in range(5):
        reminded(new_patient(f"P{number} Person"), time(20, 0))
    with at_most(1):
        reminders.send_due()
    noon.move_to(datetime(2026, 6, 17, 20, tzinfo=UTC))
    for patient in Patient.objects.all():
        record(patient, TODAY)
    with at_most(2):
        reminders.send_due()


# --- Once ----------------------------------------------------------------------------------------------------


def test_once_a_day_and_again_the_next(alice, noon):
    reminded(alice)
    for _ in range(3):
        reminders.send_due()
        noon.shift(timedelta(minutes=5))
    assert len(mail.outbox) == 1
    noon.move_to(NOON + timedelta(days=1))
    reminders.send_due()
    assert len(mail.outbox) == 2
    assert set(SentReminder.objects.values_list("date", "way", "state")) == {
        (TODAY, "email", "sent"),
        (TODAY + timedelta(days=1), "email", "sent"),
    }


def test_another_time_on_the_same_day_sends_no_second(alice, noon):
    reminder = reminded(alice)
    reminders.send_due()
    Reminder.objects.filter(pk=reminder.pk).update(time=time(15, 0))
    noon.shift(timedelta(hours=3))
    reminders.send_due()
    assert len(mail.outbox) == 1


def test_mail_server_that_is_away_is_tried_again_and_not_for_ever(alice, noon, monkeypatch):
    reminded(alice)
    tried: list[datetime] = []

    def away(message: EmailMessage, **rest: Any) -> int:
        tried.append(timezone.now())
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", away)
    for _ in range(24):
        reminders.send_due()
        noon.shift(timedelta(minutes=5))
    assert tried == [NOON + timedelta(minutes=minutes) for minutes in (0, 10, 20)]
    assert SentReminder.objects.get().state == "failed"


def test_one_who_cannot_be_reached_stops_nobody(alice, bob, monkeypatch):
    reminded(alice)
    reminded(bob)
    send = EmailMessage.send

    def refusing(message: EmailMessage, **rest: Any) -> int:
        if message.to == ["alice@example.org"]:
            raise SMTPRecipientsRefused({})
        return send(message, **rest)

    monkeypatch.setattr(EmailMessage, "send", refusing)
    assert reminders.send_due() == {"failed": 1, "email": 1}
    assert receivers() == ["bob@example.org"]


def test_database_that_fails_for_one_stops_nobody(alice, bob, monkeypatch):
    reminded(alice)
    reminded(bob)
    taken = reminders.taken

    def failing(reminder: Reminder, *rest: Any) -> bool:
        if reminder.patient == alice:
            raise DatabaseError
        return taken(reminder, *rest)

    monkeypatch.setattr(reminders, "taken", failing)
    reminders.send_due()
    assert receivers() == ["bob@example.org"]


def test_try_that_was_cut_off_is_not_made_again(alice, noon):
    """Nobody knows whether it went out."""
    reminded(alice)
    SentReminder.objects.create(patient=alice, date=TODAY, way="email", tried_at=NOON)
    noon.shift(timedelta(hours=1))
    reminders.send_due()
    assert mail.outbox == []


RUNNERS = 4


@pytest.fixture
def at_noon_now(transactional_db):
    """People for whom it is about noon by the real clock, as races cannot stop it."""
    hour = datetime.now(UTC).hour - 12
    zone = f"Etc/GMT{hour:+d}" if hour else "UTC"
    return [new_patient(f"P{number} Person", time_zone=zone) for number in range(3)]


def test_of_many_runners_each_reminder_goes_out_once(at_noon_now, monkeypatch, settings):
    settings.VAPID_PRIVATE_KEY = "x"
    sent: list[str] = []
    inside: list[bool] = []

    def mailed(reminder: Reminder) -> bool:
        inside.append(connection.in_atomic_block)
        sent.append(reminder.patient.name)
        return True

    monkeypatch.setattr(reminders, "_mailed", mailed)
    monkeypatch.setattr(reminders, "devices_of", lambda reminder, now: [PushSubscription(pk=7)])
    monkeypatch.setattr(
        reminders,
        "_notified",
        lambda device, reminder, *rest: inside.append(connection.in_atomic_block) or True,
    )
    for patient in at_noon_now:
        reminded(patient, time(12, 0), by_push=True, changed_at=datetime(2020, 1, 1, tzinfo=UTC))
    counts = at_once(*[reminders.send_due] * RUNNERS)
    assert sorted(sent) == ["P0 Person", "P1 Person", "P2 Person"]
    assert sum((one for one in counts), start=type(counts[0])()) == {"email": 3, "push": 3}
    assert inside == [False] * 6
    # What is known to have failed is taken again by one alone, too.
    sent.clear()
    SentReminder.objects.update(state="failed", tried_at=timezone.now() - timedelta(minutes=11))
    at_once(*[reminders.send_due] * RUNNERS)
    assert sorted(sent) == ["P0 Person", "P1 Person", "P2 Person"]


def test_race_without_the_unique_row_would_send_twice(at_noon_now, monkeypatch):
    """Broken twin: what looks first and writes afterwards is no claim."""
    sent: list[str] = []
    monkeypatch.setattr(reminders, "taken", lambda *rest: not SentReminder.objects.exists())
    monkeypatch.setattr(reminders, "_mailed", lambda reminder: sent.append("x") or True)
    reminded(at_noon_now[0], time(12, 0), changed_at=datetime(2020, 1, 1, tzinfo=UTC))
    at_once(*[reminders.send_due] * RUNNERS)
    assert len(sent) > 1


# --- Words ---------------------------------------------------------------------------------------------------

HEALTH = re.compile(
    r"head|ache|pain|migr|kopf|schmerz|diar|journal|tagebuch|health|gesund|clinic|klinik|patient|medic|symptom|attack"
    r"|triptan|botul|tête|douleur|dolor|cabeza|cefal|emicran|nausea|period",
    re.IGNORECASE,
)


def test_mail(alice, settings):
    settings.SITE_URL = "https://example.org"
    reminded(alice)
    reminders.send_due()
    [message] = mail.outbox
    assert message.subject == "How is today?"
    assert message.body == (
        "How is today?\n\nhttps://example.org/\n\n"
        "You asked for this reminder. To change it or to turn it off:\nhttps://example.org/reminders/\n"
    )
    assert message.extra_headers == {
        "List-Unsubscribe": "<https://example.org/reminders/>",
        "Auto-Submitted": "auto-generated",
    }
    assert not HEALTH.search(f"{message.subject} {message.body}")


@pytest.mark.parametrize("language", [code for code, _name in project.LANGUAGES])
def test_no_word_of_health_in_any_language(language, alice, settings):
    settings.SITE_URL = "https://example.org"
    reminded(alice, language=language)
    reminders.send_due()
    with translation.override(language):
        words = [*reminders.notification(TODAY).values(), mail.outbox[0].subject, mail.outbox[0].body]
    assert not HEALTH.search(" ".join(words))


def test_search_reports_a_word_of_health():
    assert all(HEALTH.search(words) for words in ("How is your head?", "Your diary waits", "Kopfschmerz"))


def test_words_are_in_the_language_in_which_it_was_chosen(alice, monkeypatch):
    reminded(alice, language="de")
    spoken: list[str | None] = []
    monkeypatch.setattr(
        reminders, "_mailed", lambda reminder: spoken.append(translation.get_language()) or True
    )
    reminders.send_due()
    assert spoken == ["de"]


def test_log_names_nobody(alice, caplog, monkeypatch):
    def away(message: EmailMessage, **rest: Any) -> int:
        raise SMTPRecipientsRefused({"alice@example.org": (550, b"alice@example.org")})

    reminded(alice)
    monkeypatch.setattr(EmailMessage, "send", away)
    reminders.send_due()
    assert [entry.getMessage() for entry in caplog.records] == ["a reminder was not sent"]


# --- The command ---------------------------------------------------------------------------------------------


def test_command_counts(alice):
    reminded(alice)
    for said in ("1 mails, 0 notifications, 0 failed\n", "0 mails, 0 notifications, 0 failed\n"):
        out = StringIO()
        call_command("send_reminders", stdout=out)
        assert out.getvalue() == said


def test_command_goes_on_for_ever(alice, noon, monkeypatch):
    """Also after a database that did not answer."""
    reminded(alice)
    pauses: list[int] = []
    answers = iter([DatabaseError, None, KeyboardInterrupt])

    def pause(seconds: int) -> None:
        pauses.append(seconds)
        noon.shift(timedelta(seconds=seconds))

    send = reminders.send_due

    def sending() -> Any:
        fault = next(answers)
        if fault:
            raise fault
        return send()

    monkeypatch.setattr(send_reminders.time, "sleep", pause)
    monkeypatch.setattr(send_reminders.connections, "close_all", lambda: None)
    monkeypatch.setattr(reminders, "send_due", sending)
    out, err = StringIO(), StringIO()
    with pytest.raises(KeyboardInterrupt):
        call_command("send_reminders", "--forever", "300", stdout=out, stderr=err)
    assert pauses == [300, 300]
    assert out.getvalue() == "1 mails, 0 notifications, 0 failed\n"
    assert "The database did not answer (DatabaseError)" in err.getvalue()


def test_housekeeping_forgets_after_a_week(alice, noon, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    reminded(alice)
    reminders.send_due()
    call_command("housekeeping", stdout=StringIO())
    assert SentReminder.objects.count() == 1
    noon.shift(timedelta(days=8))
    call_command("housekeeping", stdout=StringIO())
    assert SentReminder.objects.count() == 0


# --- The page ------------------------------------------------------------------------------------------------

CHOSEN = {"time": "07:30", "weekdays": ["7", "1"], "by_email": "on"}


def test_choosing(as_alice, alice):
    page = as_alice.opens("/reminders/")
    assert page.one("input", name="time")["value"] == "20:00"
    page = as_alice.sends("/reminders/", **CHOSEN)
    assert "Saved." in page.text
    reminder = Reminder.objects.get(patient=alice)
    assert (reminder.time, reminder.weekdays) == (time(7, 30), "17")
    assert (reminder.by_email, reminder.by_push, reminder.language) == (True, False, "en-gb")
    ticked = [box["value"] for box in page.all("input", name="weekdays") if "checked" in box.attributes]
    assert ticked == ["1", "7"]
    as_alice.sends("/reminders/", **(CHOSEN | {"by_email": ""}))
    assert not Reminder.objects.wanted().exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"time": ""},
        {"time": "25:00"},
        {"time": "\x00"},
        {"weekdays": []},
        {"weekdays": ["0"]},
        {"weekdays": ["8"]},
        {"weekdays": ["1", "x"]},
    ],
)
def test_wrong_choice_saves_nothing(as_alice, wrong):
    page = as_alice.sends("/reminders/", 422, **(CHOSEN | wrong))
    assert "Nothing is saved yet." in page.text
    assert not Reminder.objects.exists()


def test_page_says_what_a_notification_shows(as_alice, settings):
    page = as_alice.opens("/reminders/")
    assert "A notification shows “How is today?”, the date, and two buttons" in page.text
    assert "It says nothing about your health." in page.text
    assert "alice@example.org" in page.text


def test_way_to_the_page(as_alice, as_clara):
    assert reverse("reminders") in [link["href"] for link in as_alice.opens("/").all("a")]
    assert reverse("reminders") not in [link["href"] for link in as_clara.opens("/clinic/").all("a")]


def test_others_reminders_stay_as_they_are(alice, as_bob):
    reminder = reminded(alice)
    as_bob.sends("/reminders/", **CHOSEN)
    reminder.refresh_from_db()
    assert reminder.time == NOON.time()


def test_no_push_without_a_key(alice, settings):
    settings.VAPID_PRIVATE_KEY = ""
    reminded(alice, by_email=False, by_push=True)
    assert reminders.send_due() == {}
    assert not push.is_set_up()
    assert visitor(alice.user).opens("/reminders/").status == 200
