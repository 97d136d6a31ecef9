"""Decisions: recorded beside the counts of that day, corrected and withdrawn with their past, never overwritten."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from clinic.decision_summaries import standing_decisions
from clinic.models import AdverseEvent, CriteriaSet, Decision
from tests.cast import NOON, TODAY, days_ago, record_all, session, staff, visitor

SAID = {
    "kind": "stop",
    "stop_reason": "no_response",
    "reason": "Agreed with her.\nSeen again in three months.",
    "made_on": "2026-06-16",
    "cycle": "2",
    "criteria": "nice-ta260",
}


@pytest.fixture
def address(alice):
    return f"/clinic/patients/{alice.pk}/decisions/"


def fill(patient, first, headaches, of=28):
    record_all(patient, [first + timedelta(days=n) for n in range(headaches)], "moderate")
    record_all(patient, [first + timedelta(days=n) for n in range(headaches, of)])


@pytest.fixture
def treated(alice):
    """Baseline 20 of 28; weeks 9 to 12 of the second cycle 15 of 28: 25 % fewer."""
    first, second = days_ago(180), days_ago(96)
    session(alice, first)
    session(alice, second)
    fill(alice, first - timedelta(days=28), 20)
    fill(alice, first + timedelta(days=56), 16)
    fill(alice, second + timedelta(days=56), 15)
    return alice


def items(page):
    """The recorded decisions, an element each."""
    return page.section("recorded").all("li", "card")


# --- Recorded ------------------------------------------------------------------------------------------------


def test_nothing_is_decided_beforehand(as_clara, treated, address):
    page = as_clara.opens(address)
    assert page.one("h1").text == "Decisions"
    assert page.filled("kind") == []
    assert page.filled("stop_reason") == [""]
    assert (page.filled("made_on"), page.filled("cycle"), page.filled("criteria")) == (
        "2026-06-17",
        "2",
        "nice-ta260",
    )
    assert "None yet." in page.section("recorded").text
    assert page.table("criteria")[1] == [
        "NICE TA260 followed by the clinic",
        "Inadequate response: reduction of less than 30 % after cycle 2",
        "25.0 %",
        "reached",
    ]


def test_a_decision_is_recorded_with_what_was_counted(as_clara, treated, address, clara, north):
    page = as_clara.sends(address, **SAID)
    assert page.messages == "Decision saved: Stop."
    said = items(page)[0].text
    assert said.startswith(
        "Stop: Too little response · 16 Jun 2026 · after injection 2 · NICE TA260 Agreed with her. Seen again"
    )
    assert "recorded on 17 June 2026 by Clara Clinician" in said
    assert "Counted then, on 17 June 2026" in said
    assert "Baseline: 20 headache days in 28, 28 recorded" in said
    assert "NICE TA260: less than 30 % after cycle 2: 25.0 %, reached" in said
    saved = Decision.objects.get()
    assert (saved.patient, saved.clinic, saved.recorded_by) == (treated, north, clara.pseudonym)
    assert saved.made_on == date(2026, 6, 16)
    nice = saved.counted["criteria"][0]
    assert nice["reduction"] == {"point": 25.0, "low": 25.0, "high": 25.0}
    assert (nice["inadequate_response"], nice["episodic"]) == ("reached", "not_reached")
    assert [one["month"] for one in saved.counted["months"]] == ["2026-03-01", "2026-04-01", "2026-05-01"]


def test_what_was_counted_stays_although_the_diary_changes(as_clara, treated, address):
    as_clara.sends(address, **SAID)
    treated.days.all().delete()
    page = as_clara.opens(address)
    assert "less than 30 % after cycle 2: 25.0 %, reached" in items(page)[0].text
    assert page.table("criteria")[1][2] == "fewer than 20 days recorded at baseline"


def test_counted_has_bounds_where_days_are_missing(as_clara, treated, address):
    treated.days.filter(date=days_ago(96 - 56)).delete()
    as_clara.sends(address, **SAID)
    change = Decision.objects.get().counted["criteria"][0]["reduction"]
    assert change["low"] < change["point"] < change["high"]
    assert Decision.objects.get().counted["criteria"][0]["inadequate_response"] == "uncertain"


def test_an_injection_of_the_same_day_counts_no_days_to_come(as_clara, treated, address):
    session(treated, TODAY)
    as_clara.sends(address, **SAID)
    kept = Decision.objects.get().counted["evaluation"]
    assert (kept["last"], kept["recorded"], kept["headache_days"]) == (days_ago(96 - 83).isoformat(), 28, 15)


def test_a_second_tap_records_nothing_new(as_clara, treated, address):
    as_clara.sends(address, **SAID)
    as_clara.sends(address, **SAID)
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"kind": ""}, {"kind"}),
        ({"kind": "perhaps"}, {"kind"}),
        ({"stop_reason": ""}, {"stop_reason"}),
        ({"kind": "continue"}, {"stop_reason"}),
        ({"kind": "continue", "stop_reason": "", "reason": ""}, {"reason"}),
        ({"stop_reason": "other", "reason": ""}, {"reason"}),
        ({"made_on": "2026-06-18"}, {"made_on"}),
        ({"made_on": ""}, {"made_on"}),
        ({"cycle": "3"}, {"cycle"}),
        ({"criteria": "own-1"}, {"criteria"}),
        ({"preventives_tried": "3"}, {"preventives_tried"}),
        ({"overuse_managed": "yes"}, {"overuse_managed"}),
        ({"cycle": "", "preventives_tried": "31"}, {"preventives_tried"}),
    ],
)
def test_what_is_wrong_is_said_and_nothing_saved(as_clara, treated, address, changed, wrong):
    page = as_clara.sends(address, status=422, **SAID | changed)
    assert page.wrong_fields() == wrong
    assert "Nothing is saved yet" in page.text
    assert not Decision.objects.exists()


@pytest.mark.parametrize("kind", ["start", "continue", "stop", "switch", "extend", "other"])
def test_each_kind_of_decision(as_clara, treated, address, kind):
    as_clara.sends(address, **SAID | {"kind": kind, "stop_reason": "no_response" if kind == "stop" else ""})
    assert Decision.objects.get().kind == kind


def test_a_stop_reason_says_enough(as_clara, treated, address):
    as_clara.sends(address, **SAID | {"reason": ""})
    assert Decision.objects.get().reason == ""


# --- Before the first injection ------------------------------------------------------------------------------


@pytest.fixture
def untreated(alice):
    """March 15 of 31; April 14 of 28 recorded; nothing in May. Three preventives, one of them still taken."""
    fill(alice, date(2026, 3, 1), 15, 31)
    fill(alice, date(2026, 4, 1), 14, 28)
    ended = {"started_on": date(2025, 1, 1), "ended_on": date(2025, 5, 1)}
    alice.preventives.create(
        name="topiramate", dose="100 mg", reason="side_effects", remark="my own words", **ended
    )
    alice.preventives.create(name="propranolol", reason="no_effect", **ended)
    alice.preventives.create(name="candesartan", started_on=date(2026, 1, 1))
    return alice


def test_months_and_preventives_before_a_start(as_clara, untreated, address):
    page = as_clara.opens(address)
    table = page.table("starting")
    assert table[0][2:] == [
        "Mar 2026 31 of 31 recorded",
        "Apr 2026 28 of 30 recorded",
        "May 2026 0 of 31 recorded",
    ]
    assert table[1][2:] == ["15 reached", "14–16 uncertain", "not recorded cannot evaluate"]
    assert table[2][1:] == [
        "of them 8 migraine days or more",
        "0 not reached",
        "0–2 not reached",
        "not recorded cannot evaluate",
    ]
    assert table[3][1:] == [
        "3 preventives tried or unsuitable",
        "Not recorded with a decision yet. cannot evaluate The diary lists 3, below.",
    ]
    assert page.table("preventives")[1:] == [
        ["candesartan", "1 Jan 2026", "still taken", "–"],
        ["propranolol", "1 Jan 2025", "1 May 2025", "it did not help"],
        ["topiramate 100 mg", "1 Jan 2025", "1 May 2025", "side effects"],
    ]
    assert "my own words" not in page.text


def test_a_start_keeps_what_the_clinician_recorded(as_clara, untreated, address):
    start = SAID | {
        "kind": "start",
        "stop_reason": "",
        "cycle": "",
        "preventives_tried": "2",
        "overuse_managed": "yes",
    }
    page = as_clara.sends(address, **start)
    said = items(page)[0].text
    assert "before the first injection · NICE TA260 · preventives tried: 2 · overuse managed: yes" in said
    assert "15 headache days: reached, uncertain, cannot evaluate" in said
    asked = {(row[0], row[1]): row[2] for row in page.table("starting")[1:]}
    assert asked["NICE TA260", "3 preventives tried or unsuitable"].startswith(
        "2, as the clinician recorded not reached"
    )
    assert asked["EHF 2018", "2 to 3 preventives tried"].startswith("2, as the clinician recorded reached")
    assert asked["NICE TA260", "Medication overuse managed"] == "Yes, as the clinician recorded reached"
    assert Decision.objects.get().counted["starting"][0]["preventives"] == "not_reached"


# --- Corrected and withdrawn ---------------------------------------------------------------------------------


@pytest.fixture
def decided(as_clara, treated, address):
    as_clara.sends(address, **SAID)
    return Decision.objects.get()


def test_a_correction_is_a_row_of_its_own(as_clara, treated, address, decided, north):
    nora = visitor(staff("Nora Nurse", north, "nurse"))
    page = nora.opens(f"{address}{decided.pk}/")
    assert page.filled("kind") == ["stop"]
    page = nora.sends(
        f"{address}{decided.pk}/", **SAID | {"kind": "continue", "stop_reason": "", "reason": "Wrong box."}
    )
    assert len(items(page)) == 1
    said = items(page)[0].text
    assert said.startswith("Continue · 16 Jun 2026")
    assert "recorded on 17 June 2026 by Nora Nurse" in said
    assert "Recorded on 17 June 2026 by Clara Clinician: Stop: Too little response" in said
    standing = Decision.objects.standing().get()
    assert (standing.replaces, standing.counted) == (decided, decided.counted)
    assert [one.kind for one in standing_decisions(treated, north)] == ["continue"]


def test_a_correction_that_says_the_same_is_none(as_clara, address, decided):
    as_clara.sends(f"{address}{decided.pk}/", **SAID)
    assert Decision.objects.count() == 1


def test_withdrawn_stays_legible(as_clara, treated, address, decided, north):
    page = as_clara.sends(f"{address}{decided.pk}/withdraw/")
    said = items(page)[0].text
    assert said.startswith("withdrawn Stop: Too little response")
    assert "withdrawn on 17 June 2026 by Clara Clinician" in said
    assert "Correct" not in said
    assert standing_decisions(treated, north) == []
    as_clara.opens(f"{address}{decided.pk}/", status=404)
    again = as_clara.sends(f"{address}{decided.pk}/withdraw/")
    assert "meanwhile" in again.messages
    assert Decision.objects.count() == 2


def test_who_corrects_what_was_corrected_meanwhile_is_told(as_clara, address, decided, monkeypatch):
    """Both had the form open: the second one is not lost in silence."""
    as_clara.sends(f"{address}{decided.pk}/", **SAID | {"reason": "first"})
    # The page itself would answer 404 by now; a moment earlier it did not.
    monkeypatch.setattr("clinic.decision_pages.get_object_or_404", lambda *_, **__: decided)
    page = as_clara.sends(f"{address}{decided.pk}/", **SAID | {"reason": "second"})
    assert "Somebody else corrected" in page.messages
    assert Decision.objects.standing().get().reason == "first"


def test_the_latest_decision_stands_above_the_criteria(as_clara, treated, address, decided):
    page = as_clara.opens(f"/clinic/patients/{treated.pk}/")
    words = page.section("decision").text
    assert words.startswith(
        "Latest decision Stop: Too little response · 16 Jun 2026 · Clara Clinician Agreed with her."
    )
    assert page.main.text.index("Latest decision") < page.main.text.index("Criteria for going on")


def test_later_by_its_date_is_the_latest(as_clara, treated, address, decided, north):
    as_clara.sends(
        address, **SAID | {"kind": "continue", "stop_reason": "", "made_on": "2026-03-01", "cycle": "1"}
    )
    assert [one.made_on.isoformat() for one in standing_decisions(treated, north)] == [
        "2026-06-16",
        "2026-03-01",
    ]


def test_another_clinic_reads_what_but_not_why(treated, decided, carl, east):
    treated.care_links.create(clinic=east, starts_at=NOON - timedelta(days=1))
    page = visitor(carl).opens(f"/clinic/patients/{treated.pk}/decisions/")
    said = items(page)[0].text
    assert said.startswith("Stop: Too little response · 16 Jun 2026")
    assert "North Headache Clinic" in said
    assert "Agreed with her" not in page.text
    assert "Counted then" not in page.text
    for way in ("", "withdraw/"):
        response = visitor(carl).client.post(
            f"/clinic/patients/{treated.pk}/decisions/{decided.pk}/{way}", SAID
        )
        assert response.status_code == 404
    assert Decision.objects.count() == 1


# --- Written once --------------------------------------------------------------------------------------------


def event(patient, clinic):
    return AdverseEvent.objects.create(
        patient=patient, clinic=clinic, term="neck_pain", began_on=TODAY, severity="mild", outcome="recovered"
    )


def sql(model, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("TABLE", model._meta.db_table))


ATTEMPTS = {
    "save": lambda model: model.objects.get().save(),
    "update": lambda model: model.objects.update(recorded_by=None),
    "delete": lambda model: model.objects.get().delete(),
    "UPDATE": lambda model: sql(model, "UPDATE TABLE SET is_withdrawn = is_withdrawn"),
    "UPDATE of who": lambda model: sql(model, "UPDATE TABLE SET recorded_by = NULL"),
    "DELETE": lambda model: sql(model, "DELETE FROM TABLE"),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("model", [Decision, AdverseEvent])
def test_the_database_keeps_what_was_written(decided, north, treated, model, attempt):
    event(treated, north)
    before = list(model.objects.values())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ATTEMPTS[attempt](model)
    assert list(model.objects.values()) == before


# --- Which criteria ------------------------------------------------------------------------------------------

OURS = {
    "name": "North 2026",
    "source": "Meeting of 3 March 2026",
    "inadequate_percent": "30",
    "inadequate_cycles": "2",
    "episodic_below": "15",
    "episodic_months": "3",
}


@pytest.fixture
def as_lea(north):
    return visitor(staff("Lea Lead", north, "lead"))


def added(as_lea, north, **changed):
    return as_lea.sends(f"/clinic/criteria/{north.pk}/add/", **OURS | changed)


def test_the_lead_adds_a_set_that_stands_beside_the_published_ones(as_lea, as_clara, treated, north):
    page = added(as_lea, north)
    assert page.messages == "North 2026 is added."
    table = page.table(f"going-on-{north.pk}")
    assert [row[0] for row in table[1:]] == ["NICE TA260 followed by the clinic", "EHF 2018", "North 2026"]
    shown = as_clara.opens(f"/clinic/patients/{treated.pk}/").table("criteria")
    assert shown[5][0] == "North 2026"
    assert (shown[5][1:], shown[6]) == (shown[1][1:], shown[2])


def test_what_the_clinic_follows_is_marked_and_first(as_lea, as_clara, treated, north, address):
    added(as_lea, north)
    key = CriteriaSet.objects.get().key
    page = as_lea.sends(f"/clinic/criteria/{north.pk}/follow/", criteria=key)
    assert "now stands first" in page.messages
    page = as_clara.opens(address)
    assert page.table("criteria")[1][0] == "North 2026 followed by the clinic"
    assert page.filled("criteria") == key
    as_clara.sends(address, **SAID | {"criteria": key})
    assert "after injection 2 · North 2026" in items(as_clara.opens(address))[0].text


def test_a_retired_set_is_offered_no_more_and_keeps_its_name(as_lea, as_clara, treated, north, address):
    added(as_lea, north)
    ours = CriteriaSet.objects.get()
    as_clara.sends(address, **SAID | {"criteria": ours.key})
    page = as_lea.sends(f"/clinic/criteria/sets/{ours.pk}/retire/")
    assert page.messages == "North 2026 is retired. Decisions that looked at it keep it."
    page = as_clara.opens(address)
    assert "North 2026" in items(page)[0].text
    assert "North 2026" not in str(page.table("criteria"))
    as_clara.sends(
        f"{address}{Decision.objects.get().pk}/", **SAID | {"criteria": ours.key, "reason": "more"}
    )
    assert Decision.objects.standing().get().criteria == ours.key


def test_what_is_followed_is_not_retired(as_lea, north):
    added(as_lea, north)
    ours = CriteriaSet.objects.get()
    as_lea.sends(f"/clinic/criteria/{north.pk}/follow/", criteria=ours.key)
    assert "Choose others first" in as_lea.sends(f"/clinic/criteria/sets/{ours.pk}/retire/").messages
    assert CriteriaSet.objects.get().is_in_use


@pytest.mark.parametrize("key", ["", "own-0", "nothing", "own-99999999999999999999999"])
def test_only_criteria_in_use_are_followed(as_lea, north, key):
    assert "Choose one" in as_lea.sends(f"/clinic/criteria/{north.pk}/follow/", criteria=key).messages
    north.refresh_from_db()
    assert north.follows == "nice-ta260"


@pytest.mark.parametrize(
    "changed",
    [
        {"name": ""},
        {"source": ""},
        {"name": "nice ta260"},
        {"inadequate_percent": "0"},
        {"inadequate_percent": "101"},
        {"inadequate_cycles": "9"},
        {"episodic_below": "29"},
        {"episodic_months": "13"},
        {"episodic_months": "x"},
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(as_lea, north, changed):
    as_lea.sends(f"/clinic/criteria/{north.pk}/add/", status=422, **OURS | changed)
    assert not CriteriaSet.objects.exists()


def test_a_name_stands_for_one_set(as_lea, north):
    added(as_lea, north)
    added(as_lea, north)  # a second tap
    as_lea.sends(
        f"/clinic/criteria/{north.pk}/add/",
        status=422,
        **OURS | {"name": "NORTH 2026", "episodic_below": "10"},
    )
    assert CriteriaSet.objects.count() == 1


def test_clinicians_read_and_do_not_choose(as_clara, north):
    page = as_clara.opens("/clinic/criteria/")
    assert "The clinic’s lead chooses" in page.text
    assert not page.main.all("form")
    for way, said in (("follow", {"criteria": "ehf-2018"}), ("add", OURS)):
        assert as_clara.client.post(f"/clinic/criteria/{north.pk}/{way}/", said).status_code == 404
    north.refresh_from_db()
    assert (north.follows, CriteriaSet.objects.count()) == ("nice-ta260", 0)


def test_the_lead_of_another_clinic_reaches_nothing(as_lea, north, south):
    added(as_lea, north)
    other = visitor(staff("Otto Other", south, "lead")).client
    ours = CriteriaSet.objects.get()
    for address in (f"{north.pk}/follow/", f"{north.pk}/add/", f"sets/{ours.pk}/retire/"):
        assert other.post(f"/clinic/criteria/{address}", OURS | {"criteria": "ehf-2018"}).status_code == 404
    north.refresh_from_db()
    assert (north.follows, CriteriaSet.objects.get().is_in_use) == ("nice-ta260", True)
    assert "North 2026" not in other.get("/clinic/criteria/").content.decode()


def test_a_correction_into_the_words_of_another_decision_is_written_down(as_clara, treated, address, decided):
    other = SAID | {"kind": "continue", "stop_reason": "", "reason": "Going on."}
    as_clara.sends(address, **other)
    as_clara.sends(f"{address}{decided.pk}/", **other)
    as_clara.sends(f"{address}{decided.pk}/", 404, **other)
    assert [one.kind for one in Decision.objects.standing()] == ["continue", "continue"]
    assert Decision.objects.filter(replaces=decided).count() == 1


def test_what_is_counted_at_the_start_is_kept_though_the_session_is_recorded_first(as_clara, alice, address):
    fill(alice, date(2026, 5, 1), 20, 31)
    session(alice, TODAY)
    page = as_clara.opens(address)
    assert "Criteria for starting, as counted" in page.main.text
    as_clara.sends(address, kind="start", made_on=TODAY.isoformat(), reason="Chronic since autumn.")
    assert Decision.objects.get().counted["starting"]


def test_the_cycle_that_is_over_is_asked_about(as_clara, alice, address):
    session(alice, days_ago(180))
    session(alice, days_ago(96))
    assert as_clara.opens(address).filled("cycle") == "2"
    session(alice, days_ago(5))
    assert as_clara.opens(address).filled("cycle") == "2"
