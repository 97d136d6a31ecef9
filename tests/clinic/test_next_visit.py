"""When the next injection is due: one answer in the list, on the page, in the report and in the letter."""

import pytest

from clinic.models import Appointment, Decision
from tests.cast import days_ago, record_all, session


@pytest.fixture
def treated(alice):
    """Due 84 days after the last injection, on 26 June 2026: in nine days."""
    session(alice, days_ago(75))
    record_all(alice, [days_ago(n) for n in range(20)])
    return alice


def decided(patient, clinic, kind, ago):
    Decision.objects.create(patient=patient, clinic=clinic, kind=kind, made_on=days_ago(ago))


def booked(patient, clinic, ahead):
    Appointment.objects.create(patient=patient, clinic=clinic, date=days_ago(-ahead))


CASES = {
    "nothing is recorded": (lambda *_: None, "26 Jun 2026", "Twelve weeks are over on 26 June 2026."),
    "an appointment": (
        lambda patient, clinic: booked(patient, clinic, 3),
        "20 Jun 2026 · appointment",
        "It is booked for Saturday, 20 June 2026.",
    ),
    "an appointment that has passed": (
        lambda patient, clinic: booked(patient, clinic, -2),
        "15 Jun 2026 · appointment · overdue",
        "No date is noted here.",
    ),
    "a stop": (lambda patient, clinic: decided(patient, clinic, "stop", 5), "stopped", None),
    "a stop with an appointment": (
        lambda patient, clinic: (decided(patient, clinic, "stop", 5), booked(patient, clinic, 3)),
        "stopped",
        None,
    ),
    "a stop, and something else since": (
        lambda patient, clinic: (
            decided(patient, clinic, "stop", 5),
            decided(patient, clinic, "other", 2),
        ),
        "stopped",
        None,
    ),
    "a stop that was reconsidered": (
        lambda patient, clinic: (
            decided(patient, clinic, "stop", 5),
            decided(patient, clinic, "continue", 2),
        ),
        "26 Jun 2026",
        "Twelve weeks are over on 26 June 2026.",
    ),
    "a stop before the latest injection": (
        lambda patient, clinic: decided(patient, clinic, "stop", 90),
        "26 Jun 2026",
        "Twelve weeks are over on 26 June 2026.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_date_everywhere(as_clara, treated, north, name):
    happened, due, told = CASES[name]
    happened(treated, north)
    address = f"/clinic/patients/{treated.pk}/"
    assert as_clara.opens(address).facts()["Next due"] == due
    assert f"Next due {due}" in as_clara.opens(f"{address}report/").main.text
    listed = as_clara.opens("/clinic/").main.text
    words = due.split(" · ")
    assert [word for word in words if word not in listed] == []
    letter = as_clara.opens(f"{address}letter/").main.text
    assert told in letter if told else ("Twelve weeks" not in letter and "booked" not in letter)
