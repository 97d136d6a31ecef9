"""What people read for the words of `clinic.dosing` and `clinic.terms`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from clinic.attention import Section
from clinic.dosing import PREEMPT_MUSCLES, Muscle, Product, Side, places_of
from clinic.terms import AdverseTerm, Answer, Check, DecisionKind, Outcome, Severity, StopReason
from diary.words import choices

MUSCLE_LABELS = {
    Muscle.CORRUGATOR: _("Corrugator"),
    Muscle.PROCERUS: _("Procerus"),
    Muscle.FRONTALIS: _("Frontalis"),
    Muscle.TEMPORALIS: _("Temporalis"),
    Muscle.OCCIPITALIS: _("Occipitalis"),
    Muscle.CERVICAL_PARASPINAL: _("Cervical paraspinal"),
    Muscle.TRAPEZIUS: _("Trapezius"),
}
PRODUCT_LABELS = {
    Product.ONABOTULINUM: _("onabotulinumtoxinA – Botox"),
    Product.ABOBOTULINUM: _("abobotulinumtoxinA – Dysport"),
    Product.INCOBOTULINUM: _("incobotulinumtoxinA – Xeomin"),
}
SIDE_LABELS = {Side.LEFT: _("left"), Side.RIGHT: _("right"), Side.MIDLINE: _("midline")}
ADVERSE_LABELS = {
    AdverseTerm.NECK_PAIN: _("Neck pain"),
    AdverseTerm.EYELID_PTOSIS: _("Eyelid ptosis"),
    AdverseTerm.MUSCULAR_WEAKNESS: _("Muscular weakness"),
    AdverseTerm.MUSCULOSKELETAL_STIFFNESS: _("Musculoskeletal stiffness"),
    AdverseTerm.MYALGIA: _("Myalgia"),
    AdverseTerm.FACIAL_PARESIS: _("Facial paresis"),
    AdverseTerm.INJECTION_SITE_PAIN: _("Injection site pain"),
    AdverseTerm.HEADACHE: _("Headache"),
    AdverseTerm.MIGRAINE: _("Migraine"),
    AdverseTerm.ALLERGIC_REACTION: _("Allergic reaction"),
    AdverseTerm.DYSPHAGIA: _("Trouble swallowing"),
    AdverseTerm.SPEECH_DIFFICULTY: _("Trouble speaking"),
    AdverseTerm.BREATHING_DIFFICULTY: _("Trouble breathing"),
    AdverseTerm.OTHER: _("Something else"),
}
SEVERITY_LABELS = {
    Severity.MILD: _("Mild"),
    Severity.MODERATE: _("Moderate"),
    Severity.SEVERE: _("Severe"),
}
OUTCOME_LABELS = {
    Outcome.RECOVERED: _("Recovered"),
    Outcome.RECOVERING: _("Recovering"),
    Outcome.NOT_RECOVERED: _("Not recovered"),
    Outcome.SEQUELAE: _("Recovered with sequelae"),
    Outcome.UNKNOWN: _("Not known"),
}
DECISION_LABELS = {
    DecisionKind.START: _("Start"),
    DecisionKind.CONTINUE: _("Continue"),
    DecisionKind.STOP: _("Stop"),
    DecisionKind.SWITCH: _("Switch"),
    DecisionKind.EXTEND: _("Extend the interval"),
    DecisionKind.OTHER: _("Something else"),
}
STOP_REASON_LABELS = {
    StopReason.NO_RESPONSE: _("Too little response"),
    StopReason.EPISODIC: _("Episodic again"),
    StopReason.SIDE_EFFECTS: _("Side effects"),
    StopReason.PATIENT_WISH: _("The patient’s wish"),
    StopReason.OTHER: _("Another reason"),
}
CHECK_LABELS = {
    Check.CONSENT: _("Consent to the treatment"),
    Check.NO_ALLERGY: _("No known hypersensitivity to the product"),
    Check.NO_INFECTION: _("No infection at the sites"),
    Check.NO_NEUROMUSCULAR: _("No disorder of neuromuscular transmission"),
    Check.NO_SWALLOWING: _("No trouble swallowing or breathing"),
    Check.NOT_PREGNANT: _("Pregnancy and breast-feeding asked about"),
    Check.BLEEDING: _("Bleeding and anticoagulants asked about"),
    Check.INTERACTIONS: _("Aminoglycosides and muscle relaxants asked about"),
}
ANSWER_LABELS = {Answer.YES: _("Yes"), Answer.NO: _("No"), Answer.NOT_APPLICABLE: _("Does not apply")}

SECTION_LABELS = {
    Section.DECISION: _("Decision due"),
    Section.INJECTION: _("Injection due or overdue"),
    Section.OVERUSE: _("Overuse pattern"),
    Section.UNTREATED: _("15 days or more, not yet treated"),
    Section.EPISODIC: _("Fewer than 15 days for 3 months"),
    Section.THIN: _("Diary too thin"),
    Section.SILENT: _("No data for 14 days"),
    Section.OTHERS: _("All others"),
}
SECTION_DEFINITIONS = {
    Section.DECISION: _(
        "The cycle after which the criteria of the clinic ask is over (NICE TA260: the second), and no decision is "
        "recorded on it or since its end. A cycle is over after 12 weeks, or where the next injection came earlier. "
        "Nobody who was stopped."
    ),
    Section.INJECTION: _(
        "The day of the appointment has come, or without one day 84 after the last injection (PREEMPT: every 12 "
        "weeks). Nobody whose latest decision is to stop."
    ),
    Section.OVERUSE: _(
        "In each of the last four calendar months at least 15 headache days and the same medication limit reached "
        "(ICHD-3 8.2: more than three months; 10 days a month, simple painkillers 15). A count, no diagnosis. "
        "“Uncertain”: days not recorded could decide it."
    ),
    Section.UNTREATED: _(
        "No injection yet, and at least 15 headache days in this calendar month so far or in the last one "
        "(ICHD-3 1.3 A, NICE TA260). Nobody who was stopped. “Uncertain”: days not recorded could decide it."
    ),
    Section.EPISODIC: _(
        "Fewer than 15 headache days in each of the last three calendar months, all since the first injection "
        "(NICE TA260: three consecutive months). Nobody who was stopped. “Uncertain”: days not recorded could "
        "decide it."
    ),
    Section.THIN: _(
        "Fewer than 20 of the last 28 days are recorded (70 %; PREEMPT’s screening diary asked for 20 of 28). "
        "What days not recorded could decide is not told above for months recorded by less than 70 %. Who has no data "
        "for 14 days stands below."
    ),
    Section.SILENT: _("No day is recorded since more than 14 days ago (our choice), or none at all."),
    Section.OTHERS: _("None of the above."),
}


def adverse_terms() -> list[tuple[str, Any]]:
    return choices(ADVERSE_LABELS)


def severities() -> list[tuple[str, Any]]:
    return choices(SEVERITY_LABELS)


def outcomes() -> list[tuple[str, Any]]:
    return choices(OUTCOME_LABELS)


def decision_kinds() -> list[tuple[str, Any]]:
    return choices(DECISION_LABELS)


def stop_reasons() -> list[tuple[str, Any]]:
    return choices(STOP_REASON_LABELS)


def answers() -> list[tuple[str, Any]]:
    return choices(ANSWER_LABELS)


def checks() -> list[tuple[str, Any]]:
    return choices(CHECK_LABELS)


def products() -> list[tuple[str, Any]]:
    return choices(PRODUCT_LABELS)


# --- Places --------------------------------------------------------------------------------------------------


def place_label(place: str) -> str:
    """Such as "Temporalis left"; of a muscle in the midline its name alone."""
    muscle, _colon, side = place.partition(":")
    if side == Side.MIDLINE:
        return str(MUSCLE_LABELS[Muscle(muscle)])
    words = {"muscle": MUSCLE_LABELS[Muscle(muscle)], "side": SIDE_LABELS[Side(side)]}
    return gettext("%(muscle)s %(side)s") % words


def site_words(sites: int) -> str:
    return ngettext("%(n)d site", "%(n)d sites", sites) % {"n": sites} if sites else gettext("no site")


def muscle_words(muscles: Mapping[str, int]) -> str:
    """Where was injected, such as "Temporalis left 4, right 5; Procerus 1"."""
    parts = []
    for dose in PREEMPT_MUSCLES:
        given = [
            (side, muscles[place])
            for side, place in zip(dose.sides, places_of(dose), strict=True)
            if muscles.get(place)
        ]
        sides = ", ".join(
            str(sites) if side is Side.MIDLINE else f"{SIDE_LABELS[side]} {sites}" for side, sites in given
        )
        if given:
            parts.append(f"{MUSCLE_LABELS[dose.muscle]} {sides}")
    return "; ".join(parts)


def check_words(done: Iterable[str]) -> str:
    return ", ".join(str(label) for word, label in CHECK_LABELS.items() if word in done)


def volume_words(ml: Fraction) -> str:
    """Of five units, to a hundredth of a millilitre."""
    rounded = f"{float(ml):.3f}".rstrip("0").rstrip(".")
    return gettext("%(ml)s mL for 5 units") % {"ml": number_format(rounded)}
