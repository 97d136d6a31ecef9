"""When and how somebody is reminded, on which devices, and that it was done."""

from __future__ import annotations

from datetime import datetime, time

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diary.models.people import Erasure, Patient

EVERY_DAY = "1234567"
"""Days of the week as ISO counts them: Monday is 1."""
LONGEST_ENDPOINT = 1024


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def wanted(self) -> ReminderQuerySet:
        """Of people who are still here and want one by mail or as a notification."""
        return self.filter(
            Q(by_email=True) | Q(by_push=True),
            patient__user__is_active=True,
            patient__deletion__isnull=True,
        ).exclude(patient__pseudonym__in=Erasure.objects.values("pseudonym"))

    def confirmed(self) -> ReminderQuerySet:
        """Of people who have shown that their e-mail address is their own."""
        addresses = EmailAddress.objects.annotate(small=Lower("email"))
        theirs = addresses.filter(
            user=OuterRef("patient__user"), small=Lower(OuterRef("patient__user__email")), verified=True
        )
        return self.filter(Exists(theirs))

    def with_calendar(self, digest: str) -> ReminderQuerySet:
        """The one behind a calendar's address, unless its owner is leaving."""
        return self.filter(
            calendar_digest=digest, patient__user__is_active=True, patient__deletion__isnull=True
        )


class Reminder(models.Model):
    """A patient's wish to be asked on days that are not recorded yet: at a time of day where they live.

    `language`: in which they chose it. `calendar_digest` finds the calendar of a secret address, which is worked out
    from `calendar_seed` and the secret key; both are empty where there is none.
    """

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="reminder")
    time = models.TimeField(_("Time"), default=time(20, 0))
    weekdays = models.CharField(_("Days"), max_length=7, default=EVERY_DAY)
    by_email = models.BooleanField(_("By e-mail"), default=False)
    by_push = models.BooleanField(_("As a notification"), default=False)
    language = models.CharField(max_length=16, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    calendar_seed = models.CharField(max_length=32, blank=True)
    calendar_digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001  (many have none)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(weekdays=""), name="reminder_on_some_day"),
            models.CheckConstraint(
                condition=Q(calendar_seed="", calendar_digest__isnull=True)
                | (~Q(calendar_seed="") & Q(calendar_digest__isnull=False)),
                name="reminder_calendar_whole",
            ),
        )

    def __str__(self) -> str:
        return f"reminder of {self.patient}"


class PushSubscriptionQuerySet(models.QuerySet["PushSubscription"]):
    def signed_in(self, moment: datetime) -> PushSubscriptionQuerySet:
        """Those of devices that are still signed in."""
        sessions = Session.objects.filter(expire_date__gt=moment).values("session_key")
        return self.filter(device__session_key__in=sessions)

    def of_session(self, session_key: str | None) -> PushSubscriptionQuerySet:
        return self.filter(device__session_key=session_key or "")

    def for_server(self, public_key: str) -> PushSubscriptionQuerySet:
        """Those that listen to this key: a push service lets no other through."""
        return self.filter(server_key=public_key)

    def of_device(self, device: UserSession) -> PushSubscriptionQuerySet:
        return self.filter(device=device)

    def in_order(self) -> PushSubscriptionQuerySet:
        return self.select_related("device").order_by("created_at", "pk")


class PushSubscription(models.Model):
    """A browser that shows notifications: where its push service takes them, and the keys that seal them (RFC 8291).

    `device` is the sign-in that asked for it, and the subscription ends with it. `server_key`: the public key that the
    browser was told to listen to.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="push_subscriptions")
    device = models.ForeignKey(UserSession, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.CharField(max_length=LONGEST_ENDPOINT, unique=True)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=32)
    server_key = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)
    last_success_at = models.DateTimeField(null=True)

    objects = PushSubscriptionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"device {self.pk} of {self.patient}"


class SentReminderQuerySet(models.QuerySet["SentReminder"]):
    def to_be_tried_again(self, before: datetime, most_tries: int) -> SentReminderQuerySet:
        """Those that are known to have failed, some time ago."""
        failed = SentReminder.State.FAILED
        return self.filter(state=failed, tried_at__lte=before, tries__lt=most_tries)

    def take_again(self, moment: datetime) -> bool:
        """Whether this runner got it: of several, one does."""
        state = SentReminder.State.BEGUN
        return bool(self.update(state=state, tried_at=moment, tries=F("tries") + 1))


class SentReminder(models.Model):
    """That a day's reminder was taken in hand, on one way: its row is the claim that keeps others from sending it too.

    `way` is "email", or "push:" and the number of the device. One that was begun and never ended is not sent again.
    """

    class State(models.TextChoices):
        BEGUN = "begun", _("begun")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="sent_reminders")
    date = models.DateField()
    way = models.CharField(max_length=32)
    state = models.CharField(max_length=8, choices=State.choices, default=State.BEGUN)
    tries = models.PositiveSmallIntegerField(default=1)
    tried_at = models.DateTimeField()

    objects = SentReminderQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("patient", "date", "way", name="one_reminder_a_day_and_way"),
            models.CheckConstraint(
                condition=Q(state__in=["begun", "sent", "failed"]), name="sent_reminder_state_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.date} by {self.way}: {self.state}"
