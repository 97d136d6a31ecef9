"""Who meets a patient's pages: those with whom she shares them, now; to all others they do not exist."""

from datetime import timedelta

import pytest

from clinic.models import InjectionSession, Membership
from tests.cast import NOON, days_ago, medicine, new_patient, record, session, share, staff, visitor

OUTSIDERS = ["carl", "dora", "adam", "eve", "bob", "alice"]
CANARIES = ["Archer", "N-17", "canary-product", "canary-medicine"]


@pytest.fixture
def given(alice):
    record(alice, days_ago(3), "severe", medicine(alice, "canary-medicine"))
    return session(alice, days_ago(84), product="canary-product")


@pytest.fixture
def pages(alice, given):
    patient = f"/clinic/patients/{alice.pk}/"
    return [patient, f"{patient}sessions/", f"{patient}sessions/{given.pk}/"]


def account(request, person):
    someone = request.getfixturevalue(person)
    return getattr(someone, "user", someone)


def answer(response):
    headers = {name: value for name, value in response.headers.items() if name != "X-Request-ID"}
    return response.status_code, headers, response.content


def test_clinician_meets_the_patients_who_share(as_clara, pages):
    for address in pages:
        assert "Alice Archer" in as_clara.opens(address).html


def test_lead_meets_them_too(north, pages):
    lead = visitor(staff("Lea Lead", north, Membership.Role.LEAD))
    for address in [*pages, "/clinic/"]:
        assert "Alice Archer" in lead.opens(address).html


@pytest.mark.parametrize("person", OUTSIDERS)
def test_to_everybody_else_they_do_not_exist(request, pages, given, person):
    client = visitor(account(request, person)).client
    nobodys = [
        "/clinic/patients/987654/",
        "/clinic/patients/987654/sessions/",
        "/clinic/patients/987654/sessions/1/",
    ]
    for address, nowhere in zip(pages, nobodys, strict=True):
        theirs = client.get(address)
        assert theirs.status_code == 404
        assert answer(theirs) == answer(client.get(nowhere))
        assert answer(client.post(address, {"date": "2026-06-16"})) == answer(client.post(nowhere))
    assert list(InjectionSession.objects.all()) == [given]
    given.refresh_from_db()
    assert given.date == days_ago(84)


def test_stranger_is_asked_to_sign_in(pages, given):
    client = visitor(None).client
    for address in [*pages, "/clinic/", "/clinic/patients/987654/"]:
        for send in (client.get, client.post):
            response = send(address)
            back = address if send == client.get else "/welcome/"
            assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={back}")
    assert InjectionSession.objects.count() == 1


@pytest.mark.parametrize("person", ["adam", "eve", "bob", "alice"])
def test_list_does_not_exist_for_those_who_read_no_diaries(request, pages, person):
    client = visitor(account(request, person)).client
    response = client.get("/clinic/")
    assert response.status_code == 404
    assert response.content == client.get("/no-such-page/").content


@pytest.mark.parametrize("person", ["carl", "dora"])
def test_list_of_another_clinic_is_its_own(request, pages, person, south, east):
    share(new_patient("Sarah Souther"), south)
    page = visitor(account(request, person)).opens("/clinic/")
    assert [word for word in CANARIES if word in page.html] == []


def test_link_that_ends_ends_the_very_next_answer(as_clara, alice, north, pages, noon):
    for address in pages:
        as_clara.opens(address)
    link = alice.care_links.get(clinic=north)
    link.ends_at = NOON + timedelta(seconds=1)
    link.save()
    noon.move_to(NOON + timedelta(seconds=1))
    for address in pages:
        as_clara.opens(address, status=404)
    for address in pages[1:]:
        as_clara.sends(address, status=404, date="2026-06-16")
    assert "Alice" not in as_clara.opens("/clinic/").html
    assert InjectionSession.objects.count() == 1


def test_staff_who_left_see_nothing_more(as_clara, clara, pages):
    as_clara.opens(pages[0])
    Membership.objects.filter(user=clara).delete()
    for address in [*pages, "/clinic/"]:
        as_clara.opens(address, status=404)


def test_clinician_who_becomes_administrator_sees_nothing_more(as_clara, clara, pages):
    Membership.objects.filter(user=clara).update(role=Membership.Role.ADMINISTRATOR)
    for address in [*pages, "/clinic/"]:
        as_clara.opens(address, status=404)


def test_session_of_one_patient_is_not_reached_through_another(as_clara, alice, bob, north, given):
    share(bob, north)
    theirs = session(bob, days_ago(84), product="canary-bob")
    crossed = f"/clinic/patients/{alice.pk}/sessions/{theirs.pk}/"
    nobodys = f"/clinic/patients/{alice.pk}/sessions/987654/"
    assert answer(as_clara.client.get(crossed)) == answer(as_clara.client.get(nobodys))
    as_clara.sends(crossed, status=404, date="2026-06-16")
    theirs.refresh_from_db()
    assert (theirs.patient, theirs.date) == (bob, days_ago(84))


@pytest.mark.parametrize("number", ["0", "-1", "abc", "1.5", "9" * 30, "%00", "1%20or%201=1"])
def test_number_that_is_no_patients_does_not_exist(as_clara, alice, number):
    as_clara.opens(f"/clinic/patients/{number}/", status=404)
    as_clara.opens(f"/clinic/patients/{alice.pk}/sessions/{number}/", status=404)


def test_person_at_two_clinics_sees_the_patients_of_both(north, south, alice, bob):
    share(bob, south)
    both = staff("Bella Both", north)
    Membership.objects.create(clinic=south, user=both, role=Membership.Role.CLINICIAN)
    assert [row[0] for row in visitor(both).opens("/clinic/").caseload()[1:]] == [
        "Alice Archer N-17",
        "Bob Baker",
    ]


def test_administrator_of_one_clinic_is_a_clinician_only_where_she_is_one(north, south, alice, bob):
    share(bob, south)
    mixed = staff("Mia Mixed", north, Membership.Role.ADMINISTRATOR)
    Membership.objects.create(clinic=south, user=mixed, role=Membership.Role.CLINICIAN)
    as_mia = visitor(mixed)
    assert [row[0] for row in as_mia.opens("/clinic/").caseload()[1:]] == ["Bob Baker"]
    as_mia.opens(f"/clinic/patients/{alice.pk}/", status=404)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_other_methods_do_nothing(as_clara, pages, given, method):
    for address in [*pages, "/clinic/"]:
        assert getattr(as_clara.client, method)(address).status_code == 405
    assert list(InjectionSession.objects.all()) == [given]


def test_pages_are_never_kept(as_clara, pages):
    for address in [*pages, "/clinic/", "/clinic/patients/987654/"]:
        response = as_clara.client.get(address)
        assert response["Cache-Control"] == "no-store"
        assert "default-src 'none'" in response["Content-Security-Policy"]
