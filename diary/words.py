"""The words of the rules for the people who read them, translatable. Choices are callables, so that a new word needs
no migration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from diary.details import Aura, Quality, Side
from diary.rules import (
    SEVERAL_CLASSES_RULE,
    Day,
    Disability,
    Feature,
    Headache,
    MedicationClass,
    OveruseRule,
    Reached,
    Relief,
)

HEADACHE_LABELS = {
    Headache.NONE: _("No headache"),
    Headache.YES: _("Headache, severity not recorded"),
    Headache.MILD: _("Mild headache"),
    Headache.MODERATE: _("Moderate headache"),
    Headache.SEVERE: _("Severe headache"),
}
ANSWERS = (
    (Headache.NONE, _("No headache")),
    (Headache.MILD, _("Mild")),
    (Headache.MODERATE, _("Moderate")),
    (Headache.SEVERE, _("Severe")),
)
"""What a tap answers, in the order of the buttons."""
FEATURE_LABELS = {
    Feature.ONE_SIDED: _("On one side"),
    Feature.PULSATING: _("Throbbing"),
    Feature.WORSE_WITH_ACTIVITY: _("Worse when moving"),
    Feature.NAUSEA: _("Nausea"),
    Feature.VOMITING: _("Vomiting"),
    Feature.PHOTOPHOBIA: _("Light hurts"),
    Feature.PHONOPHOBIA: _("Sound hurts"),
    Feature.AURA: _("Aura before or with it"),
}
RELIEF_LABELS = {Relief.NONE: _("None"), Relief.PARTIAL: _("Some"), Relief.FULL: _("Full")}
DISABILITY_LABELS = {
    Disability.NONE: _("None"),
    Disability.PARTLY: _("Partly"),
    Disability.BED: _("In bed"),
}
SIDE_LABELS = {
    Side.LEFT: _("Left"),
    Side.RIGHT: _("Right"),
    Side.BOTH: _("Both sides"),
    Side.VARIES: _("It varies"),
}
QUALITY_LABELS = {
    Quality.PULSATING: _("Throbbing"),
    Quality.PRESSING: _("Pressing"),
    Quality.STABBING: _("Stabbing"),
    Quality.OTHER: _("Something else"),
}
AURA_LABELS = {
    Aura.VISUAL: _("Seeing things: zigzags, spots, gaps"),
    Aura.SENSORY: _("Tingling or numbness"),
    Aura.SPEECH: _("Trouble finding words"),
    Aura.OTHER: _("Something else"),
}
CLASS_LABELS = {
    MedicationClass.TRIPTAN: _("Triptans"),
    MedicationClass.ERGOT: _("Ergots"),
    MedicationClass.OPIOID: _("Opioids"),
    MedicationClass.COMBINATION: _("Combination painkillers"),
    MedicationClass.NON_OPIOID: _("Simple painkillers"),
    MedicationClass.GEPANT: _("Gepants"),
    MedicationClass.DITAN: _("Ditans"),
    MedicationClass.OTHER: _("Other acute medicines"),
    MedicationClass.ANTIEMETIC: _("Anti-sickness medicines"),
}
CLASS_EXPLANATIONS = {
    MedicationClass.TRIPTAN: _("Made for migraine; the name ends in -triptan, such as sumatriptan."),
    MedicationClass.ERGOT: _("Older migraine medicines: ergotamine, dihydroergotamine."),
    MedicationClass.OPIOID: _("Codeine, tramadol, morphine and the like, alone in the tablet."),
    MedicationClass.COMBINATION: _(
        "Painkillers with caffeine, codeine or another kind of painkiller in one tablet."
    ),
    MedicationClass.NON_OPIOID: _(
        "Paracetamol, aspirin, ibuprofen, naproxen and the like, without caffeine."
    ),
    MedicationClass.GEPANT: _("Newer migraine medicines: the name ends in -gepant, such as rimegepant."),
    MedicationClass.DITAN: _("Lasmiditan."),
    MedicationClass.OTHER: _("An acute headache medicine that is none of these."),
    MedicationClass.ANTIEMETIC: _(
        "Against nausea only, such as metoclopramide. Never counts as a medication day."
    ),
}
REACHED_LABELS = {
    Reached.REACHED: _("reached"),
    Reached.NOT_REACHED: _("not reached"),
    Reached.UNCERTAIN: _("uncertain"),
    Reached.CANNOT_EVALUATE: _("cannot evaluate"),
    Reached.NOT_APPLICABLE: _("not applicable"),
}
REACHED_EXPLANATIONS = {
    Reached.UNCERTAIN: _("The days that are not recorded could decide it either way."),
    Reached.CANNOT_EVALUATE: _("Too little is recorded, or the time has not come."),
}


def counted_words(day: Day) -> list[str]:
    """All that is counted of a day besides its medicines, in words."""
    words = [str(HEADACHE_LABELS[day.headache])]
    if day.pain is not None:
        words.append(gettext("worst pain %(n)d of 10") % {"n": day.pain})
    if day.migraine is not None:
        words.append(gettext("“I think it was migraine”") if day.migraine else gettext("“No migraine”"))
    words += [str(label) for feature, label in FEATURE_LABELS.items() if feature in day.features]
    if day.relief:
        words.append(gettext("relief: %(word)s") % {"word": RELIEF_LABELS[day.relief]})
    return words


def class_counts(medication_class: MedicationClass) -> str:
    """Which days are counted for a class, and what missing days do to the count."""
    return " ".join(
        [
            str(CLASS_EXPLANATIONS[medication_class]),
            gettext("A day with any of them counts once, whatever the dose and whatever for."),
            gettext("A day that is not recorded could be one."),
        ]
    )


def rule_counts(rule: OveruseRule) -> str:
    """The same for a published limit."""
    if rule is SEVERAL_CLASSES_RULE:
        return gettext(
            "Days with any painkiller or triptan or ergot; a day with two kinds counts once. It stands "
            "here where no kind "
            "alone reaches its number. A day that is not recorded could be one."
        )
    return class_counts(next(iter(rule.classes)))


def rule_number(rule: OveruseRule) -> str:
    """Whose number a published limit is."""
    if rule.code == "ditan":
        return gettext(
            "The label of lasmiditan warns of taking it too often; the number 10 is this diary’s choice."
        )
    return gettext(
        "The number %(days)d is from %(source)s. It is about more than three months, and no diagnosis."
    ) % {
        "days": rule.days_per_month,
        "source": rule.source,
    }


def detail_words(said: Mapping[str, Any]) -> list[str]:
    """The details of a day that are not counted, in words; `said` may be from before there were such details."""
    words = []
    start, end = (_clock(said.get(name)) for name in ("start", "end"))
    if start and end:
        words.append(gettext("from %(start)s to %(end)s") % {"start": start, "end": end})
    elif start:
        words.append(gettext("from %(start)s") % {"start": start})
    elif end:
        words.append(gettext("until %(end)s") % {"end": end})
    if side := said.get("side"):
        words.append(gettext("side: %(word)s") % {"word": SIDE_LABELS[Side(side)]})
    if quality := said.get("quality"):
        words.append(gettext("felt: %(word)s") % {"word": QUALITY_LABELS[Quality(quality)]})
    if aura := said.get("aura"):
        kinds = ", ".join(str(AURA_LABELS[Aura(kind)]) for kind in aura.split(";"))
        words.append(gettext("aura: %(kinds)s") % {"kinds": kinds})
    if triggers := said.get("triggers"):
        words.append(gettext("may have played a part: %(words)s") % {"words": triggers.replace(";", ", ")})
    return words


def _clock(value: Any) -> str:
    """A time of day, from the database or from an earlier version."""
    return str(value)[:5] if value else ""


def choices(labels: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    """Words with their labels, as a field asks for them."""
    return [(word.value, label) for word, label in labels.items()]


def headache_choices() -> list[tuple[str, Any]]:
    return choices(HEADACHE_LABELS)


def feature_choices() -> list[tuple[str, Any]]:
    return choices(FEATURE_LABELS)


def relief_choices() -> list[tuple[str, Any]]:
    return choices(RELIEF_LABELS)


def disability_choices() -> list[tuple[str, Any]]:
    return choices(DISABILITY_LABELS)


def side_choices() -> list[tuple[str, Any]]:
    return choices(SIDE_LABELS)


def quality_choices() -> list[tuple[str, Any]]:
    return choices(QUALITY_LABELS)


def aura_choices() -> list[tuple[str, Any]]:
    return choices(AURA_LABELS)


def class_choices() -> list[tuple[str, Any]]:
    return choices(CLASS_LABELS)


# --- What was saved ------------------------------------------------------------------------------------------


def headache_said(when: date, word: Headache, today: date) -> str:
    """What was said of a day; today needs no name."""
    named = "" if when == today else f"{date_format(when, 'l j F')}: "
    return f"{named}{HEADACHE_LABELS[word]}"


def days_saved(number: int) -> str:
    """The words after several days were saved together."""
    return ngettext("%(n)d day saved as headache-free.", "%(n)d days saved as headache-free.", number) % {
        "n": number
    }


def day_saved(when: date, ticked_too: Sequence[str]) -> str:
    """The words after a day was saved, with what was ticked because something else says it already."""
    saved = gettext("%(day)s saved") % {"day": date_format(when, "l j F")}
    if not ticked_too:
        return saved
    return gettext("%(saved)s; ticked too: %(words)s") % {"saved": saved, "words": ", ".join(ticked_too)}


def dose_saved(medicine: object, step: int) -> str:
    """The words after a tap on a medicine, or on its way back."""
    if step == 1:
        return gettext("%(medicine)s added") % {"medicine": medicine}
    if step > 0:
        return gettext("%(medicine)s ×%(n)d added") % {"medicine": medicine, "n": step}
    if step == -1:
        return gettext("%(medicine)s: one dose taken back") % {"medicine": medicine}
    return gettext("%(medicine)s: %(n)d doses taken back") % {"medicine": medicine, "n": -step}
