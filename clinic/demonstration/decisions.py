"""What was decided in the demonstration, and which preventives were taken before: by name, the same for every seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.models import User
from clinic.decision_summaries import counted_now, start
from clinic.models import CareLink, Clinic, Decision
from clinic.summaries import patient_summary
from clinic.terms import Answer, DecisionKind, StopReason
from diary.models import Preventive


@dataclass(frozen=True)
class Tried:
    """A preventive, taken so many days before today until so many, `None`: still."""

    name: str
    dose: str
    since: int
    until: int | None = None
    reason: str = ""


TOPIRAMATE = Tried("topiramate", "100 mg", 1400, 1280, "side_effects")
AMITRIPTYLINE = Tried("amitriptyline", "50 mg at night", 1250, 1000, "no_effect")
PROPRANOLOL = Tried("propranolol", "160 mg", 980, 800, "no_effect")
CANDESARTAN = Tried("candesartan", "16 mg", 760)
VENLAFAXINE = Tried("venlafaxine", "75 mg", 700, 640, "side_effects")
PREVENTIVES = {
    "Maya Lindqvist": (TOPIRAMATE, AMITRIPTYLINE, PROPRANOLOL, CANDESARTAN),
    "Amara Okonjo": (TOPIRAMATE, PROPRANOLOL, VENLAFAXINE),
    "Tomasz Wieland": (AMITRIPTYLINE, PROPRANOLOL, Tried("flunarizine", "10 mg", 780, 690, "side_effects")),
    "Joseph Adeyinka": (TOPIRAMATE, AMITRIPTYLINE, PROPRANOLOL),
    "Carys Bevan": (TOPIRAMATE, AMITRIPTYLINE, CANDESARTAN),
    "Grace Tamboran": (AMITRIPTYLINE, PROPRANOLOL, VENLAFAXINE),
    "Freya Holloway": (
        Tried("propranolol", "80 mg", 900, 780, "side_effects"),
        Tried("topiramate", "50 mg", 700, 610, "side_effects"),
        Tried("candesartan", "16 mg", 500, 260, "no_effect"),
    ),
    "Stefan Ilievski": (Tried("amitriptyline", "25 mg at night", 400),),
}
START, CONTINUE, STOP = DecisionKind.START, DecisionKind.CONTINUE, DecisionKind.STOP


@dataclass(frozen=True)
class Decided:
    """`days`: after the injection of that number, or before the first (`after` 0), or before today (`after` `None`)."""

    kind: DecisionKind
    reason: str
    days: int
    after: int | None = None
    stop_reason: StopReason | None = None
    preventives: int | None = None
    overuse: Answer | None = None


def begun(preventives: int, overuse: Answer, reason: str) -> Decided:
    return Decided(START, reason, 21, 0, None, preventives, overuse)


DECISIONS = {
    "Maya Lindqvist": (
        begun(
            3, Answer.YES, "Chronic migraine; three preventives without enough effect. Triptans discussed."
        ),
        Decided(CONTINUE, "Clearly fewer headache days, and wants to go on.", 84, 2),
    ),
    "Amara Okonjo": (
        begun(3, Answer.NOT_APPLICABLE, "Three preventives tried; works full time with difficulty."),
        Decided(CONTINUE, "Good response after the second cycle.", 84, 2),
    ),
    "Tomasz Wieland": (
        begun(4, Answer.YES, "Naproxen reduced before the start."),
        Decided(
            STOP, "Few headache days for months. Seen again in four months.", 4, None, StopReason.EPISODIC
        ),
    ),
    "Joseph Adeyinka": (
        begun(3, Answer.NOT_APPLICABLE, "Three preventives tried, each for three months."),
        Decided(
            STOP,
            "No change that he or we could see. CGRP antibody discussed.",
            2,
            None,
            StopReason.NO_RESPONSE,
        ),
    ),
    "Hannah Osterberg": (Decided(CONTINUE, "Helps, and wears off in the last weeks. Interval kept.", 84, 2),),
    "Leila Haddadin": (
        Decided(DecisionKind.EXTEND, "Stable below 15 days: next injection after 16 weeks.", 5),
    ),
    "Freya Holloway": (
        Decided(START, "Agreed; first injection to be booked.", 6, None, None, 3, Answer.NOT_APPLICABLE),
    ),
    "Stefan Ilievski": (
        Decided(
            DecisionKind.OTHER,
            "Amitriptyline first, at a full dose. Seen again in three months.",
            9,
            None,
            None,
            1,
            Answer.NO,
        ),
    ),
}


def decide(clinic: Clinic, clinician: User, today: date, noon: Callable[[date], datetime]) -> None:
    """Writes both for those of them who are among the clinic's patients."""
    named = clinic.care_links.filter(patient__name__in={*PREVENTIVES, *DECISIONS})
    for link in named.select_related("patient", "clinic").order_by("pk"):
        _add_preventives(link, today)
        for decided in DECISIONS.get(link.patient.name, ()):
            _decide(link, decided, clinician, today, noon)


def _add_preventives(link: CareLink, today: date) -> None:
    Preventive.objects.bulk_create(
        Preventive(
            patient=link.patient,
            name=tried.name,
            dose=tried.dose,
            started_on=today - timedelta(days=tried.since),
            ended_on=None if tried.until is None else today - timedelta(days=tried.until),
            reason=tried.reason,
        )
        for tried in PREVENTIVES.get(link.patient.name, ())
    )


def _decide(
    link: CareLink, decided: Decided, clinician: User, today: date, noon: Callable[[date], datetime]
) -> None:
    given = list(link.patient.sessions.order_by("date").values_list("date", flat=True))
    if decided.after is not None and len(given) < max(decided.after, 1):
        return
    made_on = today - timedelta(days=decided.days)
    if decided.after is not None:
        made_on = (
            given[decided.after - 1] + timedelta(days=decided.days)
            if decided.after
            else given[0] - timedelta(days=decided.days)
        )
    if made_on > today:
        return
    summary = patient_summary(link, noon(made_on))
    preventives = list(link.patient.preventives.running_first())
    Decision.objects.create(
        patient=link.patient,
        clinic=link.clinic,
        made_on=made_on,
        kind=decided.kind,
        stop_reason=decided.stop_reason or "",
        reason=decided.reason,
        cycle=summary.position.cycle.number if summary.position else None,
        criteria=link.clinic.follows,
        preventives_tried=decided.preventives,
        overuse_managed=decided.overuse or "",
        counted=counted_now(summary, start(summary, preventives, decided.preventives, decided.overuse)),
        recorded_by=clinician.pseudonym,
        recorded_at=noon(made_on),
    )
