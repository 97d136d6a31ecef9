"""A patient ends access while the clinic reads: what begins after the answer is refused."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from clinic import consent
from clinic.access import care_links_of
from clinic.models import CareLink, Clinic
from diary.models import Patient
from tests.cast import new_patient, share, staff

ROUNDS = 200
PAGES = 10


@pytest.fixture
def clinic(transactional_db: Any) -> Clinic:
    return Clinic.objects.create(name="North", slug="north")


def late_reads(
    links: list[CareLink], reads: Callable[[CareLink], bool], ends: Callable[[CareLink], Any]
) -> list[int]:
    """Rounds in which a read that began after the end of access had been answered still got through."""
    clock = count(1)
    current, ended_at = [0], [float("inf")] * len(links)
    has_read, stop = Event(), Event()
    late: list[int] = []
    rounds_read = set()

    def read_on() -> None:
        try:
            while not stop.is_set():
                number = current[0]
                started = next(clock)
                if reads(links[number]):
                    rounds_read.add(number)
                    if started > ended_at[number]:
                        late.append(number)
                has_read.set()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_on)
        for number, link in enumerate(links):
            current[0] = number
            has_read.clear()
            has_read.wait(20)
            ends(link)
            ended_at[number] = next(clock)
            if reads(link):
                late.append(number)
        stop.set()
        reading.result(30)
    assert len(rounds_read) > len(links) / 2, "there was no race"
    return late


def test_no_read_that_begins_after_the_end_gets_through(clinic: Clinic) -> None:
    clara = staff("Clara Clinician", clinic)
    patients = Patient.objects.bulk_create(Patient(name=f"P{number}") for number in range(ROUNDS))
    links = [share(patient, clinic) for patient in patients]

    def reads(link: CareLink) -> bool:
        return care_links_of(clara).filter(patient_id=link.patient_id).exists()

    assert late_reads(links, reads, lambda link: consent.end(link, None)) == []


def test_no_page_that_is_asked_for_after_the_answer_is_shown(clinic: Clinic) -> None:
    """The same from browser to browser."""
    reader = Client()
    reader.force_login(staff("Clara Clinician", clinic))
    links = [share(new_patient(f"P{number} Patient"), clinic) for number in range(PAGES)]
    owners = {}
    for link in links:
        owners[link.pk] = Client()
        owners[link.pk].force_login(link.patient.user)

    def reads(link: CareLink) -> bool:
        return reader.get(f"/clinic/patients/{link.patient_id}/sessions/").status_code == 200

    def ends(link: CareLink) -> None:
        assert owners[link.pk].post(f"/sharing/{link.pk}/end/").status_code == 302

    assert late_reads(links, reads, ends) == []


def test_guard_sees_a_read_that_gets_through(clinic: Clinic) -> None:
    links = [share(new_patient(f"P{number} Patient"), clinic) for number in range(3)]
    assert late_reads(links, lambda link: True, lambda link: None)
