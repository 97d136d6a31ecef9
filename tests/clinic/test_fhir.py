"""The diary as FHIR R4: of the published shape, with no code that is not sure, and with its gaps."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from fhir.resources.R4B.bundle import Bundle

from clinic.exports import STATE_WORDS, month_json
from clinic.fhir import bundle, bundle_text
from clinic.models import Clinic
from diary.imports.storage import recorded_rows
from diary.rules import Diary, Reached, months
from tests.cast import TODAY, new_patient, record, session

pytestmark = pytest.mark.django_db
OWN = "urn:headache-diary:codes"
# What clinical sources call sure, and the codes of the catalogue's products that are taken below.
SURE = {
    ("http://snomed.info/sct", "25064002"),
    ("http://snomed.info/sct", "37796009"),
    ("http://loinc.org", "72514-3"),
    ("http://www.whocc.no/atc", "M03AX01"),
    ("http://www.whocc.no/atc", "N02CC01"),
    ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J0585"),
}
HOSTILE = 'a "quote" \\ <b>&amp;\x07\u2028 😀\r\nend'


@pytest.fixture
def anna(db, noon):
    patient = new_patient("Anna Example")
    triptan = patient.medicines.create(
        product="sumatriptan-tab", name="sumatriptan", strength="50 mg", medication_class="triptan"
    )
    own = patient.medicines.create(name="Oma's Tropfen", medication_class="other")
    record(patient, date(2026, 4, 1), "none")
    record(patient, date(2026, 4, 3), "severe", triptan, own, pain=8, migraine=True, features="nausea;aura")
    record(patient, date(2026, 4, 4), "yes", note=HOSTILE, hours="2.5", menstruation=False, relief="full")
    record(patient, date(2026, 5, 2), "mild", triptan)
    clinic = Clinic.objects.create(name="Riverside Headache Clinic", slug="riverside")
    given = {"units": 155, "sites": 31, "batch": "C\x07 1", "expiry": date(2027, 1, 31)}
    session(
        patient, date(2026, 4, 10), clinic=clinic, product="Botox", injector="Dr Who", note="secret", **given
    )
    session(patient, date(2026, 6, 10), clinic=clinic, product="Dysport", units=500)
    return patient


def of(found, kind):
    return [entry["resource"] for entry in found["entry"] if entry["resource"]["resourceType"] == kind]


def days(found):
    return {one["effectiveDateTime"]: one for one in of(found, "Observation") if "effectiveDateTime" in one}


def components(resource):
    return {
        (part["code"].get("coding") or [{"code": ""}])[0]["code"]: next(
            value for key, value in part.items() if key.startswith("value")
        )
        for part in resource.get("component", ())
    }


def codings(value):
    if isinstance(value, dict):
        if {"system", "code"} <= value.keys():
            yield value["system"], value["code"]
        for one in value.values():
            yield from codings(one)
    elif isinstance(value, list):
        for one in value:
            yield from codings(one)


def test_bundle_is_of_the_published_shape(anna):
    found = Bundle.model_validate_json(bundle_text(anna, TODAY))
    kinds = [entry.resource.__resource_type__ for entry in found.entry]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "Patient": 1,
        "Observation": 4 + 2,
        "MedicationStatement": 3,
        "Procedure": 2,
        "MedicationAdministration": 2,
    }


def test_what_is_not_of_the_shape_is_refused():
    """The broken twin of the test above."""
    with pytest.raises(ValueError, match="validation error"):
        Bundle.model_validate({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {
            "resourceType": "Observation", "status": "final"}}]})  # fmt: skip


def test_gap_is_absent_and_a_free_day_is_false(anna):
    said = {when: one["valueBoolean"] for when, one in days(bundle(anna, TODAY)).items()}
    assert said == {"2026-04-01": False, "2026-04-03": True, "2026-04-04": True, "2026-05-02": True}


def test_every_code_is_sure_or_our_own(anna):
    found = set(codings(bundle(anna, TODAY)))
    assert {coding for coding in found if coding[0] != OWN} == SURE


def test_code_of_units_is_onabotulinumtoxins_alone(anna):
    botox, dysport = of(bundle(anna, TODAY), "MedicationAdministration")
    assert [code for _system, code in codings(botox["contained"])] == ["M03AX01", "J0585"]
    assert [code for _system, code in codings(dysport["contained"])] == ["M03AX01"]
    assert botox["dosage"] == {
        "text": "155 units of Botox at 31 sites",
        "dose": {"value": 155, "unit": "units of the product"},
    }
    assert botox["contained"][0]["batch"] == {"lotNumber": "C\ufffd 1", "expirationDate": "2027-01-31"}


def test_what_a_day_says_is_in_its_components(anna):
    found = days(bundle(anna, TODAY))
    assert components(found["2026-04-01"]) == {}
    assert components(found["2026-04-03"]) == {
        "72514-3": 8, "severity": "severe", "37796009": True, "aura": True, "nausea": True
    }  # fmt: skip
    assert components(found["2026-04-04"]) == {
        "hours": {"value": 2.5, "unit": "hours"}, "relief": "full", "menstruation": False
    }  # fmt: skip


def test_what_was_taken_is_a_statement_of_the_patient(anna):
    found = of(bundle(anna, TODAY), "MedicationStatement")
    said = [(one["effectiveDateTime"], one["medicationCodeableConcept"]["text"]) for one in found]
    assert said == [
        ("2026-04-03", "sumatriptan 50 mg"),
        ("2026-04-03", "Oma's Tropfen"),
        ("2026-05-02", "sumatriptan 50 mg"),
    ]
    assert found[0]["informationSource"] == found[0]["subject"]


def test_counts_of_a_month_are_those_of_the_rules_beside_what_is_missing(anna):
    found = [one for one in of(bundle(anna, TODAY), "Observation") if "effectivePeriod" in one]
    counted = [month_json(month) for month in months(Diary(row.day for row in recorded_rows(anna)))]
    for resource, month in zip(found, counted, strict=True):
        said = components(resource)
        for key in ("days", "recorded", "missing", "headache_days", "migraine_days", "acute_medication_days"):
            assert said[key] == month[key]
        assert said["medication_days_triptan"] == month["medication_days"]["triptan"]
        assert said["headache_15"] == STATE_WORDS[Reached(month["headache_15"])]
        assert said["overuse_8.2.2"] == STATE_WORDS[Reached(month["overuse"]["8.2.2"])]
    assert components(found[0])["missing"] == 27
    assert components(found[0])["headache_15"] == "uncertain"
    assert [one["effectivePeriod"] for one in found] == [
        {"start": "2026-04-01", "end": "2026-04-30"},
        {"start": "2026-05-01", "end": "2026-05-31"},
    ]


def test_month_that_is_not_over_is_preliminary(anna):
    record(anna, TODAY, "none")
    found = [one["status"] for one in of(bundle(anna, TODAY), "Observation") if "effectivePeriod" in one]
    assert found == ["final", "final", "preliminary"]


def test_estimate_has_a_code_of_its_own(anna):
    for day in range(1, 29):
        record(anna, date(2026, 3, day), "mild")
    month = next(one for one in of(bundle(anna, TODAY), "Observation") if "effectivePeriod" in one)
    said = components(month)
    assert (said["headache_days"], said["estimate_30"]) == (28, {"value": 30.0, "unit": "days"})


def test_same_diary_gives_the_same_bytes(anna):
    first = bundle_text(anna, TODAY)
    assert bundle_text(type(anna).objects.get(pk=anna.pk), TODAY) == first
    out = StringIO()
    call_command("export_diary", "--patient", anna.user.email, "--format", "fhir", stdout=out)
    assert out.getvalue() == first


def test_references_lead_to_what_is_there(anna):
    found = bundle(anna, TODAY)
    names = [entry["fullUrl"] for entry in found["entry"]]
    assert len(set(names)) == len(names)
    said = {line.split('"')[3] for line in json.dumps(found, indent=1).splitlines() if '"reference"' in line}
    assert said <= {*names, "#given"}


def test_text_comes_out_legible_and_staff_do_not(anna):
    text = bundle_text(anna, TODAY)
    note = days(json.loads(text))["2026-04-04"]["note"]
    assert note == [{"text": HOSTILE.replace("\x07", "\ufffd")}]
    for hidden in ("Dr Who", "secret", "Riverside", anna.user.email):
        assert hidden not in text


def test_queries_do_not_grow(anna, django_assert_num_queries):
    with django_assert_num_queries(3):
        bundle(anna, TODAY)
    for day in range(1, 28):
        record(anna, date(2026, 2, day), "mild")
    with django_assert_num_queries(3):
        bundle(anna, TODAY)


def test_empty_diary_is_a_patient_alone(db):
    found = bundle(new_patient("Nobody Yet"), TODAY)
    assert [entry["resource"]["resourceType"] for entry in found["entry"]] == ["Patient"]
    Bundle.model_validate(found)


def test_names_with_a_slash_do_not_become_one_another(anna):
    day = anna.days.get(date=date(2026, 5, 2))
    for name, strength in (("a/b", "c"), ("a", "b/c")):
        own = anna.medicines.create(name=name, strength=strength, medication_class="other")
        day.intakes.create(medicine=own, doses=1)
    names = [entry["fullUrl"] for entry in bundle(anna, TODAY)["entry"]]
    assert len(set(names)) == len(names)


def test_no_diagnosis_is_made_and_no_fifth_answer_given(anna):
    text = bundle_text(anna, TODAY)
    assert "against chronic migraine" not in text
    assert "not applicable" not in text
