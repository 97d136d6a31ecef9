"""What a patient agrees to, the code that carries it to a visit, and the rows that keep it.

A consent is never changed: another scope, or another text, is the end of one row and the beginning of the next.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.codes import code_from, keyed, normal
from clinic.models import CareLink, Clinic, LinkCode
from diary.models import Patient

# --- The text ------------------------------------------------------------------------------------------------

WORDING = "2026-12"
"""The text that new consents are given to. Whoever agreed to another one is shown this one and asked again."""
WORDINGS: dict[str, Sequence[Promise]] = {
    "2026-11": (
        _(
            "The clinic sees your name, your date of birth if you gave it, and every day of your diary, past and "
            "coming: headache, pain, signs, medicines, period, and when you wrote it down."
        ),
        _("It sees the notes that you write on a day only if you share notes too."),
        _("Only people whom the clinic lets read diaries can look. You see here who looked, and when."),
        _("You can end this at any time, with one tap and without a reason. It ends at once."),
        _(
            "What stays with the clinic then are its own records, such as the injections it gave, and what it "
            "copied into its files before."
        ),
        _(
            "Nobody watches your diary live. In an emergency call for help; do not wait for the clinic to read it."
        ),
    )
}
"""Never change a text: add one under a new name, so that what somebody agreed to can still be read."""
WORDINGS["2026-12"] = (
    *WORDINGS["2026-11"][:2],
    _(
        "If you give the clinic days of a diary on paper or in a file, it may copy them into your diary. What you "
        "recorded always stands; each copied day says where it comes from, and you can change or delete it."
    ),
    *WORDINGS["2026-11"][2:],
)
COPYING = frozenset({"2026-12"})
"""The texts that let a clinic copy in what the patient gave it; the others speak of reading alone."""


def allows_copying(link: CareLink) -> bool:
    """A record that has no sign-in is the clinic's own to keep. Into any other one writes only whom its owner let."""
    if link.patient.user_id is None:
        return True
    return link.basis == CareLink.Basis.CONSENT and link.wording in COPYING


# --- Codes --------------------------------------------------------------------------------------------------

CODE_HOURS = 48


def digest(code: str) -> str:
    """What the database keeps of a code."""
    return keyed("code", normal(code)).hex()


def code_of(seed: str) -> str:
    return code_from("seed", seed)


def make_code(patient: Patient, sees_notes: bool) -> LinkCode:
    """A new code; the one before it ends."""
    now = timezone.now()
    with transaction.atomic():
        withdraw_code(patient)
        seed = secrets.token_hex(16)
        return LinkCode.objects.create(
            patient=patient,
            seed=seed,
            digest=digest(code_of(seed)),
            sees_notes=sees_notes,
            wording=WORDING,
            language=get_language() or "",
            made_at=now,
            expires_at=now + timedelta(hours=CODE_HOURS),
        )


def withdraw_code(patient: Patient) -> None:
    """Who withdraws waits here for a clinic that is just using the code, or the clinic for them."""
    Patient.objects.select_for_update().get(pk=patient.pk)
    patient.link_codes.unused().delete()


def open_code(patient: Patient) -> LinkCode | None:
    return patient.link_codes.open_at(timezone.now()).first()


class UnknownCode(ValueError):
    """Wrong, used, withdrawn or expired: which of them is nobody's business."""


class AlreadyLinked(ValueError):
    """The clinic has this patient's consent already, for the same scope and text. The code stays unused."""

    def __init__(self, link: CareLink) -> None:
        super().__init__(str(link))
        self.link = link


def use_code(text: str, clinic: Clinic, reference: str = "") -> CareLink:
    """Opens the diary to the clinic. Of several who enter one code at a moment, one gets in."""
    with transaction.atomic():
        found = LinkCode.objects.select_related("patient").filter(digest=digest(text)).first()
        if found is None:
            raise UnknownCode
        # Whoever withdraws it is waited for here: what counts is the moment after.
        Patient.objects.select_for_update().get(pk=found.patient_id)
        now = timezone.now()
        if not LinkCode.objects.open_at(now).filter(pk=found.pk).update(used_at=now):
            raise UnknownCode
        given = {"wording": found.wording, "language": found.language, "sees_notes": found.sees_notes}
        # Where the clinic is in already, this takes the use of the code back.
        return begin(found.patient, clinic, now, reference, **given)


# --- The rows ------------------------------------------------------------------------------------------------


def end(link: CareLink, by: UUID | None, now: datetime | None = None) -> bool:
    """Ends a clinic's access from this moment on; `False` where it had ended already."""
    # An access that was to begin later never does.
    moment = max(now or timezone.now(), link.starts_at)
    return bool(CareLink.objects.lasting().filter(pk=link.pk).update(ends_at=moment, ended_by=by))


def begin(patient: Patient, clinic: Clinic, now: datetime, reference: str = "", **given: Any) -> CareLink:
    """A patient's consent from now on, in place of what the clinic had before. Raises `AlreadyLinked`."""
    Patient.objects.select_for_update().get(pk=patient.pk)  # one consent at a time
    by = patient.user.pseudonym if patient.user else None
    before = patient.care_links.lasting().filter(clinic=clinic).first()
    if before and before.starts_at <= now and _says_the_same(before, given):
        raise AlreadyLinked(before)
    if before:
        end(before, by, now)
    return CareLink.objects.create(
        clinic=clinic,
        patient=patient,
        reference=reference or (before.reference if before else ""),
        basis=CareLink.Basis.CONSENT,
        given_by=by,
        starts_at=now,
        **given,
    )


def _says_the_same(link: CareLink, given: dict[str, Any]) -> bool:
    return (link.basis, link.wording, link.sees_notes) == (
        CareLink.Basis.CONSENT,
        given["wording"],
        given["sees_notes"],
    )


def agree(patient: Patient, clinic: Clinic, sees_notes: bool, reference: str = "") -> CareLink:
    """The patient agrees to the text of today, as it stands on the page in their language."""
    with transaction.atomic():
        given = {"wording": WORDING, "language": get_language() or "", "sees_notes": sees_notes}
        return begin(patient, clinic, timezone.now(), reference, **given)


def keep_notes(link: CareLink, by: UUID) -> CareLink:
    """Notes are shared no longer; what was agreed to stays as it was."""
    now = timezone.now()
    with transaction.atomic():
        if not end(link, by, now):
            raise CareLink.DoesNotExist
        return CareLink.objects.create(
            clinic_id=link.clinic_id,
            patient_id=link.patient_id,
            reference=link.reference,
            basis=link.basis,
            wording=link.wording,
            language=link.language,
            given_by=link.given_by,
            sees_notes=False,
            starts_at=now,
        )
