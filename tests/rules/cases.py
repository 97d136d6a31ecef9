"""Small diaries in a line each, so that a test reads like the text it checks."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from clinic.rules import Analysis, analysis
from diary.catalogue import match
from diary.rules import Day, Diary, Feature, Headache, MedicationClass, Month, Relief, Window, months

Which = int | Iterable[int]
"""Days of a stretch: so many from its beginning, or these, counted from 1."""

FIRST_SESSION = date(2026, 2, 3)


def numbers(which: Which) -> set[int]:
    return set(range(1, which + 1)) if isinstance(which, int) else set(which)


def day(
    headache: str = "yes",
    features: str = "",
    took: str = "",
    *,
    pain: int | None = None,
    migraine: bool | None = None,
    relief: str | None = None,
    on: date = date(2026, 1, 1),
) -> Day:
    """One day; `features` and `took` (classes) are words with spaces between."""
    return Day(
        on,
        Headache(headache),
        pain,
        migraine,
        frozenset(map(Feature, features.split())),
        frozenset(map(MedicationClass, took.split())),
        relief and Relief(relief),
    )


def days(
    start: str,
    *,
    recorded: Which | None = None,
    headache: Which = 0,
    migraine: Which = 0,
    taking: Mapping[str, Which] | None = None,
    **classes: Which,
) -> list[Day]:
    """The days of a month ("2026-01"), all recorded unless said, or as many as recorded from a date on.

    `migraine`: the headache days of which the patient says so. Medicines by their name (`taking`) or class.
    """
    first = date.fromisoformat(start if len(start) > 7 else f"{start}-01")
    whole = monthrange(first.year, first.month)[1]
    said = numbers(whole if recorded is None else recorded)
    with_headache, with_migraine = numbers(headache), numbers(migraine)
    medicines = [(MedicationClass(name), numbers(which)) for name, which in classes.items()]
    medicines += [(class_of(name), numbers(which)) for name, which in (taking or {}).items()]
    assert with_migraine <= with_headache <= said, "a headache belongs to a recorded day"
    assert all(which <= said for _, which in medicines), "a medicine belongs to a recorded day"
    return [
        day(
            "yes" if number in with_headache else "none",
            took=" ".join(name for name, which in medicines if number in which),
            migraine=True if number in with_migraine else None,
            on=first + timedelta(days=number - 1),
        )
        for number in sorted(said)
    ]


def class_of(medicine: str) -> MedicationClass:
    found = match(medicine)
    assert found, f"{medicine} is not in the catalogue"
    return found.product.medication_class


def month_of(start: str = "2026-01", **said: object) -> Month:
    """The one month of `days`."""
    (only,) = months(Diary(days(start, **said)))
    return only


def in_months(start: str, *each: Mapping[str, object]) -> list[Day]:
    """Consecutive months from `start`, each as in `days`; `None` for a month without a record."""
    first = date.fromisoformat(f"{start}-01")
    found = []
    for said in each:
        found += days(first.isoformat()[:7], **said) if said is not None else []
        first = (first + timedelta(days=31)).replace(day=1)
    return found


def window(*, headache: int, migraine: int = 0, recorded: int = 28, of: int = 28) -> Window:
    """A window with these counts; when it was does not matter."""
    first = date(2026, 3, 1)
    return Window(first, first + timedelta(days=of - 1), recorded, headache, migraine)


def after(start: date, number: int) -> date:
    """The date so many days after `start`."""
    return start + timedelta(days=number)


def treated(baseline: Mapping[str, int], *evaluations: Mapping[str, int] | None) -> Analysis:
    """Twelve-week cycles from `FIRST_SESSION`, recorded in the baseline and in weeks 9–12 alone, as in `days`."""
    found = days(after(FIRST_SESSION, -28).isoformat(), **{"recorded": 28, **baseline})
    sessions = [after(FIRST_SESSION, 84 * number) for number in range(len(evaluations))]
    for session, said in zip(sessions, evaluations, strict=True):
        if said is not None:
            found += days(after(session, 56).isoformat(), **{"recorded": 28, **said})
    return analysis(Diary(found), sessions)


def criteria(found: Analysis, what: str) -> dict[str, str]:
    """The state of `inadequate_response` or `episodic` by guideline."""
    return {
        state.criteria.key: (
            state.inadequate_response if what == "inadequate_response" else state.episodic.state
        ).value
        for state in found.criteria
    }
