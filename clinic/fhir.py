"""A patient's diary as HL7 FHIR R4: a Bundle that a clinic's records system reads.

Three states are kept: a day with a headache is true, one recorded as free is false, and one that was not recorded is
not there. Codes stand only where they are sure (SNOMED CT and LOINC as HL7's own examples use them, ATC from the
catalogue, HCPCS J0585 for onabotulinumtoxinA alone); everything else has a code of this program and its words. The same
diary gives the same bytes. https://hl7.org/fhir/R4/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid5

from clinic.dosing import is_given_in_preempt
from clinic.exports import STATE_WORDS, month_json
from clinic.models import InjectionSession
from diary import catalogue
from diary.imports.diary_csv import Dose, Row
from diary.imports.storage import recorded_rows
from diary.models import Patient
from diary.rules import Diary, Headache, Month, Reached, months, next_month

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ATC = "http://www.whocc.no/atc"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
OWN = "urn:headache-diary:codes"
HEADACHE = (SNOMED, "25064002", "Headache")
MIGRAINE = (SNOMED, "37796009", "Migraine")
PAIN = (LOINC, "72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")
BOTULINUM_TOXIN = (ATC, "M03AX01", "botulinum toxin")
ONABOTULINUM = (HCPCS, "J0585", "Injection, onabotulinumtoxina, 1 unit")
COUNTS = {
    "days": "Days of the month",
    "recorded": "Days recorded",
    "missing": "Days not recorded",
    "headache_days": "Headache days recorded",
    "migraine_days": "Migraine days recorded",
    "moderate_severe_days": "Days with a moderate or severe headache recorded",
    "acute_medication_days": "Days with an acute medicine recorded",
}

Json = dict[str, Any]


def bundle_text(patient: Patient, today: date) -> str:
    """The Bundle as text, the same for the same diary on every day of a month."""
    return json.dumps(bundle(patient, today), ensure_ascii=False, indent=1) + "\n"


def bundle(patient: Patient, today: date) -> Json:
    """The whole diary. Three queries, whatever its length."""
    rows = recorded_rows(patient)
    resources = [
        _patient(patient),
        *(_day(patient, row) for row in rows),
        *(_taken(patient, row.date, dose) for row in rows for dose in row.medicines),
        *(one for session in patient.sessions.order_by("date") for one in _session(patient, session)),
        *(_month(patient, counted, today) for counted in months(Diary(row.day for row in rows))),
    ]
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


# --- Parts of resources --------------------------------------------------------------------------------------


def _id(patient: Patient, *names: object) -> str:
    """The same for the same thing in every export, and of nobody else."""
    return str(uuid5(patient.pseudonym, json.dumps([str(name) for name in names])))


def _subject(patient: Patient) -> Json:
    return {"reference": f"urn:uuid:{_id(patient, 'patient')}"}


def clean(text: str) -> str:
    """Text that FHIR can carry: a control character becomes a mark that something stood there."""
    return "".join(sign if sign >= " " or sign in "\t\r\n" else "\ufffd" for sign in text).strip()


def _concept(text: str, *codings: tuple[str, str, str]) -> Json:
    coded = [{"system": system, "code": code, "display": display} for system, code, display in codings]
    return {"coding": coded, "text": text} if coded else {"text": text}


def _own(code: str, text: str) -> Json:
    return _concept(text, (OWN, code, text))


# --- Resources -----------------------------------------------------------------------------------------------


def _patient(patient: Patient) -> Json:
    found: Json = {
        "resourceType": "Patient",
        "id": _id(patient, "patient"),
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{patient.pseudonym}"}],
    }
    if name := clean(patient.name):
        found["name"] = [{"text": name}]
    if patient.date_of_birth:
        found["birthDate"] = patient.date_of_birth.isoformat()
    return found


def _day(patient: Patient, row: Row) -> Json:
    found: Json = {
        "resourceType": "Observation",
        "id": _id(patient, "day", row.date),
        "status": "final",
        "code": _concept("Headache on this day", HEADACHE),
        "subject": _subject(patient),
        "effectiveDateTime": row.date.isoformat(),
        "valueBoolean": row.day.headache is not Headache.NONE,
    }
    if components := list(_components(row)):
        found["component"] = components
    if note := clean(row.note):
        found["note"] = [{"text": note}]
    return found


def _components(row: Row) -> Iterator[Json]:
    day, other = row.day, row.other
    if day.pain is not None:
        yield {"code": _concept("Worst pain of the day, 0 to 10", PAIN), "valueInteger": day.pain}
    if day.headache not in (Headache.NONE, Headache.YES):
        yield {"code": _own("severity", "Severity"), "valueString": day.headache.value}
    if other.hours is not None:
        hours = {"value": float(other.hours), "unit": "hours"}
        yield {"code": _own("hours", "Hours of headache on this day"), "valueQuantity": hours}
    if day.migraine is not None:
        said = _concept("Migraine, in the person's own opinion", MIGRAINE)
        yield {"code": said, "valueBoolean": day.migraine}
    for feature in sorted(day.features):
        words = feature.value.replace("_", " ").capitalize()
        yield {"code": _own(feature.value, words), "valueBoolean": True}
    if day.relief:
        words = "Relief two hours after the acute medicine"
        yield {"code": _own("relief", words), "valueString": day.relief.value}
    if other.disability:
        yield {"code": _own("disability", "Disability"), "valueString": other.disability.value}
    if other.menstruation is not None:
        yield {"code": _own("menstruation", "Menstruation"), "valueBoolean": other.menstruation}


def _taken(patient: Patient, when: date, dose: Dose) -> Json:
    """What somebody says to have taken on a day. When on that day is not said."""
    product = catalogue.PRODUCT_BY_KEY.get(dose.product) if dose.product else None
    codings = [(ATC, product.atc, product.generic)] if product and product.atc else []
    text = clean(f"{dose.name} {dose.strength}") or dose.medication_class.value
    doses = "1 dose" if dose.doses == 1 else f"{dose.doses} doses"
    return {
        "resourceType": "MedicationStatement",
        "id": _id(patient, "taken", when, dose.name, dose.strength, dose.medication_class),
        "status": "completed",
        "category": _own(dose.medication_class.value, f"Acute medicine, class {dose.medication_class.value}"),
        "medicationCodeableConcept": _concept(text, *codings),
        "subject": _subject(patient),
        "effectiveDateTime": when.isoformat(),
        "informationSource": _subject(patient),
        "dosage": [{"text": doses}],
    }


def _session(patient: Patient, session: InjectionSession) -> Iterator[Json]:
    """What was done, and what was given at it. Who did it, and what they noted, is not of the diary."""
    procedure = _id(patient, "session", session.pk)
    yield {
        "resourceType": "Procedure",
        "id": procedure,
        "status": "completed",
        "code": _own("botulinum-toxin-session", "Injections of botulinum toxin"),
        "subject": _subject(patient),
        "performedDateTime": session.date.isoformat(),
    }
    product = clean(session.product)
    is_onabotulinum = bool(product) and is_given_in_preempt(product)
    medicine = {
        "resourceType": "Medication",
        "id": "given",
        "code": _concept(
            product or "botulinum toxin", BOTULINUM_TOXIN, *([ONABOTULINUM] if is_onabotulinum else [])
        ),
    }
    batch = {"lotNumber": clean(session.batch)} if clean(session.batch) else {}
    if session.expiry:
        batch["expirationDate"] = session.expiry.isoformat()
    if batch:
        medicine["batch"] = batch
    given: Json = {
        "resourceType": "MedicationAdministration",
        "id": _id(patient, "given", session.pk),
        "contained": [medicine],
        "partOf": [{"reference": f"urn:uuid:{procedure}"}],
        "status": "completed",
        "medicationReference": {"reference": "#given"},
        "subject": _subject(patient),
        "effectiveDateTime": session.date.isoformat(),
    }
    if session.units:
        # Units are of their product: no unit of measure makes them comparable.
        sites = f" at {session.sites} sites" if session.sites else ""
        words = f"{session.units} units of {product or 'the product'}{sites}"
        given["dosage"] = {"text": words, "dose": {"value": session.units, "unit": "units of the product"}}
    yield given


def _month(patient: Patient, counted: Month, today: date) -> Json:
    """The counts of a month beside how much of it was recorded, and where they stand to the published numbers."""
    following = next_month(counted.month)
    return {
        "resourceType": "Observation",
        "id": _id(patient, "month", counted.month),
        "status": "final" if following <= today else "preliminary",
        "code": _own("month", "Counts of a calendar month of a headache diary"),
        "subject": _subject(patient),
        "effectivePeriod": {
            "start": counted.month.isoformat(),
            "end": (following - timedelta(days=1)).isoformat(),
        },
        "component": list(_counts(month_json(counted))),
    }


def _counts(counted: Json) -> Iterator[Json]:
    for key, words in COUNTS.items():
        yield {"code": _own(key, words), "valueInteger": counted[key]}
    for word, days in counted["medication_days"].items():
        code = _own(f"medication_days_{word}", f"Days with a medicine recorded, class {word}")
        yield {"code": code, "valueInteger": days}
    yield _state("headache_15", "15 headache days a month (ICHD-3 1.3)", counted["headache_15"])
    yield _state("migraine_8", "8 migraine days a month (ICHD-3 1.3)", counted["migraine_8"])
    for code, state in counted["overuse"].items():
        if state != Reached.NOT_APPLICABLE:
            yield _state(f"overuse_{code}", f"Days a month of ICHD-3 {code}", state)
    if counted["estimate_30"] is not None:
        days = {"value": counted["estimate_30"], "unit": "days"}
        words = "Headache days, estimated for 30 days from the days recorded"
        yield {"code": _own("estimate_30", words), "valueQuantity": days}


def _state(code: str, words: str, state: str) -> Json:
    return {"code": _own(code, words), "valueString": STATE_WORDS[Reached(state)]}
