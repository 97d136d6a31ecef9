"""Counts a diary file without touching a database."""

from __future__ import annotations

import csv
import gc
import json
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, TextIO

from django.core.management.base import BaseCommand

from clinic.exports import MONTH_COLUMNS, SCHEMA, analysis_json, month_rows, text_lines
from clinic.imports import sessions_by_patient
from clinic.rules import Analysis, analysis
from diary.imports.diary_csv import (
    NotGrouped,
    Report,
    Row,
    escaped,
    gathered,
    grouped,
    open_text,
    rows,
    shown,
)
from diary.rules import MIGRAINE_DAYS, Diary, MigraineDay

Analyses = Iterator[tuple[str, Analysis]]


def _write_json(found: Analyses, out: TextIO, definition: MigraineDay) -> None:
    out.write(f'{{"schema": {SCHEMA}, "migraine_day": {json.dumps(definition.key)}, "patients": [')
    for number, (patient, one) in enumerate(found):
        out.write(
            ("," if number else "") + "\n" + json.dumps(analysis_json(patient, one), ensure_ascii=False)
        )
    out.write("]}\n")


def _write_csv(found: Analyses, out: TextIO, definition: MigraineDay) -> None:
    writer = csv.writer(out)
    writer.writerow(MONTH_COLUMNS)
    for patient, one in found:
        writer.writerows(month_rows(escaped(patient), one))


def _write_text(found: Analyses, out: TextIO, definition: MigraineDay) -> None:
    out.write(f"Migraine days: {definition.source}.\n")
    out.write(
        "A range counts the days that were not recorded either way. These are counts, not a diagnosis.\n\n"
    )
    for patient, one in found:
        out.writelines(line + "\n" for line in text_lines(patient, one))


WRITERS: dict[str, Callable[[Analyses, TextIO, MigraineDay], None]] = {
    "text": _write_text,
    "csv": _write_csv,
    "json": _write_json,
}


class Command(BaseCommand):
    help = "Counts a diary CSV beside the published numbers. Reads files, touches no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("diary", metavar="DIARY.csv")
        parser.add_argument(
            "--sessions", metavar="SESSIONS.csv", help="injection sessions of the same patients"
        )
        parser.add_argument("--migraine-day", choices=MIGRAINE_DAYS, default="pragmatic")
        parser.add_argument("--format", choices=WRITERS, default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        # Nothing made here refers to itself in a circle, so the collector would only walk it in vain.
        gc.disable()
        try:
            self._print(options)
        finally:
            gc.enable()

    def _print(self, options: dict[str, Any]) -> None:
        # The result waits in a temporary file, so that a bad line found late leaves no half answer behind.
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as out:
            report = Report()
            try:
                report = self._analyse(options, grouped, out)
            except NotGrouped:
                out.seek(0)
                out.truncate()
                report = self._analyse(options, gathered, out)
            except OSError as error:
                report.problems.append(f"{error.filename}: {error.strerror}")
            for line in (*report.notices, *report.problems):
                self.stderr.write(line)
            if report.problems:
                sys.exit(2)
            out.seek(0)
            while part := out.read(1 << 16):
                self.stdout.write(part, ending="")

    def _analyse(self, options: dict[str, Any], together: Any, out: TextIO) -> Report:
        report = Report()
        definition = MIGRAINE_DAYS[options["migraine_day"]]
        sessions = self._sessions(options["sessions"], report)
        with open_text(options["diary"]) as file:
            people = together(rows(file, report), report)
            WRITERS[options["format"]](self._analyses(people, sessions, definition), out, definition)
        for patient in sessions:
            report.notice(f"sessions of {shown(patient)}: no diary, left out")
        return report

    def _sessions(self, path: str | None, report: Report) -> dict[str, list[date]]:
        if path is None:
            return {}
        own = Report()
        with open_text(path) as file:
            found = sessions_by_patient(file, own)
        report.problems += [f"{path}: {text}" for text in own.problems]
        report.notices += [f"{path}: {text}" for text in own.notices]
        return {patient: [row.date for row in together] for patient, together in found.items()}

    def _analyses(
        self,
        people: Iterator[tuple[str, list[Row]]],
        sessions: dict[str, list[date]],
        definition: MigraineDay,
    ) -> Analyses:
        started = told = time.monotonic()
        counted = 0
        for patient, together in people:
            yield (
                patient,
                analysis(Diary([row.day for row in together], definition), sessions.pop(patient, [])),
            )
            counted += len(together)
            if time.monotonic() - told > 1 and sys.stderr.isatty():
                told = time.monotonic()
                self.stderr.write(f"{counted} days after {told - started:.0f} s", ending="\r")
