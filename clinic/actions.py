"""Writes that touch more than one row."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from clinic.models import InjectionSession


@transaction.atomic
def save_session(session: InjectionSession, *, by: UUID | None) -> None:
    """Saves a new session, or a correction together with what stood there before. `by`: a user's pseudonym.

    Raises `IntegrityError` when another session of the patient has this date.
    """
    if session.pk is not None:
        # What stands there now may be somebody else's correction of a moment ago.
        standing = InjectionSession.objects.select_for_update().get(pk=session.pk)
        if standing.said == session.said:
            return
        standing.earlier_version(by=by).save()
    session.save()
