"""A clinic's visits as a calendar (RFC 5545), behind a secret address of one person who works there.

Whole days and clinic numbers, no names. Who may read the diaries is asked each time: the calendar is empty of a patient
whose link has ended, and gone once its owner works there no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User
from clinic.access import care_links_of, memberships_of
from clinic.caseload import Visit, visits
from clinic.models import CareLink, Clinic, ClinicFeed
from diary.calendar_feed import digest, escaped, file_of, new_seed, token_of, whole_day


@transaction.atomic
def make(clinic: Clinic, user: User) -> ClinicFeed:
    """A new address; one that there was opens nothing any more."""
    seed = new_seed()
    said = {"seed": seed, "digest": digest(token_of(seed)), "made_at": timezone.now()}
    return ClinicFeed.objects.update_or_create(clinic=clinic, user=user, defaults=said)[0]


def end(clinic: Clinic, user: User) -> bool:
    """Whether there was one."""
    return bool(ClinicFeed.objects.filter(clinic=clinic, user=user).delete()[0])


def address(feed: ClinicFeed) -> str:
    """The whole address, worked out from the seed and the secret key."""
    return settings.SITE_URL + reverse("clinic_feed", args=[token_of(feed.seed)])


def feed_at(token: str) -> ClinicFeed | None:
    """The one behind an address, as long as its owner reads diaries at that clinic."""
    feed = ClinicFeed.objects.select_related("clinic", "user").filter(digest=digest(token)).first()
    if feed is None or not feed.user.is_active:
        return None
    return feed if memberships_of(feed.user).filter(clinic=feed.clinic).exists() else None


def links_of(feed: ClinicFeed) -> QuerySet[CareLink]:
    """Through which its owner sees patients of that clinic at this moment."""
    return care_links_of(feed.user).filter(clinic=feed.clinic)


def calendar(feed: ClinicFeed, now: datetime) -> bytes:
    """Each patient's next visit as a whole day."""
    lines = [f"X-WR-CALNAME:{escaped(_('Visits'))}", "REFRESH-INTERVAL;VALUE=DURATION:PT12H"]
    for visit in visits(links_of(feed), now):
        lines += _event(feed, visit, now)
    return file_of("visits", lines)


def _event(feed: ClinicFeed, visit: Visit, now: datetime) -> Iterator[str]:
    number = visit.link.reference or _("without a clinic number")
    title = number if visit.is_agreed else _("%(number)s (12 weeks over)") % {"number": number}
    # Of this calendar and this patient, and the same tomorrow; nobody works out from it who that is.
    uid = salted_hmac("clinic.clinic_feed.uid", f"{feed.seed} {visit.link.pk}").hexdigest()[:32]
    return whole_day(uid, visit.due_on, now, title)
