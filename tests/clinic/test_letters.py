"""The letter to a patient: plain, kind, and no verdict."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clinic.models import Appointment
from tests.cast import days_ago, fill, medicine, record_all, session
from tests.papers import Paper

VERDICTS = ("stop taking", "failed", "success", "respon", "better", "worse", "overuse", "abnormal", "!")


@pytest.fixture
def treated(alice):
    """Baseline 20 of 28; weeks 9 to 12 after the injection: 7 headache days, 4 days not recorded."""
    first = days_ago(96)
    session(alice, first)
    fill(alice, first - timedelta(days=28), 20, 8)
    for start, headaches, free in ((0, 12, 16), (28, 10, 18), (56, 7, 17)):
        fill(alice, first + timedelta(days=start), headaches, free, *alice.medicines.all())
    return alice


@pytest.fixture
def address(alice):
    return f"/clinic/patients/{alice.pk}/letter.pdf"


@pytest.fixture
def letter(as_clara, address):
    """The letter as it is now, with a sentence or without."""

    def made(**fields):
        client = as_clara.client
        answer = client.post(address, fields) if fields else client.get(address)
        assert answer.status_code == 200
        return Paper(answer.content)

    return made


def test_before_and_after_in_plain_words(letter, treated):
    text = letter().text
    assert "Dear Alice Archer," in text
    assert "In the last 28 days you recorded 12 days. Days with a headache: 0–16." in text
    assert "16 days are not recorded. They could be days with or without a headache" in text
    assert (
        "In the 28 days before your first injection: 20 headache days, with 28 of 28 days recorded." in text
    )
    assert "In weeks 9 to 12 after injection 1 (13 March 2026): 7–11 headache days" in text
    assert "For each recorded day, that is 59.2 % fewer headache days than before." in text
    assert "between 45.0 % fewer and 65.0 % fewer" in text
    assert "The numbers say when, not why." in text


def test_more_days_than_before_are_said_without_a_minus(letter, alice):
    session(alice, days_ago(96))
    fill(alice, days_ago(124), 10, 18)
    fill(alice, days_ago(40), 14, 14)
    text = letter().text
    assert "For each recorded day, that is 40.0 % more headache days than before." in text
    assert "−" not in text.partition("Before and after")[2]


def test_medicines_stand_beside_the_published_number(letter, alice):
    taken = medicine(alice)
    fill(alice, days_ago(60), 9, 40, taken)
    text = letter().text
    assert "Triptans, days a month: April" in text
    assert "Published number of days a month: 10 (ICHD-3 8.2.2)." in text
    assert "Talk with your clinic before you change how you take a medicine." in text


def test_the_next_injection(letter, treated, north):
    assert "Twelve weeks were over on 5 June 2026. No date is noted here. Ask your clinic" in letter().text
    Appointment.objects.create(patient=treated, clinic=north, date=days_ago(-5))
    assert "It is booked for Monday, 22 June 2026." in letter().text
    assert "No date is noted" not in letter().text


def test_another_clinics_appointment_stays_its_own(letter, treated, east):
    Appointment.objects.create(patient=treated, clinic=east, date=days_ago(-5))
    assert "22 June" not in letter().text


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((), "Fewer than 20 of those days are recorded: too few to compare with."),
        ((0, 28), "So there is nothing to compare with."),
        ((20, 8), "Weeks 9 to 12 are compared with that. They are not over yet."),
    ],
)
def test_why_nothing_is_compared(letter, alice, days, words):
    session(alice, days_ago(20))
    if days:
        fill(alice, days_ago(48), *days)
    assert words in letter().text


def test_nothing_recorded(letter, alice):
    text = letter().text
    assert "What you recorded Nothing is recorded yet." in text
    assert "Thank you" not in text


def test_when_to_call_for_help_stands_in_every_letter(letter, alice):
    text = letter().text
    for words in (
        "Call emergency services",
        "Sudden headache, the worst ever",
        "After injections: trouble swallowing, speaking or breathing",
        "See a doctor the same day",
        "It does not diagnose, nobody watches it live",
        "Do not stop a prescribed medicine because of a count.",
        "Ask North Headache Clinic, and have your clinic number ready: N-17.",
    ):
        assert words in text


def test_no_letter_holds_a_verdict(letter, treated):
    text = letter().text.lower()
    assert [word for word in VERDICTS if word in text] == []


def test_a_sentence_of_the_clinicians_own(letter, treated):
    assert "From your clinic" not in letter().text
    text = letter(sentence='Come at nine.\r\nBring #read("/etc/passwd") 🙂').text
    assert 'From your clinic Come at nine. Bring #read("/etc/passwd") [?]' in text
    assert "Come at nine" not in letter().text


@pytest.mark.parametrize("sentence", ["x" * 601, "a\x00b"])
def test_a_sentence_that_cannot_be_is_said_and_kept_in_the_form(as_clara, address, sentence):
    page = as_clara.sends(address, status=422, sentence=sentence)
    assert page.one("div", "message--error")
    assert page.one("h1").text == "Letter to the patient"


def test_the_page_says_the_same_as_the_file(as_clara, letter, treated):
    text = letter().text
    page = as_clara.opens(f"/clinic/patients/{treated.pk}/letter/")
    said = page.one("article").all("p") + page.one("article").all("li")
    assert len(said) > 20
    assert [line.text for line in said if line.text not in text] == []


def test_one_sheet_and_a_name_that_tells_nothing(as_clara, address, letter, treated):
    assert letter().pages == 1
    answer = as_clara.client.get(address)
    assert answer["Content-Disposition"] == 'attachment; filename="letter-n-17-2026-06-17.pdf"'
    assert answer["Cache-Control"] == "no-store"
    assert answer.content == as_clara.client.get(address).content


def test_after_a_stop_no_next_injection_is_spoken_of(letter, treated, north):
    assert "Your next injection" in letter().text
    treated.decisions.create(clinic=north, made_on=days_ago(1), kind="stop", stop_reason="side_effects")
    assert "Your next injection" not in letter().text


def test_months_without_a_record_are_no_months_without_medicine(letter, alice):
    record_all(alice, [days_ago(back) for back in range(3)], "none")
    record_all(alice, [days_ago(200)], "mild", medicine(alice))
    text = letter().text
    assert "Nothing is recorded in the last months, so medicines cannot be counted." in text
    assert "No medicine for attacks" not in text


def test_days_not_recorded_are_told_beside_no_medicine(letter, alice):
    record_all(alice, [days_ago(back) for back in range(20, 25)], "mild")
    assert "No medicine for attacks is recorded in the last months." in letter().text
    assert "days of them are not recorded and could be days with a medicine." in letter().text
