"""The injection sessions of a patient as a page shows them, with their corrections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clinic.dosing import is_given_in_preempt, volume_at_a_site
from clinic.figures import BACK, FRONT, Point, Spot
from clinic.models import SAID_FIELDS, Clinic, InjectionSession, InjectionSessionVersion
from clinic.words import check_words, muscle_words, place_label, volume_words
from diary.models import Patient


@dataclass(frozen=True, slots=True)
class SessionChange:
    """A correction of a session. `by`: a name; `is_by_command`: no user did it. `was`: what it said before, by field,
    where that differs from what took its place.
    """

    on: date
    by: str
    is_by_command: bool
    was: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordedSession:
    """A session as it stands, and its corrections, the latest first."""

    session: InjectionSession
    changes: list[SessionChange]


@dataclass(frozen=True, slots=True)
class DrawnPlace:
    """A muscle on one side of the drawing: its dots with whether a site stands there."""

    spot: Spot
    label: str
    sites: int
    dots: list[tuple[Point, bool]]

    @property
    def name(self) -> str:
        """As the form's field is called."""
        return self.spot.place.replace(":", "_")


@dataclass(frozen=True, slots=True)
class DrawnSites:
    """A session on the two drawings."""

    front: list[DrawnPlace]
    back: list[DrawnPlace]


def drawn_sites(muscles: Mapping[str, int]) -> DrawnSites:
    def drawn(spots: Sequence[Spot]) -> list[DrawnPlace]:
        return [
            DrawnPlace(
                spot,
                place_label(spot.place),
                sites := muscles.get(spot.place, 0),
                [(dot, order < sites) for order, dot in enumerate(spot.dots)],
            )
            for spot in spots
        ]

    return DrawnSites(drawn(FRONT), drawn(BACK))


BESIDES = ("muscles", "wasted_units", "injector", "checks")


def session_lines(said: Mapping[str, Any]) -> list[str]:
    """Where, with what and by whom, as far as it is recorded; one line each. `said`: the fields by name."""
    words: dict[str, Callable[[Any], str]] = {"muscles": muscle_words, "checks": check_words}
    lines = {
        name: f"{field_label(name)}: {words.get(name, str)(said[name])}" for name in BESIDES if said[name]
    }
    muscles = [lines.pop("muscles")] if "muscles" in lines else []
    return [*muscles, *_dilution(said), *lines.values()]


def _dilution(said: Mapping[str, Any]) -> Iterator[str]:
    units, ml = said["diluted_units"], said["diluted_ml"]
    if not units or not ml:
        return
    volume = Fraction(str(ml))
    line = _("%(units)s units in %(ml)s mL of saline") % {
        "units": units,
        "ml": number_format(f"{float(volume):g}"),
    }
    if is_given_in_preempt(said["product"]):
        line += ": " + volume_words(volume_at_a_site(units, volume))
    yield line


def field_label(name: str) -> str:
    """How people read the name of a field of a session."""
    field: Any = InjectionSession._meta.get_field(name)
    return capfirst(str(field.verbose_name))


def recorded_sessions(patient: Patient, clinic: Clinic) -> list[RecordedSession]:
    """The sessions, the latest first, with all that they said before; two queries.

    Of another clinic's sessions the facts are told: its notes, its staff and what it corrected stay with it.
    """
    versions: dict[int, list[InjectionSessionVersion]] = defaultdict(list)
    for version in patient.session_versions.with_names():
        versions[version.session_id].append(version)
    return [
        _of_another(session)
        if session.clinic_id not in (None, clinic.pk)
        else RecordedSession(session, _changes(patient, session, versions[session.pk]))
        for session in patient.sessions.order_by("-date").select_related("clinic")
    ]


def _of_another(session: InjectionSession) -> RecordedSession:
    session.note = session.injector = ""  # to be read, and never saved
    return RecordedSession(session, [])


def _changes(
    patient: Patient, session: InjectionSession, versions: Sequence[InjectionSessionVersion]
) -> list[SessionChange]:
    states = [*(version.whole for version in versions), session.said]
    changes = [
        SessionChange(
            patient.date_at(version.replaced_at),
            version.replaced_by_name or "",
            version.replaced_by is None,
            {name: was[name] for name in SAID_FIELDS if was[name] != then[name]},
        )
        for version, was, then in zip(versions, states, states[1:], strict=False)
    ]
    return changes[::-1]
