"""A diary file between the look at it and its import.

The file stays in the page, signed, and nowhere on the server: who turns away leaves nothing behind, and what is
imported is what was looked at. What became of a file, and of taking it back, is said here too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.import_forms import ClassesForm
from diary.imports.storage import Compared, compared
from diary.imports.uploaded import Reading, reading
from diary.models import Patient
from diary.views import today_of

SALT = "clinic.looked_at.2"
"""Another number where what is kept has another shape: a look from before is over then."""
AN_HOUR = 3600
ORDERS = ("day", "month")
YELLOWS = ("free", "headache", "leave")
LISTED = 100
"""Faults and days on one page."""


@dataclass(frozen=True)
class Answers:
    """What somebody said of a file: a class for each unknown medicine by its name, and what `attacks.Told` needs."""

    classes: dict[str, str] = field(default_factory=dict)
    order: str = ""
    yellow: str = ""


NOTHING_SAID = Answers()


@dataclass(frozen=True)
class Look:
    """A file as somebody looks at it, with what was said of it so far.

    `classes`: the form for the medicines that the catalogue does not know. `is_confirmed`: what was looked at is to be
    imported now.
    """

    text: str
    answers: Answers
    found: Reading
    classes: ClassesForm
    is_confirmed: bool = False

    @property
    def status(self) -> int:
        """Of the page that shows it."""
        return 422 if self.classes.errors else 200


def first_look(patient: Patient, text: str, answers: Answers = NOTHING_SAID) -> Look:
    zone = ZoneInfo(patient.time_zone)
    found = reading(text, today_of(patient), answers.classes, answers.order, yellow=answers.yellow, zone=zone)
    return Look(text, answers, found, ClassesForm(found.unknown))


def look_again(request: HttpRequest, patient: Patient) -> Look | None:
    """What was looked at, with what the form says of it besides; `None`: the look is over, and the person is told."""
    kept = _unsealed(request, patient)
    if kept is None:
        messages.warning(request, _("This look is over. Choose the file again; nothing was imported."))
        return None
    look = first_look(patient, *kept)
    form = ClassesForm(look.found.unknown, request.POST)
    if not form.is_valid():
        return replace(look, classes=form)
    if "import" in request.POST and not form.classes and not look.found.report.is_cut_short:
        return replace(look, is_confirmed=True)
    order, yellow = request.POST.get("order", ""), request.POST.get("yellow", "")
    answers = Answers(
        look.answers.classes | form.classes,
        order if order in ORDERS else look.answers.order,
        yellow if yellow in YELLOWS else look.answers.yellow,
    )
    return look if answers == look.answers else first_look(patient, look.text, answers)


def look_context(
    request: HttpRequest, patient: Patient, look: Look, *, with_notes: bool = True
) -> dict[str, Any]:
    """For `components/import_found.html`. `with_notes`: whether the reader may know what the notes say."""
    return {
        "found": look.found,
        "compared": compared(patient, look.found.rows, with_notes=with_notes),
        "left_out": len(look.found.report.bad_lines),
        "listed": LISTED,
        "listed_slice": f":{LISTED}",
        "classes": look.classes,
        "looked_at": signing.dumps(
            _whole(request, patient, look.text, look.answers), salt=SALT, compress=True
        ),
    }


def _unsealed(request: HttpRequest, patient: Patient) -> tuple[str, Answers] | None:
    """What this person looked at for this patient within the hour, as the server signed it."""
    try:
        kept: dict[str, Any] = signing.loads(request.POST["looked_at"], salt=SALT, max_age=AN_HOUR)
    except signing.BadSignature:
        return None
    answers = Answers(**kept["answers"])
    return (kept["text"], answers) if kept == _whole(request, patient, kept["text"], answers) else None


def _whole(request: HttpRequest, patient: Patient, text: str, answers: Answers) -> dict[str, Any]:
    whose = {"patient": patient.pk, "by": str(request.user.pseudonym)}  # type: ignore[union-attr]
    return whose | {"text": text, "answers": asdict(answers)}


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
