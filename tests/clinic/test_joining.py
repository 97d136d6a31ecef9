"""What an invitation opens, for whom, and how often."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from accounts import codes
from accounts.access import INVITATION
from accounts.models import AuditEntry
from clinic import consent, invitations
from clinic.models import CareLink, Invitation, Membership
from tests.cast import NOON, PASSWORD, Visitor, new_user, signed_in, staff, visitor, with_password


def path_of(address):
    return address.removeprefix("http://localhost:8000")


@pytest.fixture
def sheet(north):
    """The address on a printed sheet."""
    return path_of(invitations.make(north, None, reference="N-77")[1])


@pytest.fixture
def work(north):
    """The address in a mail to Nora, who is to be a nurse."""
    return path_of(invitations.make(north, None, email="nora@example.org", role="nurse")[1])


@pytest.fixture
def nora(db):
    user = new_user("Nora Nurse")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


# --- Patients ------------------------------------------------------------------------------------------------


def test_stranger_reads_who_invites_and_may_sign_up_or_in(sheet):
    page = visitor(None).opens(sheet)
    assert page.path == "/join/"
    assert page.main.one("h1").text == "North Headache Clinic invites you"
    ways = [link["href"] for link in page.main.all("a")]
    assert ways == ["/accounts/signup/?next=/join/", "/accounts/login/?next=/join/"]


def test_secret_leaves_the_address_at_once_and_is_not_in_the_session(sheet):
    client = visitor(None).client
    answer = client.get(sheet)
    assert answer["Location"] == "/join/"
    assert answer["Referrer-Policy"] == "same-origin"
    secret = sheet.rstrip("/").rpartition("/")[2]
    assert secret not in str(dict(client.session))
    assert secret not in visitor(None).opens(sheet).html


def test_who_signs_up_begins_a_diary_and_agrees(sheet, eve):
    client = visitor(None).client
    client.get(sheet)
    signed_in(eve, client)
    session = client.session
    session[INVITATION] = invitations.digest(sheet.rstrip("/").rpartition("/")[2])
    session.save()
    as_eve = Visitor(client)
    assert "Begin your diary" in as_eve.opens("/welcome/").main.text
    page = as_eve.sends("/join/accept/", name="Eve Everyone", time_zone="Europe/London", date_of_birth="")
    assert page.main.one("h1").text == "May North Headache Clinic read your diary?"
    for line in consent.WORDINGS[consent.WORDING]:
        assert str(line) in page.main.text
    assert page.filled("notes") == []
    page = as_eve.sends("/join/accept/", answer="yes")
    assert page.path == "/sharing/"
    link = CareLink.objects.get()
    assert (link.basis, link.reference, link.sees_notes) == ("consent", "N-77", False)
    assert link.patient.user == eve
    assert Invitation.objects.get().used_at == NOON
    assert AuditEntry.objects.filter(action="consented", care_link=link.pk).count() == 1


def test_sign_in_keeps_the_invitation(sheet, bob):
    with_password(bob.user)
    someone = visitor(None)
    someone.opens(sheet)
    page = someone.sends("/accounts/login/?next=/join/", login=bob.user.email, password=PASSWORD)
    assert page.path == "/join/accept/"
    assert "May North Headache Clinic read your diary?" in page.main.text


def invited(user, address):
    found = visitor(user)
    found.opens(address)
    return found


def test_notes_only_where_ticked(sheet, bob):
    invited(bob.user, sheet).sends("/join/accept/", answer="yes", notes="yes")
    assert bob.care_links.get().sees_notes


def test_agreeing_asks_for_the_password(sheet, bob):
    person = visitor(with_password(bob.user), minutes_ago=16)
    person.opens(sheet)
    assert "reauthenticate" in person.client.post("/join/accept/", {"answer": "yes"})["Location"]
    assert not bob.care_links.exists()


def test_not_now_changes_nothing_and_the_address_stays_good(sheet, bob):
    person = invited(bob.user, sheet)
    person.sends("/join/accept/", answer="no")
    assert not bob.care_links.exists()
    person.opens("/join/accept/", status=404)
    assert "May North" in person.opens(sheet).main.text


@pytest.mark.parametrize("why", ["never was", "used", "expired", "withdrawn"])
@pytest.mark.parametrize("who", ["stranger", "bob"])
def test_what_opens_nothing_answers_alike(sheet, bob, noon, why, who):
    if why == "used":
        Invitation.objects.update(used_at=NOON)
    if why == "expired":
        noon.move_to(NOON + timedelta(days=30))
    if why == "withdrawn":
        Invitation.objects.all().delete()
    person = visitor(bob.user if who == "bob" else None)
    address = "/join/0000-0000-0000-0000-0000/" if why == "never was" else sheet
    page = person.opens(address, status=404)
    other = person.opens("/join/1111/", status=404)
    assert page.main.text == other.main.text
    assert "This invitation opens nothing" in page.main.text
    assert INVITATION not in person.client.session


def test_kind_page_stays_while_the_demonstration_runs(db, settings):
    settings.DEBUG = True
    assert "This invitation opens nothing" in visitor(None).opens("/join/0000/", status=404).main.text


@pytest.mark.parametrize("meanwhile", ["used", "withdrawn", "expired"])
def test_invitation_that_ends_while_the_page_is_open_opens_nothing(sheet, bob, noon, meanwhile):
    person = invited(bob.user, sheet)
    if meanwhile == "used":
        Invitation.objects.update(used_at=NOON)
    if meanwhile == "withdrawn":
        Invitation.objects.all().delete()
    if meanwhile == "expired":
        Invitation.objects.update(expires_at=NOON)
    assert person.client.post("/join/accept/", {"answer": "yes"}).status_code == 404
    assert not bob.care_links.exists()


def test_invitation_is_used_once(sheet, bob, alice):
    first, second = invited(bob.user, sheet), invited(alice.user, sheet)
    first.sends("/join/accept/", answer="yes")
    assert second.client.post("/join/accept/", {"answer": "yes"}).status_code == 404


def test_typed_address_is_read_as_it_was_meant(sheet):
    secret = sheet.rstrip("/").rpartition("/")[2]
    typed = secret.upper().replace("-", "").replace("0", "O").replace("1", "l")
    assert visitor(None).opens(f"/join/{typed}/").path == "/join/"


def test_number_taken_meanwhile_is_left_out(sheet, bob, alice, north):
    alice_link = alice.care_links.get(clinic=north)
    CareLink.objects.filter(pk=alice_link.pk).update(reference="N-77")
    invited(bob.user, sheet).sends("/join/accept/", answer="yes")
    assert bob.care_links.get().reference == ""


def test_addresses_are_long_and_never_alike(north):
    found = {invitations.make(north, None)[1] for _ in range(50)}
    assert len(found) == 50
    assert {len(codes.normal(path_of(one).split("/")[2])) for one in found} == {20}


# --- Staff ---------------------------------------------------------------------------------------------------


def test_nurse_accepts_with_the_address_it_came_to(work, nora, north):
    person = invited(nora, work)
    assert "Work at North Headache Clinic" in person.opens("/join/accept/").main.text
    page = person.sends("/join/accept/", answer="yes")
    assert page.messages == "You work at North Headache Clinic now: Nurse."
    assert page.path == "/accounts/2fa/"  # nobody works here without a second factor
    assert Membership.objects.get(user=nora).role == "nurse"
    entry = AuditEntry.objects.get(action="staffed")
    assert (entry.actor, entry.clinic, entry.detail) == (nora.pseudonym, north.pk, "joined as nurse")


@pytest.mark.parametrize("address", ["another", "not confirmed", "none"])
def test_another_account_is_told_which_kind_is_needed_and_no_address(work, nora, address):
    EmailAddress.objects.all().delete()
    if address == "another":
        EmailAddress.objects.create(user=nora, email="other@example.org", verified=True)
    if address == "not confirmed":
        EmailAddress.objects.create(user=nora, email="nora@example.org", verified=False)
    person = visitor(nora)
    page = person.opens(work, status=403)
    assert "Another account is needed" in page.main.text
    assert "nora@example.org" not in page.main.text
    assert person.client.post("/join/accept/", {"answer": "yes"}).status_code == 403
    assert not Membership.objects.exists()


def test_who_works_there_keeps_their_role(work, north):
    nora = staff("Nora Nurse", north, "lead")
    EmailAddress.objects.create(user=nora, email="nora@example.org", verified=True)
    page = invited(nora, work).sends("/join/accept/", answer="yes")
    assert "Nothing has changed." in page.messages
    assert Membership.objects.get().role == "lead"


def test_spelling_of_the_address_does_not_matter(north, nora):
    address = path_of(invitations.make(north, None, email="Nora@Example.ORG", role="nurse")[1])
    invited(nora, address).sends("/join/accept/", answer="yes")
    assert Membership.objects.filter(user=nora).exists()


def test_form_chooses_neither_role_nor_clinic(work, nora, north, south):
    invited(nora, work).sends("/join/accept/", answer="yes", role="lead", clinic=south.pk)
    [membership] = Membership.objects.all()
    assert (membership.role, membership.clinic) == ("nurse", north)
