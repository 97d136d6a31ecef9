"""Today: one question, one tap, and what counts. Read as the patient reads it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from diary.models import DiaryDay, Intake
from tests.cast import TODAY, at_most, days_ago, june, medicine, new_patient, record, record_all, visitor

HEADACHE = f"/days/{TODAY}/headache/"
DOSE = f"/days/{TODAY}/dose/"
FREE = "/days/headache-free/"
NEVER_INVENTED = "First say how your head is on this day; then add what you took."


def pressed(page):
    return [button.text for button in page.all("button", "choice") if button["aria-pressed"] == "true"]


def chip(page, name):
    [found] = [
        button for button in page.all("button", "chip") if button.one("span", "chip__name").text == name
    ]
    return found


def missed(page):
    return [tick["value"] for tick in page.all("input", name="days")]


# --- One tap -------------------------------------------------------------------------------------------------


def test_first_visit_asks_one_question(as_alice):
    page = as_alice.opens("/")
    assert page.one("p", "today__date").text == "Wednesday 17 June"
    assert page.one("h1").text == "How is your head today?"
    assert page.buttons("choice") == ["No headache", "Mild", "Moderate", "Severe"]
    assert pressed(page) == []
    assert "What did you take?" not in page.text
    assert "not recorded" not in page.section("question").text
    assert page.all("details", "missed") == []
    assert "Yesterday" not in page.text


@pytest.mark.parametrize(
    ("word", "answer", "saved"),
    [
        ("none", "No headache", "No headache"),
        ("mild", "Mild", "Mild headache"),
        ("moderate", "Moderate", "Moderate headache"),
        ("severe", "Severe", "Severe headache"),
    ],
)
def test_one_tap_saves_and_says_so(as_alice, alice, word, answer, saved):
    page = as_alice.sends(HEADACHE, headache=word)
    assert page.path == "/"
    assert page.messages == f"Saved: {saved} Undo"
    assert pressed(page) == [answer]
    assert "What did you take?" in page.text
    day = alice.days.get()
    assert (day.date, day.headache, day.recorded_on, day.source) == (TODAY, word, TODAY, "own")


def test_headache_of_unknown_severity_is_said_as_such(as_alice):
    page = as_alice.sends(HEADACHE, headache="yes")
    assert pressed(page) == []
    assert "A headache is recorded; how bad it was is not." in page.text


def test_change_of_mind_keeps_what_still_fits(as_alice, alice):
    record(alice, TODAY, "severe", medicine(alice), pain=9, hours=6, note="since five in the morning")
    page = as_alice.sends(HEADACHE, headache="mild")
    assert pressed(page) == ["Mild"]
    day = alice.days.get()
    assert (day.headache, day.pain, day.note) == ("mild", 9, "since five in the morning")
    assert Intake.objects.get().doses == 1


def test_change_of_mind_drops_pain_that_no_longer_fits(as_alice, alice):
    record(alice, TODAY, "severe", pain=9, hours=6)
    as_alice.sends(HEADACHE, headache="none")
    day = alice.days.get()
    assert (day.headache, day.pain, day.hours) == ("none", None, None)


def test_change_of_mind_from_free_drops_the_pain_of_zero(as_alice, alice):
    record(alice, TODAY, "none", pain=0)
    as_alice.sends(HEADACHE, headache="moderate")
    assert alice.days.get().pain is None


def test_double_tap_records_once(as_alice, alice):
    as_alice.sends(HEADACHE, headache="mild")
    page = as_alice.sends(HEADACHE, headache="mild")
    assert alice.days.count() == 1
    assert page.count("Headache days").one("p", "count__number").text.startswith("1 ")


def test_undo_after_a_double_tap_still_takes_it_back(as_alice, alice):
    as_alice.sends(HEADACHE, headache="none")
    as_alice.sends(HEADACHE, headache="none")
    as_alice.sends("/undo/")
    assert not alice.days.exists()


@pytest.mark.parametrize("answer", [{}, {"headache": ""}, {"headache": "terrible"}, {"headache": "x\x00y"}])
def test_wrong_answer_saves_nothing_and_says_so(as_alice, alice, answer):
    page = as_alice.sends(HEADACHE, **answer)
    assert page.messages == "Nothing was saved: that is not an answer to the question."
    assert not alice.days.exists()


def test_tomorrow_cannot_be_answered(as_alice, alice):
    as_alice.sends(f"/days/{TODAY + timedelta(days=1)}/headache/", status=404, headache="none")
    assert not alice.days.exists()


# --- Medicines -----------------------------------------------------------------------------------------------


def test_each_tap_adds_a_dose_and_the_way_back_takes_one(as_alice, alice):
    triptan = medicine(alice, strength="50 mg")
    record(alice, TODAY, "severe")
    page = as_alice.sends(DOSE, medicine=triptan.pk, change=1)
    assert page.messages == "Saved: sumatriptan 50 mg added Undo"
    assert (
        chip(page, "sumatriptan").text == "×1 taken; one more: sumatriptan 50 mg day 1 · published limit 10"
    )
    page = as_alice.sends(DOSE, medicine=triptan.pk, change=1)
    assert (
        chip(page, "sumatriptan").text == "×2 taken; one more: sumatriptan 50 mg day 1 · published limit 10"
    )
    assert page.one("button", "chip__less")["aria-label"] == "Take back one dose of sumatriptan 50 mg"
    page = as_alice.sends(DOSE, medicine=triptan.pk, change=-1)
    assert page.messages == "Saved: sumatriptan 50 mg: one dose taken back Undo"
    assert (
        chip(page, "sumatriptan").text == "×1 taken; one more: sumatriptan 50 mg day 1 · published limit 10"
    )
    page = as_alice.sends(DOSE, medicine=triptan.pk, change=-1)
    assert chip(page, "sumatriptan").text == "sumatriptan 50 mg"
    assert page.all("button", "chip__less") == []
    assert not Intake.objects.exists()


def test_taking_back_a_dose_that_was_not_taken_changes_nothing(as_alice, alice):
    record(alice, TODAY, "mild")
    as_alice.sends(DOSE, medicine=medicine(alice).pk, change=-1)
    assert not Intake.objects.exists()


def test_doses_end_at_99(as_alice, alice):
    triptan = medicine(alice)
    record(alice, TODAY, "mild", triptan)
    Intake.objects.update(doses=99)
    page = as_alice.sends(DOSE, medicine=triptan.pk, change=1)
    assert "×99 taken" in chip(page, "sumatriptan").text


def test_dose_before_the_day_is_recorded_is_refused_and_invents_nothing(as_alice, alice):
    page = as_alice.sends(DOSE, medicine=medicine(alice).pk, change=1)
    assert page.messages == NEVER_INVENTED
    assert not DiaryDay.objects.exists()
    assert not Intake.objects.exists()


@pytest.mark.parametrize("change", ["0", "10", "-10", "1.5", "many", "", "1\x00"])
def test_dose_is_some_more_or_some_less(as_alice, alice, change):
    record(alice, TODAY, "mild")
    as_alice.sends(DOSE, status=404, medicine=medicine(alice).pk, change=change)
    assert not Intake.objects.exists()


def test_another_patients_medicine_is_as_unknown_as_one_that_does_not_exist(as_alice, alice, bob):
    record(alice, TODAY, "mild")
    theirs = as_alice.sends(DOSE, status=404, medicine=medicine(bob).pk, change=1)
    nobodys = as_alice.sends(DOSE, status=404, medicine=987654, change=1)
    assert theirs.html == nobodys.html
    assert not Intake.objects.exists()


def test_most_used_medicine_comes_first_and_a_stopped_one_not_at_all(as_alice, alice):
    rare, usual, stopped = (medicine(alice, name) for name in ("almotriptan", "rizatriptan", "eletriptan"))
    record_all(alice, [days_ago(day) for day in (40, 41, 42)], "mild", usual, stopped)
    record_all(alice, [days_ago(day) for day in (100, 101, 102, 103)], "mild", rare)
    stopped.is_in_use = False
    stopped.save()
    page = as_alice.sends(HEADACHE, headache="mild")
    assert [name.text for name in page.all("span", "chip__name")] == ["rizatriptan", "almotriptan"]


def test_no_medicine_yet_leads_to_the_list(as_alice):
    page = as_alice.sends(HEADACHE, headache="mild")
    assert "Your medicines stand here once they are on your list. Add a medicine" in page.text
    assert page.section("question").one("a", href="/medicines/").text == "Add a medicine"


# --- Near a limit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "days", "note"),
    [
        ("triptan", 6, None),
        ("triptan", 7, "would be day 8 · published limit 10"),
        ("triptan", 9, "would be day 10 · published limit 10"),
        ("triptan", 10, "would be day 11 · published limit 10"),
        ("ergot", 9, "would be day 10 · published limit 10"),
        ("opioid", 9, "would be day 10 · published limit 10"),
        ("combination", 9, "would be day 10 · published limit 10"),
        ("ditan", 9, "would be day 10 · published limit 10"),
        ("non_opioid", 9, None),
        ("non_opioid", 11, None),
        ("non_opioid", 12, "would be day 13 · published limit 15"),
        ("non_opioid", 14, "would be day 15 · published limit 15"),
        ("gepant", 14, None),
        ("other", 14, None),
        ("antiemetic", 14, None),
    ],
)
def test_chip_says_which_day_it_would_be(as_alice, alice, word, days, note):
    earlier, offered = medicine(alice, "the same kind", word), medicine(alice, "another of it", word)
    record_all(alice, [june(day) for day in range(1, days + 1)], "moderate", earlier)
    record(alice, TODAY, "moderate")
    notes = [words.text for words in chip(as_alice.opens("/"), offered.name).all("span", "chip__note")]
    assert notes == ([note] if note else [])


def test_chip_of_a_medicine_taken_today_says_which_day_it_is(as_alice, alice):
    taken, other = medicine(alice, "rizatriptan"), medicine(alice, "eletriptan")
    record_all(alice, [june(day) for day in range(1, 10)], "moderate", taken)
    record(alice, TODAY, "moderate", taken)
    page = as_alice.opens("/")
    notes = [words.text for words in page.all("span", "chip__note")]
    assert notes == ["day 10 · published limit 10"]
    assert chip(page, other.name).text == "eletriptan"
    assert page.count("Triptans").one("p", "count__number").text == "10 to 17 days · published limit 10"


def test_chip_counts_days_of_this_month_and_never_doses(as_alice, alice):
    triptan = medicine(alice)
    record_all(alice, [date(2026, 5, day) for day in range(20, 32)], "moderate", triptan)
    record_all(alice, [june(day) for day in (3, 4)], "moderate", triptan)
    Intake.objects.update(doses=9)
    record(alice, TODAY, "moderate")
    page = as_alice.opens("/")
    assert page.all("span", "chip__note") == []
    assert page.count("Triptans").one("p", "count__number").text == "2 to 16 days · published limit 10"


# --- What counts ---------------------------------------------------------------------------------------------


def test_range_when_days_are_missing(as_alice, alice):
    record_all(alice, [june(day) for day in range(1, 9)], "mild")
    record_all(alice, [june(day) for day in range(12, 17)])
    card = as_alice.opens("/").count("Headache days")
    assert card.one("p", "count__number").text == "8 to 11"
    assert card.one("p", "count__text").text == (
        "3 days not recorded, so the count could be higher. 14 days still open."
    )
    assert "Published: 15 (ICHD-3 1.3), about more than three months." in card.text
    assert card.one("span", "badge").text == "uncertain"


def test_no_range_when_nothing_is_missing(as_alice, alice):
    record_all(alice, [june(day) for day in range(1, 9)], "mild")
    record_all(alice, [june(day) for day in range(9, 18)])
    card = as_alice.opens("/").count("Headache days")
    assert card.one("p", "count__number").text == "8"
    assert card.one("p", "count__text").text == "No day missing so far. 13 days still open."


def test_missing_day_is_never_counted_as_headache_free(as_alice, alice):
    record(alice, june(1), "severe")
    record(alice, TODAY, "none")
    card = as_alice.opens("/").count("Headache days")
    assert card.one("p", "count__number").text == "1 to 16"
    assert DiaryDay.objects.filter(headache="none").count() == 1


@pytest.mark.parametrize(
    ("word", "label", "published", "source"),
    [
        ("triptan", "Triptans", 10, "ICHD-3 8.2.2"),
        ("ergot", "Ergots", 10, "ICHD-3 8.2.1"),
        ("opioid", "Opioids", 10, "ICHD-3 8.2.4"),
        ("combination", "Combination painkillers", 10, "ICHD-3 8.2.5"),
        ("non_opioid", "Simple painkillers", 15, "ICHD-3 8.2.3"),
        ("ditan", "Ditans", 10, "lasmiditan's label; ICHD-3 names no number"),
    ],
)
def test_each_limit_names_its_number_and_source(as_alice, alice, word, label, published, source):
    record(alice, june(2), "mild", medicine(alice, word=word))
    card = as_alice.opens("/").count(label)
    assert card.one("p", "count__number").text == f"1 to 16 days · published limit {published}"
    assert card.one("p", "count__source").text == source
    explained = card.one("details").text
    assert "counts once, whatever the dose" in explained
    assert "A day that is not recorded could be one." in explained


@pytest.mark.parametrize(("word", "label"), [("gepant", "Gepants"), ("other", "Other acute medicines")])
def test_class_without_a_published_limit_says_so(as_alice, alice, word, label):
    record(alice, june(2), "mild", medicine(alice, word=word))
    card = as_alice.opens("/").count(label)
    assert card.text.startswith(f"{label} 1 day No published number for this kind.")
    assert "ICHD-3 names no number for this kind, or only in general (8.2.8)." in card.one("details").text


def test_antiemetic_counts_nowhere(as_alice, alice):
    record(alice, june(2), "mild", medicine(alice, word="antiemetic"))
    assert as_alice.opens("/").counted == ["Headache days"]


def test_several_classes_together_reach_the_limit_that_none_reaches_alone(as_alice, alice):
    triptan, simple = medicine(alice), medicine(alice, "ibuprofen", "non_opioid")
    record_all(alice, [june(day) for day in range(1, 7)], "mild", triptan)
    record_all(alice, [june(day) for day in range(7, 11)], "mild", simple)
    card = as_alice.opens("/").count("Several kinds together")
    assert card.one("p", "count__number").text == "10 to 16 days · published limit 10"
    assert card.one("span", "badge").text == "reached"
    assert "ICHD-3 8.2.6" in card.text


def test_page_never_says_stop_and_says_that_nobody_watches(as_alice, alice):
    record_all(alice, [june(day) for day in range(1, 17)], "severe", medicine(alice))
    page = as_alice.opens("/")
    assert "stop" not in page.text.lower()
    assert "overuse" not in page.text.lower()
    assert "Nobody watches this diary live." in page.text
    assert page.one("footer").one("a", "", href="/help/").text == "When to call for help"


# --- Missed days ---------------------------------------------------------------------------------------------


def test_yesterday_is_one_tap_too(as_alice, alice):
    record(alice, days_ago(5), "mild")
    assert as_alice.opens("/").section("yesterday").text == (
        "Yesterday is not recorded No headache yesterday There was a headache"
    )
    page = as_alice.sends("/days/2026-06-16/headache/", headache="none", today=1)
    assert page.path == "/"
    assert page.messages == "Saved: Tuesday 16 June: No headache Undo"
    assert "Yesterday" not in page.text
    day = alice.days.get(date=days_ago(1))
    assert (day.headache, day.recorded_on, day.is_late) == ("none", TODAY, False)


def test_missed_days_are_listed_since_the_diary_began(as_alice, alice):
    record(alice, days_ago(6), "mild")
    record(alice, days_ago(3), "none")
    page = as_alice.opens("/")
    assert "3 more days not recorded in the last four weeks" in page.one("details", "missed").text
    assert missed(page) == ["2026-06-15", "2026-06-13", "2026-06-12"]
    assert all("checked" not in tick.attributes for tick in page.all("input", name="days"))


def test_missed_days_go_back_four_weeks(as_alice, alice):
    record(alice, days_ago(200), "mild")
    assert missed(as_alice.opens("/")) == [days_ago(back).isoformat() for back in range(2, 29)]


def test_nothing_is_missed_before_the_diary_began(as_alice, alice):
    record(alice, TODAY, "mild")
    page = as_alice.opens("/")
    assert missed(page) == []
    assert "Yesterday" not in page.text


def test_only_ticked_days_are_saved_as_free(as_alice, alice):
    record(alice, days_ago(9), "mild")
    page = as_alice.sends(FREE, days=["2026-06-11", "2026-06-13"])
    assert page.messages == "Saved: 2 days saved as headache-free. Undo"
    saved = alice.days.filter(headache="none")
    assert [day.date for day in saved.order_by("date")] == [june(11), june(13)]
    assert missed(page) == ["2026-06-15", "2026-06-14", "2026-06-12", "2026-06-10", "2026-06-09"]


def test_nothing_ticked_saves_nothing(as_alice, alice):
    record(alice, days_ago(9), "mild")
    page = as_alice.sends(FREE)
    assert page.messages == "Tick the days that were headache-free."
    assert alice.days.count() == 1


@pytest.mark.parametrize(
    "sent",
    [
        "2026-06-18",  # to come
        "2026-06-08",  # recorded already
        "2026-06-07",  # before the diary began
        "2026-05-01",
        "20260613",
        "2026-W24-6",
        "yesterday",
        "",
        "2026-06-13\x00",
    ],
)
def test_only_missed_days_can_be_saved_together(as_alice, alice, sent):
    record(alice, days_ago(9), "mild")
    page = as_alice.sends(FREE, days=["2026-06-13", sent])
    assert page.messages == "Not a missed day."
    assert alice.days.get().headache == "mild"


def test_days_saved_together_twice_are_saved_once(as_alice, alice):
    record(alice, days_ago(9), "mild")
    as_alice.sends(FREE, days="2026-06-13")
    page = as_alice.sends(FREE, days="2026-06-13")
    assert page.messages == "Not a missed day."
    assert alice.days.filter(date=june(13)).count() == 1


# --- Whose today ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        ("UTC", (2026, 6, 17, 23, 59, 59), "Wednesday 17 June"),
        ("UTC", (2026, 6, 18, 0, 0, 0), "Thursday 18 June"),
        ("Pacific/Auckland", (2026, 6, 17, 11, 59, 59), "Wednesday 17 June"),
        ("Pacific/Auckland", (2026, 6, 17, 12, 0, 0), "Thursday 18 June"),
        ("America/Los_Angeles", (2026, 6, 17, 6, 59, 59), "Tuesday 16 June"),
        ("America/Los_Angeles", (2026, 6, 17, 7, 0, 0), "Wednesday 17 June"),
        # Clocks go forward on 27 September in New Zealand and back on 1 November in California.
        ("Pacific/Auckland", (2026, 9, 26, 11, 59, 59), "Saturday 26 September"),
        ("Pacific/Auckland", (2026, 9, 26, 12, 0, 0), "Sunday 27 September"),
        ("Pacific/Auckland", (2026, 9, 27, 10, 59, 59), "Sunday 27 September"),
        ("Pacific/Auckland", (2026, 9, 27, 11, 0, 0), "Monday 28 September"),
        ("America/Los_Angeles", (2026, 11, 1, 6, 59, 59), "Saturday 31 October"),
        ("America/Los_Angeles", (2026, 11, 1, 7, 0, 0), "Sunday 1 November"),
        ("America/Los_Angeles", (2026, 11, 2, 7, 59, 59), "Sunday 1 November"),
        ("America/Los_Angeles", (2026, 11, 2, 8, 0, 0), "Monday 2 November"),
        ("Pacific/Kiritimati", (2027, 12, 31, 10, 0, 0), "Saturday 1 January"),
        ("Pacific/Pago_Pago", (2028, 3, 1, 10, 59, 59), "Tuesday 29 February"),
        ("Asia/Kathmandu", (2026, 6, 17, 18, 15, 0), "Thursday 18 June"),
    ],
)
def test_days_begin_at_the_patients_own_midnight(noon, zone, moment, expected):
    now = datetime(*moment, tzinfo=UTC)
    noon.move_to(now)
    patient = new_patient("Walter Wanderer", time_zone=zone)
    as_walter = visitor(patient.user)
    assert as_walter.opens("/").one("p", "today__date").text == expected
    today = patient.date_at(now)
    as_walter.sends(f"/days/{today}/headache/", headache="mild")
    as_walter.sends(f"/days/{today + timedelta(days=1)}/headache/", status=404, headache="mild")
    as_walter.opens(f"/days/{today + timedelta(days=1)}/", status=404)
    assert [(day.date, day.recorded_on) for day in patient.days.all()] == [(today, today)]


def test_moving_to_another_zone_leaves_recorded_days_where_they_are(as_alice, alice):
    record(alice, TODAY, "mild")
    alice.time_zone = "America/Los_Angeles"
    alice.save()
    page = as_alice.opens("/")
    assert page.one("p", "today__date").text == "Wednesday 17 June"
    assert pressed(page) == ["Mild"]


# --- Promises ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [30, 400])
def test_queries_do_not_grow_with_the_diary(as_alice, alice, days):
    taken = [medicine(alice, name) for name in ("rizatriptan", "eletriptan", "almotriptan")]
    record_all(alice, [days_ago(back) for back in range(0, days * 2, 2)], "mild", *taken)
    with at_most(8):
        as_alice.client.get("/")
    with at_most(10):
        as_alice.client.post(HEADACHE, {"headache": "severe"})
    with at_most(10):
        as_alice.client.post(DOSE, {"medicine": taken[0].pk, "change": 1})


def test_name_of_a_medicine_is_shown_as_it_was_written(as_alice, alice):
    name = "</script><script>alert(1)</script>"
    record(alice, TODAY, "mild", medicine(alice, name))
    page = as_alice.opens("/")
    assert chip(page, name).one("span", "chip__name").text == name
    assert name not in page.html
