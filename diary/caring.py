"""A carer: how somebody comes to log for a patient, what they write, and the end of it.

Each write looks once more, under the patient's lock, whether they still may: nothing of theirs is saved after the end.
"""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.codes import code_from, keyed, normal
from diary import actions
from diary.models import KEPT_FIELDS, Carer, CarerCode, DiaryDay, Medicine, Patient
from diary.rules import Headache

CODE_HOURS = 24

# --- Codes ---------------------------------------------------------------------------------------------------


def digest(code: str) -> str:
    """What the database keeps of a code. A code for a clinic is another one, with the same letters too."""
    return keyed("carer-code", normal(code)).hex()


def code_of(seed: str) -> str:
    return code_from("carer-seed", seed)


class HasCarer(ValueError):
    """Somebody can log already; that ends first."""


class UnknownCode(ValueError):
    """Wrong, used, withdrawn or expired: which of them is nobody's business."""


class OwnCode(ValueError):
    """The patient's own, who needs none."""


def make_code(patient: Patient) -> CarerCode:
    """A new code; the one before it ends. Raises `HasCarer`."""
    now = timezone.now()
    with transaction.atomic():
        withdraw_code(patient)
        if patient.carers.lasting().exists():
            raise HasCarer
        seed = secrets.token_hex(16)
        return CarerCode.objects.create(
            patient=patient,
            seed=seed,
            digest=digest(code_of(seed)),
            made_at=now,
            expires_at=now + timedelta(hours=CODE_HOURS),
        )


def withdraw_code(patient: Patient) -> None:
    """Within a transaction: who withdraws waits for somebody who is just using the code, or they for the patient."""
    _lock(patient.pk)
    patient.carer_codes.unused().delete()


def _lock(patient_id: int) -> None:
    """One write at a time. Of somebody who was erased meanwhile nothing is left to lock, and nothing else is found."""
    Patient.objects.select_for_update().filter(pk=patient_id).values_list("pk").first()


def open_code(patient: Patient) -> CarerCode | None:
    return patient.carer_codes.open_at(timezone.now()).first()


def begin(text: str, user: Any) -> Carer:
    """Lets the person log for the patient whose code it is. Of several who enter codes at a moment, one gets in."""
    with transaction.atomic():
        found = CarerCode.objects.select_related("patient").filter(digest=digest(text)).first()
        if found is None:
            raise UnknownCode
        if found.patient.user_id == user.pk:
            raise OwnCode
        _lock(found.patient_id)
        now = timezone.now()
        if not CarerCode.objects.open_at(now).filter(pk=found.pk).update(used_at=now):
            raise UnknownCode
        if found.patient.carers.lasting().exists():
            raise UnknownCode
        found.patient.carer_codes.unused().delete()
        return Carer.objects.create(patient=found.patient, user=user, since=now)


def end(carer: Carer, by: UUID | None) -> bool:
    """Ends it from this moment on; `False` where it had ended already."""
    with transaction.atomic():
        _lock(carer.patient_id)
        return bool(Carer.objects.filter(pk=carer.pk).end(max(timezone.now(), carer.since), by))


# --- What a carer writes ---------------------------------------------------------------------------------------


class Ended(Exception):
    """They may no longer; nothing was written."""


class Tap(TypedDict):
    """What a tap did, for Undo, without a word of the diary: it is kept with the carer's own session.

    `mark`: how the day stands since. `version`: the earlier version it left, `None` where nothing stood. A tap on a
    `medicine` changed its doses by `step` instead.
    """

    carer: int
    date: str
    mark: str
    version: int | None
    medicine: int | None
    step: int


def _held(carer: Carer) -> Patient:
    """The patient, locked until the end of the transaction. Raises `Ended`."""
    _lock(carer.patient_id)
    if not Carer.objects.lasting().filter(pk=carer.pk).exists():
        raise Ended
    return carer.patient


@transaction.atomic
def record_headache(
    carer: Carer, when: date, word: Headache, today: date, *, only_missing: bool
) -> Tap | None:
    """Says of a day what it was. `None`: it said so already or, with `only_missing`, said anything at all."""
    patient, by = _held(carer), carer.user.pseudonym
    if only_missing and patient.days.between(when, when).exists():
        return None
    source = DiaryDay.Source.CARER
    change = actions.record_headache(patient, when, word, today, by=by, source=source)
    return _tap(carer, change) if change["before"] != change["after"] else None


@transaction.atomic
def change_doses(carer: Carer, when: date, medicine: Medicine, step: int) -> Tap | None:
    """Adds a dose or takes one back; `None` where that changes nothing, or the day is not recorded."""
    change = actions.change_doses(_held(carer), when, medicine, step, by=carer.user.pseudonym)
    if change is None or change["before"] == change["after"]:
        return None
    return _tap(carer, change, medicine, step)


def _tap(carer: Carer, change: actions.Change, medicine: Medicine | None = None, step: int = 0) -> Tap:
    when = date.fromisoformat(change["date"])
    left = carer.patient.day_versions.filter(date=when, replaced_by=carer.user.pseudonym).order_by("-pk")
    stood = change["before"]["fields"] is not None
    return Tap(
        carer=carer.pk,
        date=change["date"],
        mark=actions.seen(carer.patient, when),
        version=left.values_list("pk", flat=True).first() if stood else None,
        medicine=medicine.pk if medicine else None,
        step=step,
    )


@transaction.atomic
def take_back(carer: Carer, tap: Tap, today: date) -> bool:
    """Undoes the carer's own tap. False, and nothing is written, when the day was changed since, by whomever."""
    patient, by = _held(carer), carer.user.pseudonym
    when = date.fromisoformat(tap["date"])
    if actions.seen(patient, when) != tap["mark"]:
        return False
    if tap["medicine"]:
        medicine = patient.medicines.filter(pk=tap["medicine"]).first()
        return bool(medicine and actions.change_doses(patient, when, medicine, -tap["step"], by=by))
    if tap["version"] is None:
        actions.delete_day(patient, when, by=by)
        return True
    version = patient.day_versions.filter(pk=tap["version"], date=when, replaced_by=by).first()
    if version is None:
        return False
    said = {name: version.said[name] for name in KEPT_FIELDS if name in version.said}
    return actions.save_day(patient, when, said, {}, today, by=by) is not None
