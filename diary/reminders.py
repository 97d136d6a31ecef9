"""Reminders: when one is due, taking it in hand so that nobody else sends it too, and sending it.

No word of health is in any of them: a mail lies in a box that others may see, a notification on a screen.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from diary import push
from diary.models import DiaryDay, PushSubscription, Reminder, SentReminder
from diary.phone import owner_mark

WINDOW = timedelta(hours=2)
"""For how long after its time a reminder is still sent: after a night without power none comes at breakfast."""
RETRY_AFTER = timedelta(minutes=10)
MOST_TRIES = 3
"""On one day and one way. A try of which it is not known how it ended is never made again."""
MINUTE = timedelta(minutes=1)
TAG = "today"
State = SentReminder.State

log = logging.getLogger("diary.reminders")


# --- When ----------------------------------------------------------------------------------------------------


def moment_on(day: date, at: time, zone: ZoneInfo) -> datetime | None:
    """The moment of a time of day on a date. A time that the clocks skip is the next minute that there is, one that
    they repeat the first of the two; `None` on a date that a place has left out.
    """
    wall = datetime.combine(day, at)
    while wall.date() == day:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
        wall += MINUTE
    return None


def due_day(reminder: Reminder, now: datetime) -> date | None:
    """The date for which somebody is to be reminded now: always the one that it is for them."""
    zone = ZoneInfo(reminder.patient.time_zone)
    day = now.astimezone(zone).date()
    moment = moment_on(day, reminder.time, zone) if str(day.isoweekday()) in reminder.weekdays else None
    # Who chooses a time that is over today is there and needs no reminder.
    is_due = moment is not None and moment <= now < moment + WINDOW and reminder.changed_at <= moment
    return day if is_due else None


def wanted() -> Any:
    found = Reminder.objects.wanted()
    return found if settings.DEBUG else found.confirmed()


def due(now: datetime) -> Iterator[tuple[Reminder, date]]:
    """Whoever is to be reminded now, with the date; few queries, however many there are."""
    people = [(one, due_day(one, now)) for one in wanted().select_related("patient__user")]
    days = [day for _one, day in people if day]
    if not days:
        return
    standing = DiaryDay.objects.between(min(days), max(days)).order_by()
    recorded = set(standing.values_list("patient_id", "date"))
    yield from ((one, day) for one, day in people if day and (one.patient_id, day) not in recorded)


# --- Once ----------------------------------------------------------------------------------------------------


def taken(reminder: Reminder, day: date, way: str, now: datetime) -> bool:
    """Whether this runner is the one to send it. What has changed since the list was made is asked once more."""
    if not wanted().filter(pk=reminder.pk).exists():
        return False
    if DiaryDay.objects.filter(patient_id=reminder.patient_id, date=day).exists():
        return False
    same = {"patient_id": reminder.patient_id, "date": day, "way": way}
    claims = SentReminder.objects.filter(**same)
    if not claims.exists():
        try:
            with transaction.atomic():
                SentReminder.objects.create(**same, tried_at=now)
            return True
        except IntegrityError:
            return False  # another runner was quicker, or the person is gone
    return claims.to_be_tried_again(now - RETRY_AFTER, MOST_TRIES).take_again(now)


def settled(reminder: Reminder, day: date, way: str, state: str) -> None:
    SentReminder.objects.filter(patient_id=reminder.patient_id, date=day, way=way).update(state=state)


# --- Sending -------------------------------------------------------------------------------------------------


def send_due() -> Counter[str]:
    """Sends what is due, each in no transaction, and counts. What fails for one person stops nobody else's."""
    counts: Counter[str] = Counter()
    now = timezone.now()
    for reminder, day in due(now):
        with translation.override(reminder.language or settings.LANGUAGE_CODE):
            if reminder.by_email:
                counts[_once(reminder, day, "email", None)] += 1
            for device in devices_of(reminder, now):
                counts[_once(reminder, day, f"push:{device.pk}", device)] += 1
    del counts[""]
    return counts


def devices_of(reminder: Reminder, now: datetime) -> list[PushSubscription]:
    """Those on which the person is signed in now; a new password elsewhere has ended that, too."""
    if not (reminder.by_push and push.is_set_up()):
        return []
    try:
        mine = reminder.patient.push_subscriptions.signed_in(now).for_server(push.server_key())
        return [one for one in mine.in_order() if not one.device.purge()]
    except DatabaseError as error:
        log.error("devices could not be looked up", exc_info=error)
        return []


def _once(reminder: Reminder, day: date, way: str, device: PushSubscription | None) -> str:
    """What was done: "email", "push", "failed" or, where nothing was to be done any more, nothing."""
    try:
        # The moment is that of now, not of the beginning: a long list takes its time.
        now = timezone.now()
        if due_day(reminder, now) != day or not taken(reminder, day, way, now):
            return ""
        try:
            is_sent = _notified(device, reminder, day, now) if device else _mailed(reminder)
        except Exception as error:
            log.warning("a reminder was not sent", exc_info=error)
            is_sent = False
        settled(reminder, day, way, State.SENT if is_sent else State.FAILED)
    except Exception as error:  # a database that is away, too, must not keep the others from theirs
        log.error("a reminder could not be taken in hand", exc_info=error)
        return "failed"
    return way.partition(":")[0] if is_sent else "failed"


def _mailed(reminder: Reminder) -> bool:
    user = reminder.patient.user
    if user is None:
        return False
    page = settings.SITE_URL + reverse("reminders")
    text = _(
        "How is today?\n\n%(site)s\n\nYou asked for this reminder. To change it or to turn it off:\n%(page)s\n"
    )
    headers = {"List-Unsubscribe": f"<{page}>", "Auto-Submitted": "auto-generated"}
    words = {"site": settings.SITE_URL + reverse("today"), "page": page}
    mail = EmailMessage(_("How is today?"), text % words, None, [user.email], headers=headers)
    return bool(mail.send())


def notification(day: date) -> dict[str, str]:
    """What a notification says, and the words that its worker may need while there is no network."""
    return {
        "title": _("How is today?"),
        "body": date_format(day, "l j F"),
        "date": day.isoformat(),
        "tag": TAG,
        "clear": _("Clear"),
        "not_clear": _("Not clear"),
        "saved": _("Saved"),
        "kept": _("Kept on this device until there is a network"),
        "failed": _("Not saved. Tap to open."),
        "language": translation.get_language() or "",
    }


def _notified(device: PushSubscription, reminder: Reminder, day: date, now: datetime) -> bool:
    over = (moment_on(day, reminder.time, ZoneInfo(reminder.patient.time_zone)) or now) + WINDOW
    # Whose day it is: by the time it is answered, somebody else may be signed in on that device.
    said = notification(day) | {"owner": owner_mark(reminder.patient)}
    outcome = push.send(device, said, max(int((over - now).total_seconds()), 60))
    if outcome is push.Outcome.GONE:
        device.delete()
    elif outcome is push.Outcome.SENT:
        PushSubscription.objects.filter(pk=device.pk).update(last_success_at=timezone.now())
    return outcome is push.Outcome.SENT
