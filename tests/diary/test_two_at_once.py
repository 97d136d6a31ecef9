"""Two taps at the same moment, on two devices or by a trembling thumb: both count, and nothing is lost."""

import pytest

from accounts.models import User
from diary import actions
from diary.models import Medicine, Patient
from diary.rules import Headache
from tests.cast import TODAY
from tests.races import at_once

ROUNDS = 10


@pytest.fixture
def dana(transactional_db):
    return Patient.objects.create(user=User.objects.create_user("dana@example.org"), name="Dana")


def test_two_doses_are_two(dana):
    medicine = Medicine.objects.create(patient=dana, name="sumatriptan", medication_class="triptan")
    actions.record_headache(dana, TODAY, Headache.MILD, TODAY, by=None)
    for _ in range(ROUNDS):
        at_once(*[lambda: actions.change_doses(dana, TODAY, medicine, 1, by=None)] * 2)
    assert dana.days.get().intakes.get().doses == 2 * ROUNDS


def test_an_answer_beside_a_note_keeps_both(dana):
    for number in range(ROUNDS):
        note = f"note {number}"
        at_once(
            lambda: actions.record_headache(dana, TODAY, Headache.SEVERE, TODAY, by=None),
            lambda note=note: actions.save_day(
                dana, TODAY, {"headache": "mild", "note": note}, {}, TODAY, by=None
            ),
        )
        assert dana.days.get().note == note


def test_two_first_answers_are_one_day(dana):
    at_once(*[lambda: actions.record_headache(dana, TODAY, Headache.MILD, TODAY, by=None)] * 4)
    assert dana.days.count() == 1


def test_a_medicine_put_on_the_list_twice_stands_there_once(dana):
    found = at_once(*[lambda: Medicine.objects.put_on_list(dana, "", "Tea", "", "other")] * 4)
    assert len({medicine.pk for medicine in found}) == 1
