"""A clinic enters a patient's code, or invites."""

from datetime import timedelta
from functools import partial

import pytest
from django.core import mail

from accounts import codes
from accounts.models import AuditEntry
from clinic import consent
from clinic.models import CareLink, Clinic, Invitation, LinkCode, Membership
from tests.cast import NOON, new_patient, share, staff, visitor
from tests.races import at_once

UNKNOWN = "This code opens nothing. It works once, for two days: ask for a new one."


@pytest.fixture
def code(bob):
    """The code that Bob made a moment ago."""
    return consent.code_of(consent.make_code(bob, sees_notes=False).seed)


def entered(person, code, **more):
    return person.client.post("/clinic/link/", {"code": code} | more)


def said(response):
    from tests.reading import Page

    return Page(response).main.text


# --- The code ------------------------------------------------------------------------------------------------


def test_code_opens_the_diary_to_the_clinic(as_clara, as_bob, clara, bob, north, code):
    page = as_clara.sends("/clinic/link/", code=code, reference="N-99")
    assert page.path == f"/clinic/patients/{bob.pk}/"
    assert page.messages == "The diary is open to North Headache Clinic."
    link = bob.care_links.get()
    assert (link.clinic, link.reference, link.basis, link.sees_notes) == (north, "N-99", "consent", False)
    assert (link.wording, link.language, link.given_by) == (consent.WORDING, "en-gb", bob.user.pseudonym)
    entry = AuditEntry.objects.get(action="consented")
    assert (entry.actor, entry.subject, entry.clinic) == (clara.pseudonym, bob.pseudonym, north.pk)
    assert "North Headache Clinic" in as_bob.opens("/sharing/").section("readers").text


def test_patient_gets_a_mail_that_says_nothing_of_health(as_clara, bob, code):
    as_clara.sends("/clinic/link/", code=code)
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == ([bob.user.email], "Your sharing has changed")
    assert "/sharing/" in sent.body
    for word in ("headache", "Headache", "clinic", "Bob", "North", code):
        assert word not in sent.subject + sent.body.replace("http://localhost:8000/sharing/", "")


@pytest.mark.parametrize("written", ["lower", "spaces", "hyphens", "look-alikes", "full stops"])
def test_code_is_read_as_it_was_meant(as_clara, bob, written):
    seed = next(
        seed
        for seed in map(str, range(10_000))
        if "0" in consent.code_of(seed) and "1" in consent.code_of(seed)
    )
    code = consent.code_of(seed)
    LinkCode.objects.create(
        patient=bob,
        seed=seed,
        digest=consent.digest(code),
        wording="2026-11",
        language="en",
        expires_at=NOON + timedelta(hours=1),
    )
    typed = {
        "lower": code.lower(),
        "spaces": f" {code[:2]} {code[2:4]}  {code[4:]} ",
        "hyphens": f"{code[:4]}-{code[4:]}",
        "look-alikes": code.replace("0", "o").replace("1", "l", 1).replace("1", "I"),
        "full stops": f"{code[:4]}.{code[4:]}.",
    }[written]
    assert entered(as_clara, typed).status_code == 302
    assert bob.care_links.count() == 1


def test_every_digit_of_the_alphabet_is_normal_and_no_look_alike_is_in_it():
    assert len(set(codes.ALPHABET)) == 32
    assert not set("ILOU") & set(codes.ALPHABET)
    assert codes.normal(codes.ALPHABET.lower()) == codes.ALPHABET
    assert {letter for seed in range(500) for letter in consent.code_of(str(seed))} == set(codes.ALPHABET)


@pytest.mark.parametrize("why", ["wrong", "used", "expired", "withdrawn", "replaced", "odd"])
def test_what_opens_nothing_is_told_alike(as_clara, bob, code, south, dora, noon, why):
    if why == "used":
        entered(visitor(dora), code)
    if why == "expired":
        noon.move_to(NOON + timedelta(hours=48))
    if why == "withdrawn":
        visitor(bob.user).sends("/sharing/code/withdraw/")
    if why == "replaced":
        consent.make_code(bob, sees_notes=False)
    typed = {"wrong": "0000-0000", "odd": "\ud7ff\x01 💥 ؀"}.get(why, code)
    links = CareLink.objects.count()
    answer = entered(as_clara, typed)
    assert answer.status_code == 422
    assert UNKNOWN in said(answer)
    assert CareLink.objects.count() == links
    assert AuditEntry.objects.filter(action="denied", detail="code").count() == 1


def test_code_holds_until_its_last_second(as_clara, bob, code, noon):
    noon.move_to(NOON + timedelta(hours=48) - timedelta(seconds=1))
    assert entered(as_clara, code).status_code == 302


def test_scope_is_the_one_that_the_patient_chose(as_clara, bob):
    code = consent.code_of(consent.make_code(bob, sees_notes=True).seed)
    entered(as_clara, code, sees_notes="", wording="none")
    assert bob.care_links.get().sees_notes


def test_diary_that_is_open_already_is_said_to_be_and_the_code_stays(as_clara, bob, north, code):
    as_clara.sends("/clinic/link/", code=code)
    again = consent.make_code(bob, sees_notes=False)
    page = as_clara.sends("/clinic/link/", code=consent.code_of(again.seed))
    assert page.messages == "This diary is open to your clinic already. The code was not used up."
    assert page.path == f"/clinic/patients/{bob.pk}/"
    assert bob.care_links.count() == 1
    assert LinkCode.objects.get(pk=again.pk).used_at is None


@pytest.mark.parametrize("before", ["record", "notes", "wording"])
def test_what_the_patient_said_last_takes_the_place_of_what_was(as_clara, bob, north, code, before):
    said_before = {
        "record": {"basis": "clinic"},
        "notes": {"basis": "consent", "wording": consent.WORDING, "sees_notes": True},
        "wording": {"basis": "consent", "wording": "2025-01"},
    }[before]
    old = share(bob, north, "N-5", **said_before)
    entered(as_clara, code)
    old.refresh_from_db()
    assert old.ends_at == NOON
    now = bob.care_links.lasting().get()
    assert (now.basis, now.wording, now.sees_notes, now.reference) == (
        "consent",
        consent.WORDING,
        False,
        "N-5",
    )


def test_number_of_another_patient_is_refused_and_the_code_stays(as_clara, alice, bob, code):
    answer = entered(as_clara, code, reference="N-17")
    assert "This number is another patient's. The code was not used up." in said(answer)
    assert not bob.care_links.exists()
    assert entered(as_clara, code, reference="N-18").status_code == 302


def test_who_works_at_two_clinics_chooses(north, south, bob, code):
    both = staff("Bella Both", north)
    Membership.objects.create(clinic=south, user=both, role="nurse")
    person = visitor(both)
    assert entered(person, code).status_code == 422
    assert entered(person, code, clinic=south.pk).status_code == 302
    assert bob.care_links.get().clinic == south


def test_clinic_of_others_cannot_be_chosen(as_clara, north, south, east, bob, code, clara):
    entered(as_clara, code, clinic=south.pk)
    assert bob.care_links.get().clinic == north
    Membership.objects.create(clinic=south, user=clara, role="administrator")
    again = consent.code_of(consent.make_code(new_patient("Cleo Case"), sees_notes=False).seed)
    entered(as_clara, again, clinic=south.pk)
    assert not CareLink.objects.filter(clinic=south).exists()


# --- Guessing ------------------------------------------------------------------------------------------------


def test_ten_wrong_codes_in_a_quarter_of_an_hour_are_enough(as_clara, bob, code, noon):
    for _ in range(10):
        assert UNKNOWN in said(entered(as_clara, "0000-0000"))
    refused = entered(as_clara, code)
    assert refused.status_code == 422
    assert "Please wait a quarter of an hour." in said(refused)
    assert not bob.care_links.exists()
    noon.move_to(NOON + timedelta(minutes=15))
    assert entered(as_clara, code).status_code == 302


def test_limit_is_a_persons_own_until_the_address_has_thirty(as_clara, north, bob, code):
    for number in range(3):
        guesser = visitor(staff(f"Guess{number} Guesser", north))
        for _ in range(10):
            entered(guesser, "0000-0000")
    assert "Please wait" in said(entered(as_clara, code))
    elsewhere = as_clara.client.post("/clinic/link/", {"code": code}, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 302


def test_right_codes_are_not_counted(as_clara):
    for number in range(12):
        patient = new_patient(f"P{number} Many")
        code = consent.code_of(consent.make_code(patient, sees_notes=False).seed)
        assert entered(as_clara, code).status_code == 302


# --- Many at a moment ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("clinics", [1, 4])
def test_code_that_twenty_enter_at_once_links_once(transactional_db, clinics):
    places = [Clinic.objects.create(name=f"C{n}", slug=f"c{n}") for n in range(clinics)]
    patient = new_patient("Petra Patient")
    code = consent.code_of(consent.make_code(patient, sees_notes=False).seed)

    def enter(number):
        try:
            consent.use_code(code, places[number % clinics])
        except (consent.UnknownCode, consent.AlreadyLinked) as error:
            return type(error).__name__
        return "linked"

    answers = at_once(*[partial(enter, number) for number in range(20)])
    assert answers.count("linked") == 1
    assert CareLink.objects.count() == 1
    assert LinkCode.objects.get().used_at is not None


# --- Invitations ---------------------------------------------------------------------------------------------


def test_sheet_names_the_clinic_what_it_is_for_and_until_when(as_clara):
    page = as_clara.sends("/clinic/invite/", how="sheet", reference="N-44")
    sheet = page.one("article", "sheet")
    assert "North Headache Clinic invites you to keep a headache diary" in sheet.text
    assert "until 17 July 2026" in sheet.text
    address = page.one("p", "sheet__address").text
    assert address.startswith("http://localhost:8000/join/")
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.reference) == ("", "N-44")
    token = address.rstrip("/").rpartition("/")[2]
    assert not [value for value in Invitation.objects.values().get().values() if token in str(value)]


def test_square_holds_the_address(as_clara):
    """The path is drawn back into modules and compared with another drawing of the same address."""
    import re

    import qrcode

    page = as_clara.sends("/clinic/invite/", how="sheet")
    svg = page.one("svg", "qr")
    code = qrcode.QRCode(border=4)
    code.add_data(page.one("p", "sheet__address").text)
    dark = {(x, y) for y, row in enumerate(code.get_matrix()) for x, is_dark in enumerate(row) if is_dark}
    drawn = re.findall(r"M(\d+) (\d+)h1v1h-1z", svg.one("path")["d"])
    assert {(int(x), int(y)) for x, y in drawn} == dark
    assert "data:" not in page.html
    assert " style=" not in page.html


def test_invitation_by_mail_names_neither_patient_nor_clinic(as_clara):
    page = as_clara.sends("/clinic/invite/", how="mail", email="Paul@Example.org", reference="N-45")
    assert "paul@example.org" in page.section("open").text.lower()
    [sent] = mail.outbox
    assert sent.subject == "Your invitation"
    assert "http://localhost:8000/join/" in sent.body
    for word in ("North", "eadache", "N-45"):
        assert word not in sent.subject + sent.body
    assert Invitation.objects.get().expires_at == NOON + timedelta(days=14)


def test_mail_needs_an_address(as_clara):
    page = as_clara.sends("/clinic/invite/", status=422, how="mail")
    assert page.error("email") == "Which e-mail address should it go to?"
    assert not Invitation.objects.exists()


def test_invitation_that_cannot_be_mailed_is_taken_back(as_clara, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1
    page = as_clara.sends("/clinic/invite/", how="mail", email="paul@example.org")
    assert "could not be mailed" in page.messages
    assert not Invitation.objects.exists()


def test_open_invitations_are_listed_and_withdrawn(as_clara, dora):
    as_clara.sends("/clinic/invite/", how="sheet", reference="N-44")
    [invitation] = Invitation.objects.all()
    visitor(dora).sends(f"/clinic/invite/{invitation.pk}/withdraw/", status=404)
    assert "N-44" not in visitor(dora).opens("/clinic/invite/").html
    page = as_clara.sends(f"/clinic/invite/{invitation.pk}/withdraw/")
    assert "withdrawn" in page.messages
    assert "None." in page.section("open").text


def test_caseload_leads_to_both(as_clara):
    links = [link["href"] for link in as_clara.opens("/clinic/").main.all("a")]
    assert {"/clinic/link/", "/clinic/invite/"} <= set(links)
