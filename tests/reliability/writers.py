"""Patients who save over HTTP as fast as they can, and remember what the server said it had saved."""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.reliability.installation import FROM_PROXY, Installation

SETUP = """
import json
from django.conf import settings
from django.test import Client
from accounts.models import User
from diary.models import Medicine, Patient
people = []
for number in range({writers}):
    user = User.objects.create_user(f"writer{{number}}@example.org", name=f"Writer {{number}}")
    patient = Patient.objects.create(user=user, name=user.name, time_zone="UTC")
    medicine = Medicine.objects.create(patient=patient, name="sumatriptan", medication_class="triptan", is_in_use=True)
    client = Client()
    client.force_login(user)
    people.append([patient.pk, medicine.pk, client.cookies[settings.SESSION_COOKIE_NAME].value])
print(json.dumps(people))
"""
FIRST = date(2020, 1, 1)
CSRF = "c" * 32
ORIGIN = "https://diary.example.org"
Day = tuple[int, str]
"""A patient's number and a date."""
Words = tuple[str, int]
"""What was said of a day: a note that no other save carries, and the doses."""


@dataclass
class Writer:
    """One patient at one phone: a new day with a dose each time, and then one tap for another dose."""

    patient: int
    medicine: int
    session: str
    installation: Installation
    random: random.Random
    acknowledged: dict[Day, Words] = field(default_factory=dict)
    """What the server said it had saved, the latest for each day."""
    unanswered: dict[Day, Words] = field(default_factory=dict)
    """What was sent and never heard of again: saved or not, but never by half."""
    answers: int = 0
    refusals: int = 0
    days: int = 0

    def write(self, stop: threading.Event) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.installation.port, timeout=20)
        try:
            while not stop.is_set():
                self.save_one_day(connection)
        except (OSError, http.client.HTTPException):
            pass  # killed in the middle of it
        finally:
            connection.close()

    def save_one_day(self, connection: http.client.HTTPConnection) -> None:
        when = FIRST + timedelta(days=self.days)
        self.days += 1
        day = self.patient, f"{when}"
        note = f"{self.patient}-{self.days}-{self.random.randrange(10**9)}"
        form = {
            "headache": "mild",
            "pain": "3",
            "migraine": "unknown",
            "menstruation": "unknown",
            "note": note,
        }
        if self.saves(connection, day, (note, 2), f"/days/{when}/", form | {f"doses_{self.medicine}": "2"}):
            tap = {"medicine": self.medicine, "change": "1"}
            self.saves(connection, day, (note, 3), f"/days/{when}/dose/", tap)

    def saves(
        self,
        connection: http.client.HTTPConnection,
        day: Day,
        words: Words,
        address: str,
        form: Mapping[str, object],
    ) -> bool:
        self.unanswered[day] = words
        answer, text = self.send(connection, address, form)
        if answer == 503:
            self.refusals += 1
            # It says "not saved", and then it is not, or it says that it does not know.
            if "was not saved" in text:
                del self.unanswered[day]
            return False
        del self.unanswered[day]
        assert answer == 302, f"{address}: {answer} {re.sub('<[^>]+>', ' ', text)[:2000]}"
        self.answers += 1
        self.acknowledged[day] = words
        return True

    def send(
        self, connection: http.client.HTTPConnection, address: str, form: Mapping[str, object]
    ) -> tuple[int, str]:
        headers = FROM_PROXY | {
            "Cookie": f"__Host-session={self.session}; __Host-csrf={CSRF}",
            "Origin": ORIGIN,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection.request("POST", address, urlencode({**form, "csrfmiddlewaretoken": CSRF}), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def new_writers(installation: Installation, number: int, seed: int) -> list[Writer]:
    people = installation.manage("shell", "--no-imports", "--command", SETUP.format(writers=number))
    return [
        Writer(*person, installation, random.Random(seed + place))
        for place, person in enumerate(json.loads(people))
    ]


class Crowd:
    """All of them at once, until they are told to stop or nobody answers any more."""

    def __init__(self, writers: list[Writer]) -> None:
        self.writers = writers
        self.stop = threading.Event()

    def __enter__(self) -> Crowd:
        self.threads = [threading.Thread(target=writer.write, args=[self.stop]) for writer in self.writers]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    @property
    def answers(self) -> int:
        return sum(writer.answers for writer in self.writers)

    def wait_for(self, answers: int) -> None:
        """Until so many more saves were acknowledged."""
        wanted = self.answers + answers
        while self.answers < wanted and any(thread.is_alive() for thread in self.threads):
            self.stop.wait(0.002)
        assert self.answers >= wanted


# --- What must hold afterwards ---------------------------------------------------------------------------------

ROWS = """
    SELECT d.patient_id, d.date, d.note, d.headache, d.pain, count(i.id), coalesce(sum(i.doses), 0)
    FROM diary_diaryday d LEFT JOIN diary_intake i ON i.day_id = d.id GROUP BY d.id
"""


def losses(rows: Iterable[tuple[Any, ...]], writers: list[Writer]) -> list[str]:
    """Each acknowledged save that is not there, each day that stands by half, and each that nobody sent."""
    found = []
    said = {day: words for writer in writers for day, words in writer.acknowledged.items()}
    open_ends = {day: words for writer in writers for day, words in writer.unanswered.items()}
    standing: dict[Day, Words] = {}
    for patient, when, note, headache, pain, medicines, doses in rows:
        day = patient, f"{when}"
        standing[day] = note, doses
        if (headache, pain, medicines) != ("mild", 3, 1):
            found.append(f"{day} stands by half")
        elif (note, doses) not in (said.get(day), open_ends.get(day)):
            found.append(f"{day} says {(note, doses)}, acknowledged was {said.get(day)}")
    found += [f"{day} is lost" for day in said if day not in standing]
    return found
