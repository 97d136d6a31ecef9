"""Reads the daily data of Headache Companion: a list of days with their attacks and what was taken.

The app writes a day for every time it was opened, so a day without an attack says nothing, and is not taken over.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time

from diary.details import Quality, Side, implied_features
from diary.imports import json_text as said
from diary.imports.attacks import Attack, Found, Taken, Told, only
from diary.imports.diary_csv import MOST_DOSES, BadValue, Report, Row
from diary.imports.json_text import Object
from diary.rules import Feature

OPINIONS = {"migraine": True, "tension": False}
FEATURES = {
    "nausea": Feature.NAUSEA,
    "vomiting": Feature.VOMITING,
    "light sensitivity": Feature.PHOTOPHOBIA,
    "sensitivity to light": Feature.PHOTOPHOBIA,
    "sound sensitivity": Feature.PHONOPHOBIA,
    "sensitivity to sound": Feature.PHONOPHOBIA,
    "sensitivity to noise": Feature.PHONOPHOBIA,
}
HABITS = ("diet", "exercise", "relax", "sleep", "water")
ONE_SIDE, BOTH_SIDES = 1, 2


def recognises(text: str) -> bool:
    """By the names of what a day holds, or a medicine."""
    start = text.lstrip("\ufeff \r\n\t")
    return start.startswith("[") and (
        '"attacks"' in text or ('"startDate"' in text and '"frequency"' in text)
    )


def rows(text: str, report: Report, told: Told) -> list[Row]:
    """One row a date."""
    days = said.opened(text, report)
    if days is None:
        return []
    if not any(isinstance(day, dict) and "attacks" in day for day in days):
        report.unreadable("the file", "it is the list of medicines; choose the file HC-DailyData")
        return []
    found = Found()
    for place, day in said.objects({"day": days}, "day"):
        with report.refusing(place):
            _day(place, day, said.day(day, "date"), told, found, report)
    report.notice(f"times are read in the time zone of the diary, {told.zone}")
    return found.rows(report)


def _day(place: str, day: Object, when: date, told: Told, found: Found, report: Report) -> None:
    attacks = list(said.objects(day, "attacks"))
    if not attacks:
        found.left_out["a day without an attack, which the app writes whenever it is opened"] += 1
    note = said.text(day, "notes")
    seen: set[str] = set()
    for at, attack in attacks:
        where, name = f"{place}, {at}", said.name(attack, "id")
        if name in seen:
            report.notice(f"{where}: an attack with this id stands there already, counted once")
            continue
        seen |= {name} if name else set()
        with report.refusing(where):
            found.attacks.append(_attack(where, attack, when, note, told, found))
            note = ""
    for at, medicine in said.objects(day, "medications"):
        where = f"{place}, {at}"
        with report.refusing(where), found.doses_of(when):
            _medicine(where, medicine, when, told, found)
    if any(said.number(day, key, 0, 3) for key in HABITS):
        found.left_out["diet, exercise, relaxation, sleep and water"] += 1


def _attack(place: str, attack: Object, when: date, note: str, told: Told, found: Found) -> Attack:
    began = said.moment(attack, "startTime", told.zone) or datetime.combine(when, time(0))
    ended = said.moment(attack, "stopTime", told.zone)
    pain = said.number(attack, "painLevel", 0, 10)
    words = [word.casefold() for word in said.words(attack, "symptoms")]
    features = {FEATURES[word] for word in words if word in FEATURES}
    if len(features) < len(set(words)):
        found.left_out["other symptoms"] += 1
    kinds = [kind for kind in (Quality.PRESSING, Quality.PULSATING) if attack.get(kind) is True]
    sides = {said.number(attack, f"{kind}Side", 0, BOTH_SIDES) for kind in kinds} - {None, 0}
    quality = only(kinds)
    if Quality.PULSATING in kinds:
        features.add(Feature.PULSATING)
    if sides == {ONE_SIDE}:
        features.add(Feature.ONE_SIDED)
    if said.words(attack, "auras"):
        features.add(Feature.AURA)
    return Attack(
        place,
        began,
        # The app does not always keep the end; an earlier one was never set.
        ended if ended and ended > began else None,
        math.ceil(pain) if pain else None,
        OPINIONS.get(said.text(attack, "headacheType").casefold()),
        frozenset(features) | implied_features(None, quality, ()),
        Side.BOTH if sides == {BOTH_SIDES} else None,
        note=note,
        quality=quality,
        menstruation=True if attack.get("onPeriod") is True else None,
    )


def _medicine(place: str, medicine: Object, when: date, told: Told, found: Found) -> None:
    if said.text(medicine, "type").casefold() == "preventive":
        found.left_out["preventive medicines"] += 1
        return
    amount = medicine.get("amount")
    if isinstance(amount, str):
        amount = int(amount) if amount.strip().isdecimal() and len(amount) < 4 else 1
    doses = said.number({"amount": amount}, "amount", 0, MOST_DOSES)
    name = said.text(medicine, "name", 80)
    if not name:
        raise BadValue("name", "is missing; nothing says what was taken")
    if medicine.get("effective") in (0, 1):
        found.left_out["how well medicines helped"] += 1
    found.taken.append(Taken(place, when, told.dose(name, math.ceil(doses) if doses else 1)))
