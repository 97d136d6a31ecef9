"""Reads the JSON of MigraLog: episodes, how strong they were from time to time, what was taken, and days called free.

Moments are numbers since 1970 and become days by the time zone of the file, or of the diary. A day that the app calls
yellow was not good and no headache by itself: what it means is asked. Where somebody was is not even read.
"""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from diary import catalogue
from diary.details import Quality, implied_features
from diary.imports import json_text as said
from diary.imports.attacks import Attack, Found, Free, Taken, Told, Unanswered, only, side_of, triggers_of
from diary.imports.diary_csv import MOST_DOSES, BadValue, Report, Row
from diary.imports.json_text import Object
from diary.rules import Feature

NEEDED = ("episodes", "medications", "medicationDoses")
MILLISECONDS = 1000
FEATURES = {
    "nausea": Feature.NAUSEA,
    "vomiting": Feature.VOMITING,
    "visual_disturbances": Feature.AURA,
    "aura": Feature.AURA,
    "light_sensitivity": Feature.PHOTOPHOBIA,
    "sound_sensitivity": Feature.PHONOPHOBIA,
}
QUALITIES = {
    "throbbing": Quality.PULSATING,
    "pressure": Quality.PRESSING,
    "stabbing": Quality.STABBING,
    "sharp": Quality.STABBING,
}
CLASSES = {"triptan": "triptan", "nsaid": "non_opioid"}
PREVENTIVE = ("preventative", "preventive")
NEVER_READ = ("calendarOverlays", "medicationSchedules")


def recognises(text: str) -> bool:
    """By its lists."""
    return text.lstrip("\ufeff \r\n\t").startswith("{") and all(f'"{key}"' in text for key in NEEDED)


def rows(text: str, report: Report, told: Told) -> list[Row]:
    """One row a date. Raises `Unanswered` ("yellow")."""
    whole = said.opened(text, report)
    if not isinstance(whole, dict) or not _is_whole(whole, report):
        return []
    return _Export(whole, report, told).rows()


def _is_whole(whole: Object, report: Report) -> bool:
    """Exports that were cut off happened: the file says itself how much it holds."""
    for key in NEEDED:
        if not isinstance(whole.get(key), list):
            report.unreadable("the file", f"its list '{key}' is missing; export it once more")
            return False
    stated = whole["metadata"] if isinstance(whole.get("metadata"), dict) else {}
    for key, name in (("episodeCount", "episodes"), ("medicationCount", "medications")):
        number = stated.get(key)
        if isinstance(number, int) and number > len(whole[name]):
            report.unreadable(
                "the file",
                f"it says that it holds {number} {name}, and {len(whole[name])} are there: it is cut off; "
                "export it once more",
            )
            return False
    return True


class _Export:
    """One file while it is read."""

    def __init__(self, whole: Object, report: Report, told: Told) -> None:
        self.whole, self.report, self.told = whole, report, told
        self.found = Found()
        self.zone = self._zone()

    def rows(self) -> list[Row]:
        self._episodes()
        self._statuses()
        self._doses()
        for key in NEVER_READ:
            if number := len(list(said.objects(self.whole, key))):
                self.found.left_out[key] = number
        return self.found.rows(self.report)

    def _zone(self) -> ZoneInfo:
        """Of the schedules of the file where one is said, else of the diary."""
        for _place, schedule in said.objects(self.whole, "medicationSchedules"):
            try:
                zone = ZoneInfo(str(schedule["timezone"]))
            except (KeyError, ValueError, OSError):
                continue
            self.report.notice(f"times are read in the time zone of the file, {zone.key}")
            return zone
        self.report.notice(f"times are read in the time zone of the diary, {self.told.zone}")
        return self.told.zone  # type: ignore[return-value]

    def _once(self, key: str) -> list[tuple[str, Object]]:
        """The objects of a list, each id once."""
        seen: dict[str, tuple[str, Object]] = {}
        kept = []
        for place, one in said.objects(self.whole, key):
            name = said.name(one, "id")
            earlier = seen.setdefault(name, (place, one)) if name else (place, one)
            if earlier[0] == place:
                kept.append((place, one))
            elif earlier[1] == one:
                self.report.notice(f"{place}: the same as {earlier[0]}, counted once")
            else:
                self.report.problem(
                    place, "id", f"is the id of {earlier[0]} too, which differs; keep one of them"
                )
        return kept

    def _of_episodes(self, key: str) -> dict[str | None, list[Object]]:
        found: dict[str | None, list[Object]] = defaultdict(list)
        for _place, one in said.objects(self.whole, key):
            if name := said.name(one, "episodeId"):
                found[name].append(one)
        return found

    def _episodes(self) -> None:
        readings, symptoms = self._of_episodes("intensityReadings"), self._of_episodes("symptomLogs")
        places, notes = self._of_episodes("painLocationLogs"), self._of_episodes("episodeNotes")
        for place, episode in self._once("episodes"):
            name = said.name(episode, "id")
            with self.report.refusing(place):
                self.found.attacks.append(
                    self._attack(place, episode, readings[name], symptoms[name], places[name], notes[name])
                )

    def _attack(  # an episode, and what four other lists say of it
        self,
        place: str,
        episode: Object,
        readings: list[Object],
        symptoms: list[Object],
        places: list[Object],
        notes: list[Object],
    ) -> Attack:
        began = said.moment(episode, "startTime", self.zone, per_second=MILLISECONDS)
        if began is None:
            raise BadValue("startTime", "is missing; nothing says on which day it was")
        pains = tuple(pain for reading in readings for pain in self._pain(reading))
        words = [*said.words(episode, "symptoms"), *(said.text(one, "symptom") for one in symptoms)]
        quality = only(QUALITIES.get(word) for word in said.words(episode, "qualities"))
        positions = [
            *said.words(episode, "locations"),
            *(w for one in places for w in said.words(one, "painLocations")),
        ]
        side = side_of(positions)
        features = {FEATURES.get(word.casefold()) for word in words}
        if "throbbing" in said.words(episode, "qualities"):
            features.add(Feature.PULSATING)
        if None in features:
            self.found.left_out["other symptoms"] += 1
        return Attack(
            place,
            began,
            said.moment(episode, "endTime", self.zone, per_second=MILLISECONDS),
            features=frozenset(one for one in features if one) | implied_features(side, quality, ()),
            side=side,
            triggers=triggers_of(said.words(episode, "triggers"), self.found.left_out),
            note="\n".join(
                filter(None, [said.text(episode, "notes"), *(said.text(one, "note") for one in notes)])
            ),
            quality=quality,
            pains=pains,
        )

    def _pain(self, reading: Object) -> list[tuple[date, int]]:
        """0 stands with headache-free days alone: in an episode it is a pain that is not said."""
        pain = said.number(reading, "intensity", 0, 10)
        when = said.moment(reading, "timestamp", self.zone, per_second=MILLISECONDS)
        if pain is None or when is None:
            return []
        if round(pain) == 0:
            self.found.left_out["a pain of 0 in an episode"] += 1
            return []
        return [(when.date(), math.ceil(pain))]

    def _statuses(self) -> None:
        sick = {when for attack in self.found.attacks for when in attack.dates}
        for place, status in self._once("dailyStatusLogs"):
            with self.report.refusing(place):
                self._status(place, status, said.day(status, "date"), sick)

    def _status(self, place: str, status: Object, when: date, sick: set[date]) -> None:
        colour = said.text(status, "status")
        if colour == "yellow" and when not in sick:
            if not self.told.yellow:
                raise Unanswered("yellow")
            colour = {"free": "green", "headache": "red"}.get(self.told.yellow, "")
            if colour == "red":
                began, note = datetime.combine(when, time(0)), said.text(status, "notes")
                self.found.attacks.append(Attack(place, began, note=note))
        elif colour == "red" and when not in sick:
            self.found.left_out["a red day without an episode"] += 1
        if colour == "green":
            self.found.free.append(Free(place, when, said.text(status, "notes")))

    def _doses(self) -> None:
        medicines = {name: one for _place, one in self._once("medications") if (name := said.name(one, "id"))}
        for place, dose in self._once("medicationDoses"):
            with self.report.refusing(place):
                self._dose(place, dose, medicines.get(said.name(dose, "medicationId") or ""))

    def _dose(self, place: str, dose: Object, medicine: Object | None) -> None:
        if dose.get("status") == "skipped":
            return
        if medicine and medicine.get("type") in PREVENTIVE:
            self.found.left_out["preventive medicines"] += 1
            return
        when = said.moment(dose, "timestamp", self.zone, per_second=MILLISECONDS)
        if when is None:
            raise BadValue("timestamp", "is missing; nothing says on which day it was taken")
        with self.found.doses_of(when.date()):
            self._take(place, when.date(), dose, medicine)

    def _take(self, place: str, when: date, dose: Object, medicine: Object | None) -> None:
        if medicine is None:
            raise BadValue("medicationId", "names no medicine of the file")
        quantity = said.number(dose, "quantity", 0, MOST_DOSES)
        if quantity == 0:
            self.found.left_out["a dose of quantity 0"] += 1
            return
        # Half a tablet is one dose: what is counted are days and how often something was taken.
        doses = math.ceil(quantity) if quantity else 1
        self.found.taken.append(Taken(place, when, self.told.dose(self._name(dose, medicine), doses)))

    def _name(self, dose: Object, medicine: Object) -> str:
        """With its strength where the catalogue knows it so, and with its class where the file says it."""
        name = said.text(medicine, "name", 80)
        for one in (dose, medicine):
            amount, unit = said.number(one, "dosageAmount", 0, 1e6), said.text(one, "dosageUnit", 20)
            if amount and unit and catalogue.match(strong := f"{name} {amount:g} {unit}"):
                return strong
        word = CLASSES.get(said.text(medicine, "category"))
        return f"{name} (class:{word})" if word and not catalogue.match(name) else name
