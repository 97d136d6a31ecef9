"""Who works at a clinic: chosen by its lead and its administrator, in force from the next request on."""

from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.http import Http404
from django.test import RequestFactory

from accounts.models import AuditEntry
from clinic import staff as staffing
from clinic.models import Clinic, Invitation, Membership
from tests.cast import at_most, staff, visitor
from tests.races import at_once

ROLES = [role.value for role in Membership.Role]


@pytest.fixture
def as_adam(adam):
    return visitor(adam)


def work_of(user):
    return Membership.objects.get(user=user)


def audited():
    return list(
        AuditEntry.objects.filter(action="staffed").order_by("number").values_list("detail", flat=True)
    )


def test_administrator_lands_on_the_staff_page_and_sees_who_works_here(as_adam, clara, dora):
    page = as_adam.opens("/welcome/")
    assert page.path == "/clinic/staff/"
    assert "Clara Clinician" in page.main.text
    assert "Dora Doctor" not in page.main.text
    assert page.one("a", "brand")["href"] == "/clinic/staff/"


def test_administrator_sees_no_diary(as_adam, alice):
    for address in ("/clinic/", "/clinic/link/", "/clinic/invite/", f"/clinic/patients/{alice.pk}/"):
        as_adam.opens(address, status=404)


@pytest.mark.parametrize("role", ["clinician", "nurse"])
def test_others_do_not_choose_staff(north, role, clara):
    person = visitor(staff("Nina Neither", north, role))
    assert person.client.get("/clinic/staff/").status_code == 404
    for tap in ("role", "remove"):
        address = f"/clinic/staff/{work_of(clara).pk}/{tap}/"
        assert person.client.post(address, {"role": "lead"}).status_code == 404
    assert (
        person.client.post("/clinic/staff/invite/", {"email": "x@example.org", "role": "lead"}).status_code
        == 404
    )
    assert work_of(clara).role == "clinician"
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("role", ROLES)
def test_invitation_by_mail_names_clinic_and_role(as_adam, role, north):
    page = as_adam.sends("/clinic/staff/invite/", email="nora@example.org", role=role)
    assert page.messages == "An invitation is on its way to nora@example.org."
    [invitation] = Invitation.objects.all()
    assert (invitation.role, invitation.clinic, invitation.email) == (role, north, "nora@example.org")
    [sent] = mail.outbox
    assert "North Headache Clinic" in sent.body
    assert sent.subject == "Your invitation"
    assert audited() == [f"{role} invited"]


@pytest.mark.parametrize(
    "form", [{"email": "x", "role": "nurse"}, {"email": "x@example.org", "role": "king"}, {}]
)
def test_odd_invitation_is_not_sent(as_adam, form):
    as_adam.sends("/clinic/staff/invite/", status=422, **form)
    assert not Invitation.objects.exists()


def test_invitation_is_withdrawn(as_adam, north):
    as_adam.sends("/clinic/staff/invite/", email="nora@example.org", role="nurse")
    [invitation] = Invitation.objects.all()
    page = as_adam.sends(f"/clinic/staff/invitations/{invitation.pk}/withdraw/")
    assert "nora@example.org" not in page.main.text
    assert audited() == ["nurse invited", "nurse invitation withdrawn"]


@pytest.mark.parametrize("role", ROLES)
def test_role_changes_from_the_very_next_request(as_adam, as_clara, clara, alice, role):
    as_clara.opens(f"/clinic/patients/{alice.pk}/")
    as_adam.sends(f"/clinic/staff/{work_of(clara).pk}/role/", role=role)
    assert work_of(clara).role == role
    assert as_clara.opens("/clinic/").path == "/accounts/login/"
    clara.refresh_from_db()
    as_clara = visitor(clara)
    as_clara.opens(f"/clinic/patients/{alice.pk}/", status=404 if role == "administrator" else 200)
    as_clara.opens("/clinic/staff/", status=200 if role in ("lead", "administrator") else 404)
    assert audited() == [f"clinician to {role}"]


def test_who_is_removed_sees_nothing_from_the_very_next_request(as_adam, as_clara, clara, alice):
    as_clara.opens(f"/clinic/patients/{alice.pk}/")
    page = as_adam.sends(f"/clinic/staff/{work_of(clara).pk}/remove/")
    assert "Clara Clinician no longer works at North Headache Clinic" in page.messages
    assert as_clara.opens("/clinic/").path == "/accounts/login/"
    clara.refresh_from_db()
    as_clara = visitor(clara)
    for address in ("/clinic/", "/clinic/link/", f"/clinic/patients/{alice.pk}/"):
        as_clara.opens(address, status=404)
    assert audited() == ["clinician removed"]


@pytest.mark.parametrize("change", ["role", "remove"])
def test_change_reaches_the_place_that_ends_sessions(as_adam, clara, change, monkeypatch):
    ended = []
    monkeypatch.setattr(staffing, "end_all", ended.append)
    as_adam.sends(f"/clinic/staff/{work_of(clara).pk}/{change}/", role="nurse")
    assert ended == [clara]


@pytest.mark.parametrize("person", ["lead", "administrator"])
@pytest.mark.parametrize("tap", ["role", "remove"])
def test_nobody_changes_their_own_role(north, clara, person, tap):
    user = staff("Olive Own", north, person)
    page = visitor(user).sends(f"/clinic/staff/{work_of(user).pk}/{tap}/", role="clinician")
    assert "Nobody changes their own role." in page.messages
    assert work_of(user).role == person
    assert audited() == []


def test_unknown_role_is_refused(as_adam, clara):
    page = as_adam.sends(f"/clinic/staff/{work_of(clara).pk}/role/", role="superuser")
    assert page.messages == "Choose one of the roles."
    assert work_of(clara).role == "clinician"


@pytest.mark.parametrize("tap", ["role", "remove"])
def test_staff_of_another_clinic_are_not_there(as_adam, dora, tap):
    answer = as_adam.client.post(f"/clinic/staff/{work_of(dora).pk}/{tap}/", {"role": "nurse"})
    nothing = as_adam.client.post(f"/clinic/staff/987654/{tap}/", {"role": "nurse"})
    assert (answer.status_code, answer.content) == (404, nothing.content)
    assert work_of(dora).role == "clinician"


def test_clinic_of_others_cannot_be_chosen_for_an_invitation(as_adam, adam, south):
    as_adam.sends("/clinic/staff/invite/", email="x@example.org", role="lead", clinic=south.pk)
    assert not Invitation.objects.filter(clinic=south).exists()
    Membership.objects.create(clinic=south, user=adam, role="clinician")
    as_adam.sends("/clinic/staff/invite/", email="x@example.org", role="lead", clinic=south.pk)
    assert not Invitation.objects.filter(clinic=south).exists()


def test_who_manages_two_clinics_sees_both_and_chooses(as_adam, adam, south, dora):
    Membership.objects.create(clinic=south, user=adam, role="lead")
    page = as_adam.opens("/clinic/staff/")
    assert [heading.text for heading in page.main.all("h2")][:2] == [
        "North Headache Clinic",
        "South Headache Clinic",
    ]
    as_adam.sends("/clinic/staff/invite/", email="x@example.org", role="nurse", clinic=south.pk)
    assert Invitation.objects.get().clinic == south


def test_page_asks_as_much_for_thirty_as_for_three(as_adam, north):
    as_adam.opens("/clinic/staff/")
    for number in range(30):
        staff(f"Member{number} Many", north)
    with at_most(9):
        as_adam.opens("/clinic/staff/")


@pytest.mark.parametrize("_round", range(5))
def test_two_who_remove_each_other_leave_one(transactional_db, _round):
    clinic = Clinic.objects.create(name="North", slug="north")
    users = [staff(f"{name} Lead", clinic, "lead") for name in ("Ann", "Ben")]
    places = [work_of(user).pk for user in users]

    def remove(mine, other):
        request = RequestFactory().post("/")
        request.user, request.resolver_match = users[mine], None
        try:
            staffing.remove(request, places[other])
        except Http404:
            return "too late"
        return "removed"

    assert sorted(at_once(lambda: remove(0, 1), lambda: remove(1, 0))) == ["removed", "too late"]
    assert Membership.objects.count() == 1


# --- The first of them ---------------------------------------------------------------------------------------


def created(*arguments):
    out, err = StringIO(), StringIO()
    call_command("create_clinic", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_create_clinic_prints_and_mails_the_first_invitation(db):
    out, _err = created("Hill Headache Clinic", "--slug", "hill", "--administrator", "Ada@Example.org")
    clinic = Clinic.objects.get()
    assert (clinic.name, clinic.slug) == ("Hill Headache Clinic", "hill")
    [invitation] = Invitation.objects.all()
    assert (invitation.role, invitation.email) == ("administrator", "ada@example.org")
    [address] = [line for line in out.splitlines() if line.startswith("http")]
    assert address in mail.outbox[0].body
    assert visitor(None).opens(address.removeprefix("http://localhost:8000")).path == "/join/"
    assert audited() == ["administrator invited"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("East", "--slug", "east", "--administrator", "a@example.org"), "There is a clinic 'east' already."),
        (("New", "--slug", "not a slug", "--administrator", "a@example.org"), "slug"),
        (("New", "--slug", "new", "--administrator", "nobody"), "valid email"),
        ((" ", "--slug", "new", "--administrator", "a@example.org"), "blank"),
        (("a\x00b", "--slug", "new", "--administrator", "a@example.org"), "character"),
    ],
)
def test_create_clinic_refuses_in_a_sentence(east, arguments, words):
    with pytest.raises(CommandError, match=words) as error:
        created(*arguments)
    assert error.value.returncode == 2
    assert Clinic.objects.count() == 1
    assert not Invitation.objects.exists()


def test_create_clinic_says_when_the_mail_failed(db, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1
    out, err = created("Hill", "--slug", "hill", "--administrator", "ada@example.org")
    assert "hand the address over yourself" in err
    assert "/join/" in out
