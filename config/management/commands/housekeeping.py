"""Throws away what has had its time: to be run once a day. Run twice, at once or interrupted, it does no harm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.models import EmailConfirmation
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone

from clinic import erasure
from clinic.models import Invitation, LinkCode, RetainedSession
from diary.models import CarerCode, SentReminder

KEPT_AFTER_USE = timedelta(days=30)
REMINDERS_KEPT = timedelta(days=7)


class Command(BaseCommand):
    help = (
        "Deletes what is due: diaries whose owners asked for it, ended sessions, used codes. Prints counts."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        failed = ""
        try:
            applied = erasure.apply()
            self.say(applied.erased, "people erased again, whom the ledger names")
            if applied.unreadable:
                self.stderr.write(f"{applied.unreadable} lines of the erasure ledger cannot be read.")
            self.say(erasure.erase_due(), "diaries erased, whose owners asked for it")
        except OSError as error:
            # The rest is done all the same.
            failed = f"Nobody was erased: the erasure ledger cannot be written ({error.strerror})."
        except DatabaseError as error:
            failed = f"Somebody could not be erased ({type(error).__name__}); it is tried again next time."
        self.say(
            ended(RetainedSession.objects.filter(kept_until__lt=timezone.localdate())), "kept treatments"
        )
        self.say(ended(Session.objects.filter(expire_date__lt=timezone.now())), "ended sessions")
        signed_in = Session.objects.values("session_key")
        self.say(ended(UserSession.objects.exclude(session_key__in=signed_in)), "devices no longer signed in")
        self.say(ended(LinkCode.objects.filter(over())), "codes used or expired")
        self.say(ended(CarerCode.objects.filter(over())), "codes for carers used or expired")
        self.say(ended(Invitation.objects.filter(over())), "invitations used or expired")
        over_by = timezone.now() - REMINDERS_KEPT
        self.say(ended(SentReminder.objects.filter(tried_at__lt=over_by)), "reminders of earlier days")
        self.say(ended(EmailConfirmation.objects.all_expired()), "confirmations of addresses")
        self.say(culled(), "expired entries of the cache")
        if failed:
            raise CommandError(failed, returncode=2)

    def say(self, number: int, what: str) -> None:
        self.stdout.write(f"{number:>10,}  {what}")


def over() -> Q:
    """Used or expired so long ago that nobody asks for it any more."""
    long_ago = timezone.now() - KEPT_AFTER_USE
    return Q(used_at__lt=long_ago) | Q(expires_at__lt=long_ago)


def ended(rows: Any) -> int:
    number: int = rows.delete()[0]
    return number


def culled() -> int:
    number = 0
    now = connection.ops.adapt_datetimefield_value(timezone.now().replace(microsecond=0))
    for table in erasure.cache_tables():
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # noqa: S608
            number += max(cursor.rowcount, 0)
    return number
