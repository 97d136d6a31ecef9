"""Writes diary files into the database: one person's diary, or many pseudonymous ones into a clinic."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from clinic import elsewhere
from clinic.imported import HasSignIn, Pseudonyms, clinic_of, store_sessions
from clinic.imports import SessionRow, sessions_by_patient
from clinic.models import Clinic
from diary.imports.archive import Unreadable
from diary.imports.diary_csv import NotGrouped, Report, Row, gathered, grouped, open_text, rows
from diary.imports.storage import Outcome, not_after, store
from diary.imports.uploaded import Reading
from diary.models import Patient

Together = Callable[[Iterable[Row], Report], Iterator[tuple[str, list[Row]]]]


def refusal(text: str) -> CommandError:
    return CommandError(text, returncode=2)


REPLACE = "--replace overwrites days that differ"


def listed(report: Report) -> str:
    count = len(report.problems)
    return "1 problem is listed above." if count == 1 else f"{count} problems are listed above."


@dataclass
class Import:
    """One run over the files. `patient_of` says whose the rows of a pseudonym are.

    `elsewhere`: what a file says that another program wrote; `None` for a diary CSV.
    """

    diary: str
    sessions: str | None
    replace: bool
    latest: date
    patient_of: Callable[[str], Patient]
    clinic: Clinic | None
    progress: Callable[[int], None]
    elsewhere: Callable[[], Reading] | None = None
    report: Report = field(default_factory=Report)
    people: set[int] = field(default_factory=set)
    days: Outcome = field(default_factory=Outcome)
    sessions_added: int = 0
    left_out: int = 0

    def run(self, together: Together) -> None:
        """Diaries first, then the sessions, also of people without a day in the file."""
        if self.elsewhere:
            found = self.elsewhere()
            self.report = found.report
            self._store("", found.rows)
        else:
            with open_text(self.diary) as file:
                good = not_after(rows(file, self.report), self.latest, self.report)
                for pseudonym, days in together(good, self.report):
                    self._store(pseudonym, days)
        self.left_out += len(self.report.bad_lines)
        if self.sessions:
            self._run_sessions(self.sessions)

    def _store(self, pseudonym: str, days: list[Row]) -> None:
        patient = self.patient_of(pseudonym)
        self.people.add(patient.pk)
        self.days += store(patient, days, self.report, self.replace)
        self.progress(len(self.people))

    def _run_sessions(self, path: str) -> None:
        own = Report()
        with open_text(path) as file:
            found = sessions_by_patient(file, own)
        for pseudonym, together in found.items():
            self._store_sessions(pseudonym, together, own)
        self.left_out += len(own.bad_lines)
        self.report.problems += [f"{path}: {text}" for text in own.problems]
        self.report.notices += [f"{path}: {text}" for text in own.notices]
        self.report.is_cut_short |= own.is_cut_short

    def _store_sessions(self, pseudonym: str, together: list[SessionRow], own: Report) -> None:
        patient = self.patient_of(pseudonym)
        self.people.add(patient.pk)
        self.sessions_added += store_sessions(patient, self.clinic, together, self.latest, own, self.replace)

    def summary(self) -> str:
        """What was written, in one line."""
        days = self.days
        people = "1 person" if len(self.people) == 1 else f"{len(self.people)} people"
        parts = [people, f"{days.added} days added", f"{days.unchanged} unchanged"]
        if self.replace:
            parts.append(f"{days.replaced} replaced")
        if self.sessions:
            parts.append(f"{self.sessions_added} injection sessions added")
        if self.report.problems:
            parts.append(f"{self.left_out} bad rows left out")
        return ", ".join(parts) + "."


class Command(BaseCommand):
    help = "Imports a diary: one person's, or a CSV of many pseudonymous ones into a clinic. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("diary", metavar="FILE")
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--patient", metavar="EMAIL", help="the address the person signs in with")
        whose.add_argument("--clinic", metavar="SLUG", help="the clinic that gets the file's patients")
        parser.add_argument(
            "--sessions", metavar="SESSIONS.csv", help="injection sessions of the same people"
        )
        parser.add_argument(
            "--skip-bad-rows", action="store_true", help="import the good rows, list the bad ones"
        )
        parser.add_argument("--replace", action="store_true", help="days that differ are taken from the file")
        elsewhere.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.started = time.monotonic()
        try:
            done = self._imported(options)
        except OSError as error:
            raise refusal(f"{error.filename}: {error.strerror}") from None
        except HasSignIn as error:
            raise refusal(f"Nothing was written: {error}") from None
        self.stdout.write(done.summary())

    def _imported(self, options: dict[str, Any]) -> Import:
        try:
            return self._run(options, grouped)
        except NotGrouped:
            return self._run(options, gathered)

    @transaction.atomic
    def _run(self, options: dict[str, Any], together: Together) -> Import:
        """Leaves nothing behind when it raises."""
        one = self._import(options)
        one.run(together)
        for line in (*one.report.notices, *one.report.problems):
            self.stderr.write(line, self.style.NOTICE)
        if one.report.is_cut_short:
            raise refusal("Nothing was written: the file cannot be read to its end.")
        if one.report.problems and not options["skip_bad_rows"]:
            raise refusal(
                f"Nothing was written: {listed(one.report)} --skip-bad-rows imports the rest; {REPLACE}."
            )
        return one

    def _import(self, options: dict[str, Any]) -> Import:
        patient_of, clinic, latest = (
            self._into_clinic(options["clinic"])
            if options["clinic"]
            else self._into_diary(options["patient"])
        )
        return Import(
            options["diary"],
            options["sessions"],
            options["replace"],
            latest,
            patient_of,
            clinic,
            self._progress,
            self._elsewhere(options, latest),
        )

    def _elsewhere(self, options: dict[str, Any], latest: date) -> Callable[[], Reading] | None:
        if not elsewhere.is_from_elsewhere(options["diary"], options["format"]):
            return None
        if options["clinic"]:
            raise refusal("The file of another program is one person's: say whose with --patient.")
        zone = self._patient(options["patient"]).time_zone

        def read() -> Reading:
            try:
                return elsewhere.read(options, latest, zone)
            except (elsewhere.Unsaid, Unreadable) as error:
                raise refusal(f"Nothing was written: {error}") from None

        return read

    def _patient(self, email: str) -> Patient:
        patient = Patient.objects.filter(user__email__iexact=email.strip()).first()
        if patient is None:
            raise refusal(f"Nobody with a diary signs in as {email}.")
        return patient

    def _into_clinic(self, slug: str) -> tuple[Callable[[str], Patient], Clinic, date]:
        clinic = Clinic.objects.filter(slug=slug).first()
        if clinic is None:
            raise refusal(f"There is no clinic '{slug}'.")
        pseudonyms = Pseudonyms(clinic)

        def patient_of(pseudonym: str) -> Patient:
            if not pseudonym:
                raise refusal("The file has no column 'patient'; a clinic's file names each row's patient.")
            return pseudonyms.patient(pseudonym)

        return patient_of, clinic, timezone.localdate() + timedelta(days=1)

    def _into_diary(self, email: str) -> tuple[Callable[[str], Patient], Clinic | None, date]:
        patient = self._patient(email)
        seen: set[str] = set()

        def patient_of(pseudonym: str) -> Patient:
            seen.add(pseudonym)
            if len(seen - {""}) > 1:
                raise refusal(
                    f"The files hold several people ({', '.join(sorted(seen))}); --patient takes one."
                )
            return patient

        return patient_of, clinic_of(patient), patient.date_at(timezone.now()) + timedelta(days=1)

    def _progress(self, people: int) -> None:
        seconds = time.monotonic() - self.started
        if seconds > 1 and sys.stderr.isatty():
            self.stderr.write(f"{people} people after {seconds:.0f} s", ending="\r")
