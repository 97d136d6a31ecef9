"""The words that a clinic records by: adverse events, decisions, checks before an injection. No Django, no database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AdverseTerm(StrEnum):
    """The terms of the product's label and of the PREEMPT trials; `OTHER` is said in words."""

    NECK_PAIN = "neck_pain"
    EYELID_PTOSIS = "eyelid_ptosis"
    MUSCULAR_WEAKNESS = "muscular_weakness"
    MUSCULOSKELETAL_STIFFNESS = "musculoskeletal_stiffness"
    MYALGIA = "myalgia"
    FACIAL_PARESIS = "facial_paresis"
    INJECTION_SITE_PAIN = "injection_site_pain"
    HEADACHE = "headache"
    MIGRAINE = "migraine"
    ALLERGIC_REACTION = "allergic_reaction"
    DYSPHAGIA = "dysphagia"
    SPEECH_DIFFICULTY = "speech_difficulty"
    BREATHING_DIFFICULTY = "breathing_difficulty"
    OTHER = "other"


EMERGENCIES = frozenset(
    {AdverseTerm.DYSPHAGIA, AdverseTerm.SPEECH_DIFFICULTY, AdverseTerm.BREATHING_DIFFICULTY}
)
"""What the patient's own Help calls an emergency, also weeks later."""


@dataclass(frozen=True, slots=True)
class Frequency:
    """How many of a hundred people had it. `placebo` is empty where the source gives none."""

    term: AdverseTerm
    treated: str
    placebo: str
    source: str


LABEL = "US prescribing information of onabotulinumtoxinA, chronic migraine"
POOLED = "four trials pooled, doi 10.1111/ene.12393"
PUBLISHED_FREQUENCIES = (
    Frequency(AdverseTerm.NECK_PAIN, "9", "3", LABEL),
    Frequency(AdverseTerm.NECK_PAIN, "12.6", "", POOLED),
    Frequency(AdverseTerm.HEADACHE, "5", "3", LABEL),
    Frequency(AdverseTerm.EYELID_PTOSIS, "4", "<1", LABEL),
    Frequency(AdverseTerm.EYELID_PTOSIS, "4.6", "", POOLED),
    Frequency(AdverseTerm.MUSCULOSKELETAL_STIFFNESS, "4", "1", LABEL),
    Frequency(AdverseTerm.MUSCULOSKELETAL_STIFFNESS, "6.1", "", POOLED),
    Frequency(AdverseTerm.MUSCULAR_WEAKNESS, "4", "<1", LABEL),
    Frequency(AdverseTerm.MUSCULAR_WEAKNESS, "8.0", "", POOLED),
    Frequency(AdverseTerm.MIGRAINE, "4", "3", LABEL),
    Frequency(AdverseTerm.MYALGIA, "3", "1", LABEL),
    Frequency(AdverseTerm.INJECTION_SITE_PAIN, "3", "2", LABEL),
    Frequency(AdverseTerm.FACIAL_PARESIS, "2", "0", LABEL),
)
"""Of trials of chronic migraine. They stand beside the words and are compared with nothing."""


class Severity(StrEnum):
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class Outcome(StrEnum):
    RECOVERED = "recovered"
    RECOVERING = "recovering"
    NOT_RECOVERED = "not_recovered"
    SEQUELAE = "sequelae"
    UNKNOWN = "unknown"


class DecisionKind(StrEnum):
    """What a clinician decided. The words are theirs; the program decides nothing."""

    START = "start"
    CONTINUE = "continue"
    STOP = "stop"
    SWITCH = "switch"
    EXTEND = "extend"
    OTHER = "other"


class StopReason(StrEnum):
    """Why treatment was ended, for the service's own audit."""

    NO_RESPONSE = "no_response"
    EPISODIC = "episodic"
    SIDE_EFFECTS = "side_effects"
    PATIENT_WISH = "patient_wish"
    OTHER = "other"


class Check(StrEnum):
    """What is gone through before an injection, as a short recorded list."""

    CONSENT = "consent"
    NO_ALLERGY = "no_allergy"
    NO_INFECTION = "no_infection"
    NO_NEUROMUSCULAR = "no_neuromuscular"
    NO_SWALLOWING = "no_swallowing"
    NOT_PREGNANT = "not_pregnant"
    BLEEDING = "bleeding"
    INTERACTIONS = "interactions"


class Answer(StrEnum):
    """Of a question before starting."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"
