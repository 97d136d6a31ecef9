"""The same form sent twenty times at the same moment, and two tabs: one row, one version, and nothing is lost."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from clinic.consent import WORDING
from clinic.models import Clinic, InjectionSession
from diary import actions
from diary.models import Patient
from diary.rules import Headache
from tests.cast import medicine, share, staff
from tests.phones import buttons, doses_of, message_of, post, said
from tests.races import at_once

TIMES = 20
AT_ONCE = 4
"""Fewer than SQLite's five seconds of patience need on a slow machine."""


@pytest.fixture
def dana(transactional_db):
    return Patient.objects.create(user=User.objects.create_user("dana@example.org", name="Dana"), name="Dana")


@pytest.fixture
def clinician(dana):
    clinic = Clinic.objects.create(name="North", slug="north")
    share(dana, clinic)
    return staff("Clara", clinic)


def tab(user):
    """A browser of its own; its session is written before the race."""
    client = Client()
    client.force_login(user)
    return client


def sent(user, address, forms):
    """The statuses of requests that start together, a few at a time."""
    tabs = [tab(user) for _ in range(AT_ONCE)]
    found = []
    for start in range(0, len(forms), AT_ONCE):
        together = zip(tabs, forms[start : start + AT_ONCE], strict=False)
        found += at_once(*[lambda tab=tab, form=form: tab.post(address, form) for tab, form in together])
    return [response.status_code for response in found]


def long_ago(patient):
    return patient.date_at(timezone.now()) - timedelta(days=9)


def test_first_answer(dana):
    when = long_ago(dana)
    statuses = sent(dana.user, f"/days/{when}/headache/", [{"headache": "mild"}] * TIMES)
    assert set(statuses) == {302}
    assert (dana.days.count(), dana.day_versions.count()) == (1, 0)


def test_answer_that_changes_a_day(dana):
    when = long_ago(dana)
    actions.record_headache(dana, when, Headache.MILD, when, by=None)
    statuses = sent(dana.user, f"/days/{when}/headache/", [{"headache": "severe"}] * TIMES)
    assert set(statuses) == {302}
    assert [version.said["headache"] for version in dana.day_versions.all()] == ["mild"]


def test_form_of_a_day(dana):
    when = long_ago(dana)
    actions.record_headache(dana, when, Headache.MILD, when, by=None)
    form = {"headache": "severe", "migraine": "unknown", "menstruation": "unknown", "note": "x"}
    form["seen"] = actions.seen(dana, when)
    statuses = sent(dana.user, f"/days/{when}/", [form] * TIMES)
    assert sorted(statuses) == [302] + [422] * (TIMES - 1)
    assert [version.said["headache"] for version in dana.day_versions.all()] == ["mild"]


def test_deletion(dana):
    when = long_ago(dana)
    actions.record_headache(dana, when, Headache.MILD, when, by=None)
    sent(dana.user, f"/days/{when}/delete/", [{}] * TIMES)
    assert dana.days.count() == 0
    assert [version.is_deletion for version in dana.day_versions.all()] == [True]


def test_two_tabs_that_say_different_things(dana):
    """Whichever came last stands, and the other one is an earlier version."""
    when = long_ago(dana)
    actions.record_headache(dana, when, Headache.NONE, when, by=None)
    forms = [{"headache": word} for word in ("mild", "severe")]
    sent(dana.user, f"/days/{when}/headache/", forms)
    said = [version.said["headache"] for version in dana.day_versions.order_by("pk")]
    assert said[0] == "none"
    assert {said[1], dana.days.get().headache} == {"mild", "severe"}


def test_begin(transactional_db):
    user = User.objects.create_user("eve@example.org", name="Eve")
    statuses = sent(user, "/begin/", [{"name": "Eve", "time_zone": "UTC", "date_of_birth": ""}] * TIMES)
    assert set(statuses) == {302}
    assert Patient.objects.count() == 1


THREADS = 32


def taken_in(browser, message):
    """As a phone goes on: it keeps what a busy server asked it to send again."""
    while (response := post(browser, message)).status_code == 503:
        pass
    return response


def test_tap_of_a_phone_from_many_threads(dana):
    when = long_ago(dana)
    actions.record_headache(dana, when, Headache.MILD, when, by=None)
    message = message_of(dana, [said(when, "severe", "=mild")])
    tabs = [tab(dana.user) for _ in range(THREADS)]
    answers = []
    for _ in range(2):
        answers += at_once(*[lambda one=one: taken_in(one, message) for one in tabs])
    assert [answer.status_code for answer in answers] == [200] * 64
    became = [answer.json()["answers"][0]["status"] for answer in answers]
    assert sorted(became) == ["known"] * 63 + ["saved"]
    assert dana.days.get().headache == "severe"
    assert [version.said["headache"] for version in dana.day_versions.all()] == ["mild"]
    assert dana.operations.count() == 1


def test_taps_of_two_phones_at_the_same_moment_are_both_kept(dana):
    phones = [tab(dana.user) for _ in range(2)]
    triptan, tea = medicine(dana), medicine(dana, "Tea", "other")
    for number in range(5):
        when = long_ago(dana) - timedelta(days=number)
        messages = [
            message_of(dana, [said(when, value), said(when, 1, of=doses_of(taken))])
            for value, taken in (("mild", triptan), ("severe", tea))
        ]
        at_once(*[lambda one=one: taken_in(*one) for one in zip(phones, messages, strict=True)])
        day = dana.days.get(date=when)
        assert (day.headache, day.intakes.count()) == ("severe", 2)
    assert buttons(phones[0]) == [["Severe headache", "Mild headache"]] * 5


def test_new_session(dana, clinician):
    given = {"date": long_ago(dana).isoformat(), "units": "155"}
    statuses = sent(clinician, f"/clinic/patients/{dana.pk}/sessions/", [given] * TIMES)
    assert set(statuses) <= {302, 422}
    assert (dana.sessions.count(), dana.session_versions.count()) == (1, 0)


def test_correction_of_a_session(dana, clinician):
    given = InjectionSession.objects.create(patient=dana, date=long_ago(dana), units=155)
    form = {"date": given.date.isoformat(), "units": "160"}
    statuses = sent(clinician, f"/clinic/patients/{dana.pk}/sessions/{given.pk}/", [form] * TIMES)
    assert set(statuses) == {302}
    assert [version.said["units"] for version in dana.session_versions.all()] == [155]


def test_corrections_that_differ_are_all_kept(dana, clinician):
    given = InjectionSession.objects.create(patient=dana, date=long_ago(dana), units=100)
    forms = [{"date": given.date.isoformat(), "units": str(101 + at)} for at in range(TIMES)]
    statuses = sent(clinician, f"/clinic/patients/{dana.pk}/sessions/{given.pk}/", forms)
    assert set(statuses) == {302}
    given.refresh_from_db()
    said = {version.said["units"] for version in dana.session_versions.all()} | {given.units}
    assert said == set(range(100, 101 + TIMES))


def test_month_from_paper_beside_the_patients_own_taps(dana):
    """Whoever comes first, the day of the patient stands as they said it, or their word changes the copied one."""
    clinic = Clinic.objects.create(name="East", slug="east")
    share(dana, clinic, basis="consent", wording=WORDING)
    own, paper = tab(dana.user), tab(staff("Eva", clinic))
    today = dana.date_at(timezone.now())
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    days = [first.replace(day=n) for n in range(1, 6)]
    sheet = {f"word-{day.day}": "severe" for day in days}
    address = f"/clinic/patients/{dana.pk}/paper/{first:%Y-%m}/"

    def taps():
        return [own.post(f"/days/{day}/headache/", {"headache": "mild"}).status_code for day in days]

    statuses = at_once(taps, lambda: paper.post(address, sheet).status_code)
    assert statuses == [[302] * 5, 302]
    assert [day.headache for day in dana.days.order_by("date")] == ["mild"] * 5
    copied = dana.days.filter(source="paper")
    assert dana.day_versions.count() == copied.count()
    assert sum(batch.added for batch in dana.import_batches.all()) == copied.count()
