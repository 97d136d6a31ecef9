"""Every save can be taken back, and what stood there before stands there again."""

import pytest

from diary.models import Intake
from tests.cast import TODAY, days_ago, june, medicine, record

DAY = f"/days/{TODAY}/"


def everything(patient):
    """All that is recorded of a person, for comparing."""
    days = patient.days.order_by("date").values(
        "date", "headache", "pain", "hours", "features", "note", "recorded_on"
    )
    doses = Intake.objects.filter(day__patient=patient).order_by("day__date", "medicine__name")
    return list(days), list(doses.values_list("day__date", "medicine__name", "doses"))


@pytest.fixture
def taken(alice):
    return medicine(alice)


@pytest.fixture
def diary(alice, taken):
    """Eight days ago, and today with all sorts of details."""
    record(alice, days_ago(8), "mild", recorded_on=TODAY)
    record(alice, TODAY, "severe", taken, pain=8, hours="6.25", features="nausea", note="as it was")
    return alice


SAVES = [
    (f"{DAY}headache/", {"headache": "none"}),
    (f"{DAY}headache/", {"headache": "moderate"}),
    (f"{DAY}dose/", {"medicine": "taken", "change": 1}),
    (f"{DAY}dose/", {"medicine": "taken", "change": -1}),
    (f"{DAY}dose/", {"medicine": "other", "change": 1}),
    (DAY, {"headache": "none", "note": "all different"}),
    (f"{DAY}delete/", {}),
    (f"/days/{days_ago(8)}/delete/", {}),
    (f"/days/{days_ago(1)}/headache/", {"headache": "none", "today": "1"}),
    (f"/days/{days_ago(400)}/", {"headache": "mild", "note": "long ago"}),
    ("/days/headache-free/", {"days": [str(days_ago(3)), str(days_ago(5)), str(days_ago(7))]}),
]


@pytest.mark.parametrize(("address", "sent"), SAVES)
def test_undo_puts_everything_back(as_alice, diary, taken, address, sent):
    other = medicine(diary, "ibuprofen", "non_opioid")
    pks = {"taken": taken.pk, "other": other.pk}
    before = everything(diary)
    page = as_alice.sends(address, **{name: pks.get(str(value), value) for name, value in sent.items()})
    assert page.one("div", "saved").one("button").text == "Undo"
    assert everything(diary) != before
    page = as_alice.sends("/undo/", today=1)
    assert page.path == "/"
    assert page.messages.startswith("Undone: ")
    assert everything(diary) == before


def test_undo_of_a_first_answer_leaves_nothing(as_alice, alice):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    page = as_alice.sends("/undo/")
    assert not alice.days.exists()
    assert "What did you take?" not in page.text


def test_undo_of_a_day_that_was_late_leaves_it_late(as_alice, diary):
    as_alice.sends(f"/days/{days_ago(8)}/delete/")
    as_alice.sends("/undo/")
    assert diary.days.get(date=days_ago(8)).is_late


def test_undo_after_a_change_of_mind_goes_back_one_answer(as_alice, alice):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    as_alice.sends(f"{DAY}headache/", headache="severe")
    as_alice.sends("/undo/")
    assert alice.days.get().headache == "mild"


def test_only_the_last_save_is_undone_and_only_once(as_alice, alice):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    as_alice.sends(f"/days/{june(12)}/headache/", headache="none")
    as_alice.sends("/undo/")
    page = as_alice.sends("/undo/")
    assert page.messages == "There is nothing left to undo here."
    assert [day.date for day in alice.days.all()] == [TODAY]


def test_nothing_to_undo_is_said(as_alice, alice):
    record(alice, TODAY, "mild")
    assert as_alice.sends("/undo/").messages == "There is nothing left to undo here."
    assert alice.days.count() == 1


def test_undo_leads_back_to_the_day_it_was_about(as_alice, alice):
    as_alice.sends("/days/2026-06-12/", headache="mild")
    assert as_alice.sends("/undo/").path == "/days/2026-06-12/"


def test_nobody_undoes_what_another_person_saved(as_alice, as_bob, alice):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    assert as_bob.sends("/undo/").messages == "There is nothing left to undo here."
    assert alice.days.count() == 1


def test_undo_asks_for_a_tap(as_alice, alice):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    assert as_alice.client.get("/undo/").status_code == 405
    assert alice.days.count() == 1


def test_undo_stands_beside_what_it_undoes(as_alice, alice):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    as_alice.sends(f"/days/{days_ago(1)}/headache/", headache="none", today="1")
    page = as_alice.sends(f"{DAY}headache/", headache="mild")
    assert page.messages == "Mild headache"
    assert page.all("div", "saved") == []


def test_day_changed_since_is_not_undone(as_alice, alice):
    as_alice.sends(f"{DAY}headache/", headache="mild")
    alice.days.update(note="from the other phone")
    page = as_alice.sends("/undo/")
    assert page.messages == "Not undone: 17 June was changed since, here or on another device."
    assert alice.days.get().note == "from the other phone"


def test_several_days_of_which_one_was_changed_since_all_stay(as_alice, alice):
    record(alice, days_ago(8))
    as_alice.sends("/days/headache-free/", days=[str(days_ago(3)), str(days_ago(5))])
    alice.days.filter(date=days_ago(5)).update(headache="mild")
    page = as_alice.sends("/undo/", today=1)
    assert page.messages == (
        "Not undone: one of these days was changed since, here or on another device: 14 June, 12 June."
    )
    assert alice.days.filter(date__in=[days_ago(3), days_ago(5)]).count() == 2


def test_button_of_an_older_page_undoes_nothing_newer(as_alice, alice):
    older = as_alice.sends(f"{DAY}headache/", headache="mild").one("input", name="undo")["value"]
    as_alice.sends(f"{DAY}headache/", headache="severe")
    assert as_alice.sends("/undo/", undo=older).messages == "There is nothing left to undo here."
    assert alice.days.get().headache == "severe"
