"""A diary file between the look at it and its import.

The file stays in the page, signed, and nowhere on the server: who turns away leaves nothing behind, and what is
imported is what was looked at. What became of a file, and of taking it back, is said here too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from diary.imports.storage import Compared
from diary.imports.uploaded import Reading
from diary.models import Patient

SALT = "clinic.looked_at"
AN_HOUR = 3600
ORDERS = ("day", "month")
LISTED = 100
"""Faults and days on one page."""


@dataclass(frozen=True)
class Answers:
    """What somebody said of a file: a class for each unknown medicine by its name, and what comes first in a date."""

    classes: dict[str, str] = field(default_factory=dict)
    order: str = ""


def sealed(request: HttpRequest, patient: Patient, text: str, answers: Answers) -> str:
    """For a hidden field of the page."""
    return signing.dumps(_whole(request, patient, text, answers), salt=SALT, compress=True)


def unsealed(request: HttpRequest, patient: Patient) -> tuple[str, Answers] | None:
    """What this person looked at for this patient within the hour, as the server signed it: the text, and what was
    said of it.
    """
    try:
        kept: dict[str, Any] = signing.loads(request.POST["looked_at"], salt=SALT, max_age=AN_HOUR)
    except signing.BadSignature:
        return None
    answers = Answers(kept["classes"], kept["order"])
    return (kept["text"], answers) if kept == _whole(request, patient, kept["text"], answers) else None


def order_said(request: HttpRequest) -> str:
    """What the form says of the dates; empty where it says nothing."""
    return order if (order := request.POST.get("order", "")) in ORDERS else ""


def _whole(request: HttpRequest, patient: Patient, text: str, answers: Answers) -> dict[str, Any]:
    whose = {"patient": patient.pk, "by": str(request.user.pseudonym)}  # type: ignore[union-attr]
    return whose | {"text": text, "classes": answers.classes, "order": answers.order}


def say_imported(request: HttpRequest, done: Compared, found: Reading) -> None:
    added, differ, left_out = len(done.new), len(done.differing), len(found.report.bad_lines)
    parts = [ngettext("%(n)d day imported", "%(n)d days imported", added) % {"n": added}]
    if done.equal:
        parts.append(_("%(n)d recorded already and the same") % {"n": len(done.equal)})
    if differ:
        words = ngettext("%(n)d differs from what is recorded", "%(n)d differ from what is recorded", differ)
        parts.append(words % {"n": differ})
    if left_out:
        parts.append(ngettext("%(n)d row left out", "%(n)d rows left out", left_out) % {"n": left_out})
    messages.success(request, ", ".join(parts) + ".")


def say_over(request: HttpRequest) -> None:
    messages.warning(request, _("This look is over. Choose the file again; nothing was imported."))


def say_taken_back(request: HttpRequest, found: tuple[int, int] | None) -> None:
    """What `copies.take_back` answered."""
    if found is None:
        messages.info(request, _("This was taken back already."))
        return
    taken, left = found
    messages.success(
        request, ngettext("%(n)d day taken back.", "%(n)d days taken back.", taken) % {"n": taken}
    )
    if left:
        words = ngettext(
            "%(n)d day stays: it was changed since.", "%(n)d days stay: they were changed since.", left
        )
        messages.warning(request, words % {"n": left})
