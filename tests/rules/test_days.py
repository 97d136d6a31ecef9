"""One day: how severe, and whether a migraine day under either definition."""

from __future__ import annotations

from diary.rules import ICHD3, MIGRAINE_DAYS, PRAGMATIC, is_moderate_or_severe, severity
from tests.rules.cases import day

SEVERITY = {
    ("none", None): "none",
    ("none", 0): "none",
    ("yes", None): "yes",
    ("yes", 1): "mild",
    ("yes", 3): "mild",
    ("yes", 4): "moderate",
    ("yes", 6): "moderate",
    ("yes", 7): "severe",
    ("yes", 10): "severe",
    ("mild", 9): "mild",
    ("moderate", 1): "moderate",
    ("severe", 2): "severe",
    ("severe", None): "severe",
}


def test_severity_is_the_word_or_follows_the_pain() -> None:
    assert {(word, pain): severity(day(word, pain=pain)) for word, pain in SEVERITY} == SEVERITY


def test_moderate_and_severe_days() -> None:
    found = {(word, pain) for word, pain in SEVERITY if is_moderate_or_severe(day(word, pain=pain))}
    assert found == {said for said, expected in SEVERITY.items() if expected in ("moderate", "severe")}


BOTH, NEITHER = (True, True), (False, False)
PRAGMATIC_ONLY = (True, False)
EVERY_FEATURE = "one_sided pulsating worse_with_activity nausea vomiting photophobia phonophobia aura"

MIGRAINE_DAY = {
    "a bare headache": (day(), NEITHER),
    "severe and nothing else": (day("severe"), NEITHER),
    # ICHD-3 1.1 C and D
    "two of C, nausea": (day("mild", "one_sided pulsating nausea"), BOTH),
    "two of C, vomiting": (day("mild", "pulsating worse_with_activity vomiting"), BOTH),
    "two of C, light and sound": (day("mild", "one_sided worse_with_activity photophobia phonophobia"), BOTH),
    "two of C, light alone": (day("mild", "one_sided pulsating photophobia"), NEITHER),
    "two of C, sound alone": (day("mild", "one_sided pulsating phonophobia"), NEITHER),
    "all of C, none of D": (day("severe", "one_sided pulsating worse_with_activity"), NEITHER),
    "all of D, one of C": (day("mild", "one_sided nausea vomiting photophobia phonophobia"), NEITHER),
    "all of D, none of C": (day("mild", "nausea vomiting photophobia phonophobia"), NEITHER),
    "moderate is one of C": (day("moderate", "one_sided nausea"), BOTH),
    "severe is one of C": (day("severe", "worse_with_activity vomiting"), BOTH),
    "severe alone is not two of C": (day("severe", "nausea"), NEITHER),
    "mild is none of C": (day("mild", "one_sided nausea"), NEITHER),
    "unknown severity is none of C": (day("yes", "one_sided nausea"), NEITHER),
    "pain 4 is one of C": (day("yes", "one_sided nausea", pain=4), BOTH),
    "pain 3 is none of C": (day("yes", "one_sided nausea", pain=3), NEITHER),
    "the word goes before the pain": (day("mild", "one_sided nausea", pain=8), NEITHER),
    "features although the patient says no": (day("severe", "pulsating nausea", migraine=False), BOTH),
    "aura": (day("mild", "aura"), BOTH),
    "aura although the patient says no": (day("mild", "aura", migraine=False), BOTH),
    # the patient's opinion
    "says migraine": (day(migraine=True), PRAGMATIC_ONLY),
    "says no migraine": (day(migraine=False), NEITHER),
    "says migraine, a triptan gave full relief": (day(took="triptan", migraine=True, relief="full"), BOTH),
    "says migraine, a triptan gave partial relief": (
        day(took="triptan", migraine=True, relief="partial"),
        BOTH,
    ),
    "says migraine, an ergot gave relief": (day(took="ergot", migraine=True, relief="full"), BOTH),
    "says migraine, a triptan gave none": (
        day(took="triptan", migraine=True, relief="none"),
        PRAGMATIC_ONLY,
    ),
    "says migraine, a triptan, relief unknown": (day(took="triptan", migraine=True), PRAGMATIC_ONLY),
    "says migraine, a gepant gave relief": (
        day(took="gepant", migraine=True, relief="full"),
        PRAGMATIC_ONLY,
    ),
    "says migraine, a ditan gave relief": (day(took="ditan", migraine=True, relief="full"), PRAGMATIC_ONLY),
    "says migraine, a non-opioid gave relief": (
        day(took="non_opioid", migraine=True, relief="full"),
        PRAGMATIC_ONLY,
    ),
    "says migraine, relief without a medicine": (day(migraine=True, relief="full"), PRAGMATIC_ONLY),
    # a migraine-specific medicine, whatever its effect
    "a triptan": (day(took="triptan"), PRAGMATIC_ONLY),
    "an ergot": (day(took="ergot"), PRAGMATIC_ONLY),
    "a gepant": (day(took="gepant"), PRAGMATIC_ONLY),
    "a ditan": (day(took="ditan"), PRAGMATIC_ONLY),
    "a triptan gave relief, no opinion": (day(took="triptan", relief="full"), PRAGMATIC_ONLY),
    "a triptan gave relief, says no": (day(took="triptan", relief="full", migraine=False), PRAGMATIC_ONLY),
    "other medicines gave relief": (
        day("severe", took="opioid combination non_opioid other antiemetic", relief="full"),
        NEITHER,
    ),
    # only ever on a headache day
    "no headache, everything else": (
        day("none", EVERY_FEATURE, "triptan ergot gepant ditan", migraine=True, relief="full"),
        NEITHER,
    ),
}


def test_migraine_day_pragmatic_and_ichd3() -> None:
    found = {what: (PRAGMATIC.holds(said), ICHD3.holds(said)) for what, (said, _) in MIGRAINE_DAY.items()}
    assert found == {what: expected for what, (_, expected) in MIGRAINE_DAY.items()}


def test_both_definitions_can_be_chosen_and_name_their_source() -> None:
    assert sorted(MIGRAINE_DAYS) == ["ichd3", "pragmatic"]
    assert all(definition.source for definition in MIGRAINE_DAYS.values())
