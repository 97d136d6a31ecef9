"""The service audit counts in bulk what the rules count of one diary, and shows no group of fewer than five."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry, User
from clinic import disclosure
from clinic.access import clinic_lead_only
from clinic.audit_counts import Counted, courses, response
from clinic.models import AdverseEvent, CareLink, Clinic, Decision, InjectionSession, Membership
from clinic.rules import RESPONDER_PERCENT, analysis, reduction, responder
from clinic.service_audit import Question, measures, service_audit, wears_off
from clinic.summaries import comparison
from diary.models import DiaryDay, Patient
from diary.rules import Diary, Reached, Window
from tests.cast import NOON, TODAY, days_ago, session, share, staff, visitor

ADDRESS, TABLE = "/clinic/audit/", "/clinic/audit/table/"
ZONES = ("UTC", "Pacific/Auckland", "America/Los_Angeles")


def question(clinic: Clinic, **said: Any) -> Question:
    return Question(clinic, measures(clinic)[0], **{"cycle": 2} | said)


# --- In bulk as by the rules ---------------------------------------------------------------------------------

DIARIES = 500


@pytest.fixture
def many(noon: Any) -> Clinic:
    """Diaries of every kind: thin and full, injections early, late, missing and under way, days that are to come."""
    clinic, chance = Clinic.objects.create(name="Large", slug="large"), Random("service audit")
    people = Patient.objects.bulk_create(
        Patient(name=f"P{number}", time_zone=chance.choice(ZONES)) for number in range(DIARIES)
    )
    CareLink.objects.bulk_create(
        CareLink(clinic=clinic, patient=one, starts_at=NOON - timedelta(days=1)) for one in people
    )
    sessions, days = [], []
    for one in people:
        when = days_ago(chance.choice([20, 84, 112, 113, 170, 260]) + chance.randrange(3))
        recorded, bad = chance.choice([0.6, 0.8, 0.95, 1.0]), chance.choice([0.1, 0.5, 0.8, 1.0])
        better = chance.choice([0.1, 0.5, 0.7, 1.0])
        for back in range((TODAY - when).days + 30):
            day = TODAY - timedelta(days=back - 1)
            if chance.random() < recorded:
                share_of_bad = bad * better if day >= when else bad
                days.append((one.pk, day, "mild" if chance.random() < share_of_bad else "none"))
        for _ in range(chance.choice([0, 1, 2, 3, 8])):
            sessions.append(InjectionSession(patient=one, date=when, product="Botox"))
            when += timedelta(days=chance.choice([20, 40, 57, 76, 84, 84, 84, 100]))
    write_days(days)
    InjectionSession.objects.bulk_create(sessions)
    return clinic


def write_days(days: list[tuple[int, date, str]]) -> None:
    """As bulk_create, in a tenth of the time."""
    columns = ["patient_id", "date", "headache", "created_at", "updated_at", "source"]
    columns += ["features", "relief", "disability", "note", "side", "quality", "aura", "triggers"]
    values = ", ".join(["%s"] * 5 + ["'own'"] + ["''"] * 8)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO diary_diaryday ({', '.join(columns)}) VALUES ({values})",  # noqa: S608
            [(*day, NOON, NOON) for day in days],
        )


def read_diaries() -> dict[int, Diary]:
    found = DiaryDay.objects.all().records_by_patient()
    return {
        pk: Diary(day for day in found.get(pk, [])) for pk in Patient.objects.values_list("pk", flat=True)
    }


def counted(window: Window | None) -> Counted:
    return Counted(window.days, window.recorded, window.headache_days) if window else Counted(0, 0, 0)


def test_500_diaries_are_counted_as_the_rules_count_them(many):
    diaries, states = read_diaries(), Counter()
    found = courses(many, NOON)
    for patient in Patient.objects.all():
        today = patient.date_at(NOON)
        dates = [when for when in patient.sessions.session_dates() if when <= today]
        if not dates:
            assert patient.pk not in found
            continue
        course, rules = found[patient.pk], analysis(diaries[patient.pk], dates)
        over = [
            result
            for result in rules.cycles[:6]
            if result.evaluation is None or result.evaluation.last < today
        ]
        assert course.baseline == counted(rules.baseline)
        assert [cycle[-1] for cycle in course.cycles] == [counted(result.evaluation) for result in over]
        for blocks, result in zip(course.cycles, over, strict=True):
            named = {block.weeks: counted(block.window) for block in result.blocks}
            assert blocks == [named.get(weeks, Counted(0, 0, 0)) for weeks in ("1-4", "5-8", "9-12")]
            for percent in RESPONDER_PERCENT:
                state = response(course.baseline, blocks[-1], percent)
                assert state is result.responder[percent]
                states[state] += 1
    assert min(states[state] for state in Reached if state is not Reached.NOT_APPLICABLE) > 20


def test_every_pair_of_counts_has_the_state_of_the_rules():
    chance = Random("pairs")
    for _ in range(4000):
        before, after = (counts(chance, days) for days in (28, chance.choice([28, 28, 24, 20, 19])))
        percent = chance.choice([1, 30, 50, 75, 99, 100])
        change = reduction(window(before), window(after))
        assert response(before, after, percent) is responder(change, percent)


def counts(chance: Random, days: int) -> Counted:
    recorded = chance.randint(days - 10, days)
    return Counted(days, recorded, chance.randint(0, recorded))


def window(one: Counted) -> Window:
    first = date(2026, 1, 1)
    return Window(first, first + timedelta(days=one.days - 1), one.recorded, one.headache_days, 0)


@pytest.mark.parametrize(
    ("middle", "last", "state"),
    [
        ((28, 28, 10), (28, 28, 11), Reached.REACHED),
        ((28, 28, 10), (28, 28, 10), Reached.NOT_REACHED),
        ((28, 27, 10), (28, 28, 11), Reached.UNCERTAIN),
        ((28, 28, 10), (28, 27, 10), Reached.UNCERTAIN),
        ((28, 28, 10), (24, 24, 8), Reached.UNCERTAIN),
        ((28, 28, 10), (28, 19, 19), None),
        ((28, 28, 10), (0, 0, 0), None),
    ],
)
def test_wearing_off_leaves_open_what_missing_days_leave_open(middle, last, state):
    assert wears_off([Counted(28, 28, 10), Counted(*middle), Counted(*last)]) is state


# --- What is shown -------------------------------------------------------------------------------------------


@pytest.fixture
def lea(north: Clinic) -> User:
    return staff("Lea Lead", north, Membership.Role.LEAD)


def treat(clinic: Clinic, number: int, better: float, product: str = "Botox", **said: Any) -> list[Patient]:
    """Patients with a whole diary: 20 headache days of 28 before, a share of them in weeks 9–12 of one cycle."""
    people = [Patient.objects.create(name=f"Zz Name {product} {better} {n}") for n in range(number)]
    first = said.get("first", days_ago(100))
    for one in people:
        share(one, clinic, f"ZZ-{one.pk}")
        session(one, first, clinic=clinic, product=product)
        DiaryDay.objects.bulk_create(
            DiaryDay(
                patient=one,
                date=first + timedelta(days=day),
                headache="mild" if day % 28 < (20 if day < 0 else 20 * better) else "none",
            )
            for day in range(-28, 84)
        )
    return people


def table(person: User, **asked: Any) -> dict[tuple[str, str, str], str]:
    response = visitor(person).client.get(TABLE, asked)
    assert response.status_code == 200
    heading, *rows = csv.reader(io.StringIO(response.content.decode()))
    assert heading == ["table", "group", "measure", "value"]
    return {(one, group, measure): value for one, group, measure, value in rows}


def responders(found: dict[tuple[str, str, str], str], percent: int) -> list[str]:
    words = ("reached", "uncertain", "not reached")
    return [found["responders", "cycle 1", f"{percent} % {word}"] for word in words]


def test_lead_reads_how_patients_fare(north, lea):
    treat(north, 6, 0.5)
    treat(north, 7, 1.0)
    found = table(lea)
    assert found["patients", "", "patients"] == "13"
    assert responders(found, 30) == ["6", "0", "7"]
    assert responders(found, 75) == ["0", "0", "13"]
    assert found["severity", "cycle 2, baseline 20-24 of 28 days", "patients"] == "0"
    assert (
        table(lea, cycle="1")[
            "severity", "cycle 1, baseline 20-24 of 28 days", "percent of the baseline left"
        ]
        == "76.9"
    )
    assert found["completeness", "cycle 1, weeks 9-12", "recorded days of 28, median"] == "hidden"
    assert found["wearing-off", "", "not more"] == "13"
    page = visitor(lea).opens(ADDRESS)
    assert "46.2 % of 13" in page.text
    assert "13 patients with an injection" in page.text
    assert "Zz Name" not in page.html


def test_few_are_nobody(north, lea):
    treat(north, 4, 0.5)
    assert table(lea) == {
        **{("asked", "", name): value for name, value in asked(north).items()},
        ("patients", "", "patients"): "hidden",
    }
    assert "Fewer than 5 patients" in visitor(lea).opens(ADDRESS).text


def asked(clinic: Clinic) -> dict[str, str]:
    names = ("first injection from", "first injection until", "product of the first injection")
    return {"clinic": clinic.name, "criteria": "NICE TA260", **dict.fromkeys(names, "")}


def test_nobody_is_said_to_be_nobody(north, lea):
    assert table(lea)["patients", "", "patients"] == "0"
    assert "No patient with an injection" in visitor(lea).opens(ADDRESS).text


def test_small_cell_hides_another_on_the_page_in_its_charts_and_in_the_table(north, lea):
    treat(north, 3, 0.5)
    treat(north, 9, 1.0)
    assert responders(table(lea), 30) == ["hidden", "0", "hidden"]
    page = visitor(lea).opens(ADDRESS)
    assert page.table("responders-table")[1][-5:] == ["30 %", "hidden", "0", "hidden", "–"]
    payload = json.loads(page.html.split('type="application/json">', 1)[1].split("</script>", 1)[0])
    assert payload["title"] == "At least 75 % fewer headache days"  # of the others nothing is left to draw
    assert "at-least-30" not in page.html


def test_only_those_who_share_now_are_counted(north, lea):
    gone, *_others = treat(north, 6, 0.5)
    gone.care_links.update(ends_at=NOON - timedelta(seconds=1))
    assert responders(table(lea), 30) == ["5", "0", "0"]


def test_other_clinics_are_counted_apart(north, east, lea):
    treat(north, 5, 0.5)
    treat(east, 8, 1.0)
    assert responders(table(lea), 30) == ["5", "0", "0"]
    assert responders(table(lea, clinic="east"), 30) == ["5", "0", "0"]
    Membership.objects.create(clinic=east, user=lea, role=Membership.Role.LEAD)
    assert responders(table(lea, clinic="north"), 30) == ["5", "0", "0"]
    assert responders(table(lea, clinic="east"), 30) == ["0", "0", "8"]


def test_quartiles_need_four_groups_that_may_be_shown(north, lea):
    treat(north, 19, 1.0)
    median = ("completeness", "cycle 1, weeks 9-12", "recorded days of 28, median")
    assert table(lea)[median] == "hidden"
    treat(north, 1, 1.0)
    assert table(lea)[median] == "28.0"


def test_period_and_product_choose(north, lea):
    treat(north, 6, 0.5, "Botox")
    treat(north, 7, 1.0, "Xeomin", first=days_ago(230))
    assert responders(table(lea, product="Botox"), 30) == ["6", "0", "0"]
    assert responders(table(lea, since="2025-10-01", until="2025-12-31"), 30) == ["0", "0", "7"]
    assert responders(table(lea, since="2026-01-01"), 30) == ["6", "0", "0"]


def test_product_of_few_is_not_offered(north, lea):
    treat(north, 6, 0.5, "Botox")
    treat(north, 2, 0.5, "Given to Mr Known")
    assert "Known" not in visitor(lea).opens(ADDRESS).html
    assert visitor(lea).client.get(TABLE, {"product": "Given to Mr Known"}).status_code == 422


def test_own_criteria_add_their_percentage(north, lea):
    north.criteria_sets.create(
        name="Ours",
        source="<i>us</i>",
        inadequate_percent=40,
        inadequate_cycles=1,
        episodic_below=15,
        episodic_months=3,
    )
    treat(north, 6, 0.5)
    own = f"own-{north.criteria_sets.get().pk}"
    assert responders(table(lea, criteria=own), 40) == ["6", "0", "0"]
    page = visitor(lea).opens(f"{ADDRESS}?criteria={own}")
    assert "Change at cycle 1" in page.text
    assert "<i>us</i>" in page.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "yesterday"),
        ("since", "2026-02-30"),
        ("since", "2026-01-02"),
        ("since", "2026-02-01"),
        ("until", "2026-03-30"),
        ("until", "99999-01-01"),
        ("product", "<b>"),
        ("criteria", "own-1"),
        ("cycle", "7"),
        ("cycle", "0"),
        ("cycle", "1\x00"),
        ("product", "\x00' OR 1=1 --"),
    ],
)
@pytest.mark.parametrize("address", [ADDRESS, TABLE])
def test_what_makes_no_sense_is_said_and_nothing_is_counted(north, lea, address, name, value):
    treat(north, 5, 0.5)
    answer = visitor(lea).client.get(address, {name: value})
    if value == "1\x00":
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert "Nothing is counted yet" in answer.content.decode()
    assert "Responders" not in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_period_that_ends_before_it_begins_is_said(north, lea):
    page = visitor(lea).opens(f"{ADDRESS}?since=2026-01-01&until=2025-12-31", status=422)
    assert "The period ends before it begins." in page.text


def test_reasons_and_adverse_events(north, lea):
    people = treat(north, 12, 0.5)
    for place, one in enumerate(people):
        why = "no_response" if place < 5 else "episodic"
        decision = Decision.objects.create(
            patient=one, clinic=north, kind="stop", made_on=TODAY, stop_reason=why
        )
        if place == 11:  # taken back, and so none
            Decision.objects.create(
                patient=one, clinic=north, kind="stop", made_on=TODAY, replaces=decision, is_withdrawn=True
            )
        said = {"clinic": north, "severity": "mild", "outcome": "recovered", "began_on": TODAY}
        events = ["neck_pain"] * 2 * (place < 6) + ["eyelid_ptosis"] * (place < 4)
        for term in events:
            AdverseEvent.objects.create(patient=one, session=one.sessions.get(), term=term, **said)
    found = table(lea)
    assert found["adverse events", "", "sessions"] == "12"
    assert found["adverse events", "neck_pain", "sessions"] == "6"
    assert found["adverse events", "eyelid_ptosis", "sessions"] == "hidden"
    assert found["adverse events", "myalgia", "sessions"] == "0"
    # One of twelve goes on: so the number of all who ended is hidden, and one of its parts.
    assert found["ended", "", "patients"] == "hidden"
    reasons = [found["ended", why, "patients"] for why in ("no_response", "episodic")]
    assert "hidden" in reasons


def test_nothing_that_was_written_becomes_part_of_page_or_formula(north, lea):
    hostile = "=HYPERLINK(1)<script>alert(1)</script>"
    north.name = hostile
    north.save()
    treat(north, 5, 0.5, hostile)
    found = table(lea, product=hostile)
    assert (
        found["asked", "", "clinic"] == found["asked", "", "product of the first injection"] == f"'{hostile}"
    )
    page = visitor(lea).client.get(ADDRESS, {"product": hostile}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


# --- Who reads it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [ADDRESS, TABLE])
@pytest.mark.parametrize("role", ["clinician", "nurse", "administrator"])
def test_only_the_lead_reads_it(north, address, role):
    assert visitor(staff("Rae Role", north, role)).client.get(address).status_code == 404


def test_log_says_who_counted_and_names_no_patient(north, lea):
    treat(north, 5, 0.5)
    client = visitor(lea).client
    client.get(ADDRESS)
    client.get(TABLE)
    said = AuditEntry.objects.order_by("number").values_list(
        "action", "actor", "clinic", "subject", "care_link"
    )
    assert list(said) == [
        ("viewed", lea.pseudonym, north.pk, None, None),
        ("exported", lea.pseudonym, north.pk, None, None),
    ]


def test_guard_reports_page_that_says_nothing_to_the_log(rf, lea):
    from django.http import HttpResponse

    @clinic_lead_only
    def silent(request: Any) -> HttpResponse:
        return HttpResponse()

    request = rf.get("/")
    request.user = lea
    with pytest.raises(RuntimeError, match="call show_counted"):
        silent(request)


# --- The numbers agree ---------------------------------------------------------------------------------------

DEMO_DAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


def analysed(folder: Any, capsys: Any) -> dict[str, Any]:
    """What `analyse` says of the same days and sessions, by patient."""
    diary, sessions = folder / "diary.csv", folder / "sessions.csv"
    days = DiaryDay.objects.order_by("patient", "date").values_list("patient", "date", "headache")
    diary.write_text("patient,date,headache\n" + "".join(f"{p},{when},{word}\n" for p, when, word in days))
    given = InjectionSession.objects.order_by("patient", "date").values_list("patient", "date")
    sessions.write_text("patient,date\n" + "".join(f"{p},{when}\n" for p, when in given))
    out = io.StringIO()
    call_command(
        "analyse", str(diary), sessions=str(sessions), format="json", stdout=out, stderr=io.StringIO()
    )
    return {one["patient"]: one for one in json.loads(out.getvalue())["patients"]}


@pytest.mark.django_db
def test_patient_page_service_audit_and_analyse_agree_on_the_demonstration(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(disclosure, "SMALLEST", 1)  # nothing is hidden
    with time_machine.travel(DEMO_DAY, tick=False):
        call_command("demo", stdout=io.StringIO(), stderr=io.StringIO())
        now, clinic = timezone.now(), Clinic.objects.get()
        files = analysed(tmp_path, capsys)
        expected: Counter[tuple[int, int, str]] = Counter()
        for link in CareLink.objects.select_related("patient"):
            found = analysis(Diary(link.patient.days.records()), link.patient.sessions.session_dates())
            for place, result in enumerate(found.cycles[:6]):
                states = files[str(link.patient_id)]["cycles"][place]["responder"]
                assert states == {str(p): state.value for p, state in result.responder.items()}
                if not comparison(found, place + 1, link.patient.date_at(now)).is_so_far:
                    expected.update((place + 1, int(percent), state) for percent, state in states.items())
        audit = service_audit(question(clinic), now)
    for row in audit.cycles:
        for one in row.responders:
            counted_states = {
                "reached": one.reached,
                "uncertain": one.uncertain,
                "not_reached": one.not_reached,
                "cannot_evaluate": row.cannot_evaluate,
            }
            for state, number in counted_states.items():
                assert number == expected[row.number, one.percent, state], (row.number, one.percent, state)
    assert sum(expected.values()) > 200
