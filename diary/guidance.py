"""The help pages, line by line. A line that states something names who says so; the words are for a reader in pain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from diary.sources import NUMBERS, OURS, SOURCES, Source, Text


@dataclass(frozen=True, slots=True)
class Line:
    """One or two short sentences, and the keys of the sources that say so."""

    text: Text
    keys: tuple[str, ...]

    @property
    def marks(self) -> list[tuple[int, Source]]:
        """The small numbers behind the line."""
        return [(NUMBERS[key], SOURCES[key]) for key in self.keys]


@dataclass(frozen=True, slots=True)
class Part:
    """Lines under a heading; `key` is its place in the page's address. `is_grave`: stands out."""

    key: str
    title: Text
    lines: tuple[Line, ...]
    is_grave: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """One help page. `about`: what it answers, for the lists that lead to it."""

    key: str
    title: Text
    about: Text
    parts: tuple[Part, ...]

    @property
    def sources(self) -> list[tuple[int, Source]]:
        """The publications that its lines rest on, in order of their numbers."""
        return sorted(
            {mark for part in self.parts for line in part.lines for mark in line.marks}, key=_number
        )


def _number(mark: tuple[int, Any]) -> int:
    return mark[0]


def _says(*keys: str) -> Any:
    """Lines that all rest on the same sources."""
    return lambda *texts: tuple(Line(text, keys) for text in texts)


EMERGENCY = Topic(
    "emergency",
    _("When to call for help"),
    _("What cannot wait"),
    (
        Part(
            "now",
            _("Call emergency services"),
            (
                *_says("snnoop10")(
                    _("Sudden headache, the worst ever"),
                    _("Weakness, numbness, confusion, or loss of speech or sight"),
                    _("A seizure"),
                    _("Fever with a stiff neck"),
                    _("Headache after a head injury"),
                ),
                Line(
                    _("After injections: trouble swallowing, speaking or breathing, also weeks later"),
                    ("label",),
                ),
            ),
            is_grave=True,
        ),
        Part(
            "same-day",
            _("See a doctor the same day"),
            (
                Line(_("A new headache after the age of 50"), ("snnoop10", OURS)),
                *_says("snnoop10")(
                    _("Headache in pregnancy or after giving birth"),
                    _("Headache with cancer or a weak immune system"),
                    _("Headache with a painful red eye"),
                ),
            ),
        ),
        Part(
            "about",
            _("What this diary is not"),
            (
                Line(
                    _(
                        "This diary counts what you enter. It does not diagnose, nobody watches it live, "
                        "and it does not "
                        "replace advice."
                    ),
                    (OURS,),
                ),
                Line(
                    _(
                        "Do not stop a prescribed medicine because of a count. Some may only be reduced "
                        "with medical help."
                    ),
                    ("efns-2011", OURS),
                ),
            ),
        ),
    ),
)

COUNTS = Topic(
    "numbers",
    _("What the numbers mean"),
    _("15 headache days, 10 or 15 medicine days, and what is counted"),
    (
        Part(
            "headache",
            _("15 headache days a month"),
            (
                Line(_("Every day with a headache counts, however short or mild."), (OURS,)),
                Line(
                    _(
                        "15 or more days a month, for more than three months, is one part of what is "
                        "called chronic migraine."
                    ),
                    ("ichd-3",),
                ),
                Line(
                    _(
                        "The other part: 8 or more of these days have signs of migraine. Only a clinician "
                        "can say what it is."
                    ),
                    ("ichd-3", OURS),
                ),
                Line(
                    _("One month with 15 days says little. The number is about more than three months."),
                    ("ichd-3",),
                ),
                Line(
                    _("Trials of the injections counted only days with 4 hours of headache or more."),
                    ("responders",),
                ),
            ),
        ),
        Part(
            "medicines",
            _("10 or 15 medicine days a month"),
            (
                Line(
                    _("Days are counted, never doses. Two tablets on one day are one day."), ("ichd-3", OURS)
                ),
                Line(
                    _(
                        "10 days: triptans, ergots, opioids, and painkillers that combine two kinds or "
                        "hold caffeine."
                    ),
                    ("ichd-3",),
                ),
                Line(
                    _(
                        "15 days: simple painkillers such as paracetamol, aspirin and ibuprofen, all "
                        "counted together."
                    ),
                    ("ichd-3",),
                ),
                Line(
                    _(
                        "10 days: several kinds together, where none alone reaches its number. A day with "
                        "two kinds is one day."
                    ),
                    ("ichd-3", OURS),
                ),
                Line(
                    _(
                        "Lasmiditan: its label warns of taking it too often. The number 10 is this diary’s "
                        "choice."
                    ),
                    ("lasmiditan-label", OURS),
                ),
                Line(_("Gepants and other kinds are counted without a number."), ("ichd-3", OURS)),
                Line(_("Medicines against sickness alone are not counted."), (OURS,)),
                Line(
                    _("The numbers are about more than three months, and rest on the opinion of experts."),
                    ("ichd-3",),
                ),
                Line(_("In England the same numbers are used, for three months or more."), ("nice-cg150",)),
                Line(_("A count is no diagnosis. Do not stop a prescribed medicine because of it."), (OURS,)),
            ),
        ),
        Part(
            "missing",
            _("Days that are not recorded"),
            _says(OURS)(
                _("A day that is not recorded never counts as headache-free. Nothing is filled in for you."),
                _("It could have been either. So 14 headache days with 4 days not recorded are 14 to 18."),
                _("Today is not missing before it is over."),
                _("A day that you enter more than two days later is marked as late, and stays marked."),
            ),
        ),
        Part(
            "migraine",
            _("Migraine days"),
            (
                Line(
                    _(
                        "A headache day with the features of migraine, or with aura, or with a migraine "
                        "medicine."
                    ),
                    ("migraine-days",),
                ),
                Line(_("Your own word counts too: a headache that you called migraine."), (OURS,)),
            ),
        ),
        Part(
            "severe",
            _("Moderate or severe days"),
            _says(OURS)(
                _("You called the headache moderate or severe, or its worst pain was 4 to 10 of 10.")
            ),
        ),
        Part(
            "any-medicine",
            _("Days with any acute medicine"),
            _says(OURS)(_("You took at least one painkiller or migraine medicine, whatever for.")),
        ),
    ),
)

INJECTIONS = Topic(
    "injections",
    _("What the injections are"),
    _("How many, how often, when they help, what can go wrong"),
    (
        Part(
            "danger",
            _("Get help at once"),
            _says("label")(
                _(
                    "Trouble swallowing, speaking or breathing after injections is an emergency. It can "
                    "come hours to weeks "
                    "later."
                ),
            ),
            is_grave=True,
        ),
        Part(
            "how",
            _("How they are given"),
            (
                Line(
                    _(
                        "Small injections of botulinum toxin, 5 units each, into muscles of the head, neck "
                        "and shoulders."
                    ),
                    ("label",),
                ),
                Line(
                    _("31 points with 155 units; up to 39 points with 195 units where the pain is."),
                    ("label", "ehf-2018"),
                ),
                Line(_("Units of one product are not units of another."), ("label",)),
            ),
        ),
        Part(
            "again",
            _("How often"),
            (
                Line(_("Every twelve weeks."), ("preempt", "ehf-2018", "label")),
                Line(
                    _(
                        "“Twelve weeks are over on” is a date that this diary counts. It is no "
                        "appointment: your clinic gives "
                        "you that."
                    ),
                    (OURS,),
                ),
            ),
        ),
        Part(
            "effect",
            _("When an effect is felt"),
            (
                Line(
                    _("For about half of the people, headache days halved after the first time."),
                    ("responders",),
                ),
                Line(
                    _(
                        "For about 1 in 10 more they halved after the second time, and for some after the "
                        "third."
                    ),
                    ("responders",),
                ),
                Line(
                    _(
                        "The effect is judged over weeks, by headache days before and after. This is what "
                        "the diary is for."
                    ),
                    ("ehf-2018",),
                ),
            ),
        ),
        Part(
            "wearing-off",
            _("When it fades early"),
            _says("wear-off")(
                _("Many feel the effect fade before the next time: 90 of 143 people in one clinic."),
                _(
                    "Most often this was 2 to 4 weeks before the next injections. Tell your clinician "
                    "about it."
                ),
            ),
        ),
        Part(
            "ending",
            _("When they end"),
            (
                *_says("nice-ta260")(
                    _("England (NICE): if headache days fell by less than 30 in 100 after two times."),
                    _(
                        "Also there: if there were fewer than 15 headache days a month for three months in "
                        "a row."
                    ),
                ),
                *_says("ehf-2018")(
                    _("Europe (EHF): if they fell by less than 30 in 100 after two or three times."),
                    _(
                        "Also there: if there were fewer than 10 a month for three months. Then another "
                        "look 4 to 5 months later."
                    ),
                ),
                Line(
                    _("How bad the headaches are, what they keep you from, and what you want count as well."),
                    ("ehf-2018",),
                ),
                Line(_("This diary shows the counts. You and your clinician decide."), (OURS,)),
            ),
        ),
        Part(
            "unwanted",
            _("What can go wrong"),
            (
                Line(
                    _(
                        "Neck pain: in about 9 of 100 people, and in about 3 of 100 with injections of "
                        "salt water."
                    ),
                    ("preempt",),
                ),
                Line(
                    _(
                        "In four trials together, of 100 people: neck pain 13, weak muscles 8, stiff "
                        "muscles 6, a drooping eyelid 5."
                    ),
                    ("pooled-safety",),
                ),
                Line(
                    _(
                        "An allergic reaction is possible: swelling, rash or trouble breathing. Get help "
                        "at once."
                    ),
                    ("label",),
                ),
            ),
        ),
    ),
)

OVERUSE = Topic(
    "overuse",
    _("Getting off a painkiller safely"),
    _("When a headache medicine is taken too often"),
    (
        Part(
            "never-alone",
            _("Never alone with these"),
            _says("efns-2011")(
                _(
                    "Opioids such as codeine, tramadol or morphine, barbiturates and benzodiazepines: "
                    "coming off them needs medical care."
                ),
                _(
                    "The European guideline advises to do it in hospital. Speak to your clinician before "
                    "you change anything."
                ),
            ),
            is_grave=True,
        ),
        Part(
            "why",
            _("Why it can help"),
            (
                Line(
                    _(
                        "Taken on many days for months, medicines against headache can cause headache "
                        "themselves."
                    ),
                    ("ichd-3", "nice-cg150"),
                ),
                Line(
                    _("It usually gets better once the medicine is left out, though not always."), ("ichd-3",)
                ),
                Line(_("It is nobody’s fault: these medicines were taken for pain."), (OURS,)),
            ),
        ),
        Part(
            "plan",
            _("Make a plan with your clinician"),
            (
                Line(
                    _("Which medicine, from which day, and what you may take instead when it is bad."),
                    (OURS,),
                ),
                Line(
                    _(
                        "The English guideline: at least a month without it, and mostly all at once, with "
                        "close support."
                    ),
                    ("nice-cg150",),
                ),
                Line(
                    _("The European one: at once or step by step, it makes no known difference in the end."),
                    ("efns-2011",),
                ),
                Line(
                    _("A preventive treatment may begin at the same time or before."),
                    ("efns-2011", "nice-cg150"),
                ),
                Line(
                    _(
                        "If other illnesses are there, or it failed before, a specialist or a hospital may "
                        "help."
                    ),
                    ("nice-cg150",),
                ),
            ),
        ),
        Part(
            "days",
            _("What the days may be like"),
            (
                Line(_("It is likely to get worse before it gets better."), ("nice-cg150",)),
                Line(
                    _("Headache, sickness, vomiting and poor sleep are common in the first days."),
                    ("withdrawal-days",),
                ),
                Line(
                    _(
                        "In one study they lasted about 4 days after triptans, 7 after ergots and 10 after "
                        "painkillers."
                    ),
                    ("withdrawal-days",),
                ),
                Line(
                    _(
                        "If it is more than you can bear, call your clinician. Having help is part of the "
                        "plan."
                    ),
                    ("nice-cg150",),
                ),
            ),
        ),
        Part(
            "after",
            _("Afterwards"),
            (
                Line(_("After 4 to 8 weeks you look at it again together."), ("nice-cg150",)),
                Line(_("Regular visits help to keep it from coming back."), ("efns-2011",)),
                Line(_("Go on with the diary: it shows both of you what changed."), (OURS,)),
            ),
        ),
    ),
)

FURTHER = (COUNTS, INJECTIONS, OVERUSE)
TOPICS = {topic.key: topic for topic in FURTHER}


def topics_naming(key: str) -> list[Topic]:
    """The pages on which a source stands behind a line."""
    return [
        topic
        for topic in (EMERGENCY, *FURTHER)
        if any(key in line.keys for part in topic.parts for line in part.lines)
    ]
