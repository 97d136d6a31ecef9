"""Days that a clinic or the patient copies from paper or from a file: each time one batch, which can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from clinic.models import CareLink, Clinic, ImportBatch
from diary import copying
from diary.copying import Copied, PaperDay
from diary.imports.diary_csv import Report, Row
from diary.imports.storage import Compared, compared, store
from diary.models import Patient
from diary.snapshots import locked

Kind = ImportBatch.Kind


@transaction.atomic
def enter_paper(link: CareLink, rows: Sequence[PaperDay], *, by: UUID) -> Copied:
    """Adds the days of a paper diary that are not recorded yet."""
    now = timezone.now()
    copied = copying.copy_paper(link.patient, rows)
    _batch(link.patient, link.clinic, Kind.PAPER, copied.added, now, by)
    return copied


@transaction.atomic
def import_rows(
    patient: Patient, clinic: Clinic | None, rows: Iterable[Row], *, by: UUID, with_notes: bool = True
) -> Compared:
    """Adds the days of a file that are not recorded yet; the others stand as they are.

    `clinic`: who imports them, `None` for the patient. `with_notes`: whether they may read the notes.
    """
    now = timezone.now()
    found = compared(locked(patient), rows, with_notes=with_notes)
    store(patient, found.new, Report(), by=by)
    _batch(patient, clinic, Kind.FILE, [row.date for row in found.new], now, by)
    return found


def _batch(
    patient: Patient, clinic: Clinic | None, kind: Kind, added: Sequence[date], now: datetime, by: UUID
) -> None:
    if added:
        ImportBatch.objects.create(
            patient=patient,
            clinic=clinic,
            kind=kind,
            added=len(added),
            dates=[when.isoformat() for when in sorted(added)],
            made_by=by,
            made_at=now,
        )


@transaction.atomic
def take_back(batch: ImportBatch, *, by: UUID) -> tuple[int, int] | None:
    """How many days were taken back, and how many stay because they were changed since; `None` the second time."""
    locked(batch.patient)
    now = timezone.now()
    if not ImportBatch.objects.standing().filter(pk=batch.pk).update(taken_back_at=now):
        return None
    dates = [date.fromisoformat(text) for text in batch.dates]
    taken = copying.take_back(batch.patient, dates, batch.made_at, by=by)
    return len(taken), len(dates) - len(taken)
