"""One person may log for a patient: how they come, what they see and write, and that the end is at once."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry, User
from clinic import erasure, leaving
from diary import actions, caring
from diary.access import caring_of
from diary.models import Carer, CarerCode, DiaryDay, Patient
from diary.rules import Headache
from tests.cast import (
    NOON,
    TODAY,
    at_most,
    days_ago,
    medicine,
    new_patient,
    new_user,
    record,
    share,
    staff,
    visitor,
    with_password,
)
from tests.races import at_once
from tests.security.conftest import masked
from tests.takeout.conftest import request_of

YESTERDAY = days_ago(1)
UNKNOWN = "This code opens nothing. It works once, for one day: ask for a new one."


@pytest.fixture
def code(bob):
    return caring.code_of(caring.make_code(bob).seed)


@pytest.fixture
def link(bob, eve):
    return Carer.objects.create(patient=bob, user=eve, since=NOON - timedelta(days=2))


@pytest.fixture
def as_eve(eve):
    return visitor(eve)


@pytest.fixture
def address(link):
    return f"/caring/{link.pk}/"


def said(page):
    return page.main.text


def last_entry():
    entry = AuditEntry.objects.order_by("-number").first()
    return entry.action, entry.subject, entry.actor, entry.clinic, entry.detail


# --- How a carer comes ---------------------------------------------------------------------------------------


def test_patient_makes_a_code_and_the_carer_enters_it(as_bob, bob, as_eve, eve):
    page = as_bob.sends("/carer/code/")
    shown = page.main.one("p", "code").text
    assert "until 18 June, 12:00" in said(page)
    assert "http" in said(page)
    assert "/caring/" in said(page)
    assert bob.carer_codes.get().digest not in page.html
    page = as_eve.sends("/caring/", code=shown.lower().replace("-", " "))
    assert page.main.one("h1").text == "How is Bob Baker’s head today?"
    assert page.messages == "You can log for Bob Baker now."
    assert last_entry() == ("consented", bob.pseudonym, eve.pseudonym, None, "carer, by a code")
    page = as_bob.opens("/carer/")
    assert "Eve Everyone" in said(page)
    assert page.facts()["Since"] == "17 June 2026, 12:00"
    assert "Your carer: can log for you" in page.text


def test_patient_is_told_by_a_mail_without_a_name_or_a_word_on_health(as_eve, code):
    as_eve.sends("/caring/", code=code)
    [message] = mail.outbox
    assert message.to == ["bob@example.org"]
    assert "/carer/" in message.body
    for word in ("Eve", "Bob", "head", "diary", "carer:"):
        assert word not in message.body.replace("/carer/", "")


def test_only_after_the_password(bob):
    page = visitor(with_password(bob.user), minutes_ago=16).sends("/carer/code/")
    assert page.main.one("h1").text == "Is it you?"
    assert not bob.carer_codes.exists()


@pytest.mark.parametrize(
    "why", ["wrong", "used", "expired", "withdrawn", "replaced", "odd", "clinic's", "taken"]
)
def test_code_that_opens_nothing(as_eve, as_bob, bob, code, noon, why):
    entered = code
    if why == "wrong":
        entered = "0000-0000"
    if why == "odd":
        entered = "\ud7ff\x01 💥 ؀"
    if why == "used":
        caring.end(caring.begin(code, new_user("Fred Former")), None)
    if why == "expired":
        noon.move_to(NOON + timedelta(hours=24))
    if why == "withdrawn":
        as_bob.sends("/carer/code/withdraw/")
    if why == "replaced":
        caring.make_code(bob)
    if why == "clinic's":
        from clinic import consent

        entered = consent.code_of(consent.make_code(bob, sees_notes=False).seed)
    if why == "taken":
        Carer.objects.create(patient=bob, user=new_user("Fred Former"))
    page = as_eve.sends("/caring/", status=422, code=entered)
    assert page.error("code") == UNKNOWN
    assert not Carer.objects.lasting().filter(user__name="Eve Everyone").exists()


def test_code_of_a_carer_opens_nothing_to_a_clinic(as_clara, code, bob):
    assert as_clara.sends("/clinic/link/", status=422, code=code)
    assert not bob.care_links.exists()


def test_own_code_is_for_somebody_else(as_bob, code):
    page = as_bob.sends("/caring/", status=422, code=code)
    assert page.error("code") == "This is your own code. It is for the person who is to log for you."
    assert CarerCode.objects.get().used_at is None


def test_guessing_is_slowed_down_and_a_right_code_waits_too(as_eve, code):
    for _ in range(10):
        assert UNKNOWN in said(as_eve.sends("/caring/", status=422, code="0000-0000"))
    page = as_eve.sends("/caring/", status=422, code=code)
    assert "Please wait a quarter of an hour." in said(page)
    assert not Carer.objects.exists()


def test_who_has_no_name_says_one(bob, code):
    nameless = User.objects.create_user("nobody@example.org")
    page = visitor(nameless).sends("/caring/", status=422, code=code)
    assert page.wrong_fields() == {"name"}
    visitor(nameless).sends("/caring/", code=code, name="Nina Named")
    assert "Nina Named" in said(visitor(bob.user).opens("/carer/"))


@pytest.mark.parametrize("person", ["clara", "adam"])
def test_account_that_works_at_a_clinic_logs_for_nobody(request, person, bob, code):
    someone = request.getfixturevalue(person)
    page = visitor(someone).sends("/caring/", status=422, code=code)
    assert "This account works at a clinic." in said(page)
    assert not Carer.objects.exists()


def test_carer_who_comes_to_work_at_a_clinic_is_out(as_eve, eve, address, north, bob):
    assert as_eve.opens(address)
    staff_now = staff("Steve Staff", north)
    Carer.objects.update(user=staff_now)
    assert visitor(staff_now).opens(address, status=404)
    assert not caring_of(Carer.objects.get().user).exists()  # of whom nothing is known counts as staff


def test_one_carer_at_a_time(as_bob, bob, link):
    page = as_bob.sends("/carer/code/")
    assert page.messages == "Somebody can log for you already. End that first."
    with pytest.raises(IntegrityError), transaction.atomic():
        Carer.objects.create(patient=bob, user=new_user("Fred Former"))


def test_carer_may_keep_a_diary_and_log_for_several(as_alice, alice, bob):
    cleo = new_patient("Cleo Case")
    for patient in (bob, cleo):
        as_alice.sends("/caring/", code=caring.code_of(caring.make_code(patient).seed))
    page = as_alice.opens("/caring/")
    assert [link.text for link in page.section("people").all("a")] == ["Bob Baker", "Cleo Case"]
    as_alice.sends(f"/caring/{alice.user.caring.get(patient=cleo).pk}/{TODAY}/headache/", headache="mild")
    assert (cleo.days.count(), bob.days.count(), alice.days.count()) == (1, 0, 0)


def test_where_a_carer_without_a_diary_comes_to(as_eve, link):
    assert as_eve.opens("/welcome/").path == "/caring/"
    assert "I have a code" in said(as_eve.opens("/begin/"))


# --- What a carer sees ---------------------------------------------------------------------------------------


@pytest.fixture
def diary(bob):
    """Bob's, with words that a carer reads and words that they never do."""
    taken = medicine(bob, "sumatriptan", strength="50 mg")
    record(bob, TODAY, "severe", taken, note="canary-note", pain=9, menstruation=True, features="aura")
    record(bob, YESTERDAY, "none", note="canary-yesterday")
    record(bob, days_ago(3), "moderate", taken, note="canary-earlier")
    record(bob, days_ago(40), "severe", note="canary-old")
    return taken


def missed(page):
    """The earlier days that the page asks for."""
    return [one.text for one in page.main.all("h2") if one.attributes.get("id", "").startswith("missed")]


def test_the_least_that_logging_needs(as_eve, address, diary, bob, north):
    share(bob, north)
    page = as_eve.opens(address)
    assert page.facts()["You log for"] == "Bob Baker"
    assert "Wednesday 17 June" in said(page)
    pressed = [
        b.text for b in page.section("question").all("button") if b.attributes.get("aria-pressed") == "true"
    ]
    assert pressed == ["Severe"]
    assert missed(page) == [
        f"{words} June" for words in ("Monday 15", "Saturday 13", "Friday 12", "Thursday 11", "Wednesday 10")
    ]
    for word in ("canary", "North", "9 of 10", "aura", "published", "period", "Moderate headache"):
        assert word not in page.html


def test_nothing_is_asked_for_before_the_diary_began(as_eve, address, bob):
    assert missed(as_eve.opens(address)) == []
    record(bob, days_ago(3))
    assert missed(as_eve.opens(address)) == ["Monday 15 June"]


def test_the_date_is_the_patients(as_eve, address, bob, noon):
    Patient.objects.filter(pk=bob.pk).update(time_zone="Pacific/Kiritimati")
    assert "Thursday 18 June" in said(as_eve.opens(address))
    as_eve.sends(f"{address}2026-06-18/headache/", headache="none")
    assert bob.days.get().date == TODAY + timedelta(days=1)


def test_queries_of_the_page(as_eve, address, diary):
    with at_most(8):
        as_eve.client.get(address)
    with at_most(16):
        as_eve.client.post(f"{address}{TODAY}/headache/", {"headache": "mild"})


@pytest.mark.parametrize(
    "name",
    ["", "days/2026-06-17/", "months/2026-06/", "trends/", "medicines/", "data/", "sharing/", "carer/"],
)
def test_no_other_page_of_the_patient(as_eve, address, diary, name):
    page = as_eve.opens(f"/{name}")
    assert page.path == "/begin/"
    assert "canary" not in page.html
    assert "Bob" not in said(page)


# --- What a carer writes -------------------------------------------------------------------------------------


def test_headache_is_saved_at_once_and_marked(as_eve, as_bob, as_clara, address, bob, north):
    share(bob, north)
    page = as_eve.sends(f"{address}{TODAY}/headache/", headache="mild")
    assert page.messages == "Saved: Mild headache"
    day = bob.days.get()
    assert (day.headache, day.source, day.recorded_on) == ("mild", "carer", TODAY)
    page = as_bob.opens(f"/days/{TODAY}/")
    assert "entered by Eve Everyone, your carer" in said(page)
    assert as_clara.opens(f"/clinic/patients/{bob.pk}/").facts()["Days entered by a carer"] == "1"


def test_mark_stays_when_the_patient_adds_to_the_day(as_eve, as_bob, address, bob):
    as_eve.sends(f"{address}{TODAY}/headache/", headache="mild")
    as_bob.sends(f"/days/{TODAY}/headache/", headache="severe")
    assert bob.days.get().source == "carer"
    assert "entered by Eve Everyone" in said(as_bob.opens(f"/days/{TODAY}/"))


def test_what_the_carer_changed_is_kept_and_said(as_eve, as_bob, eve, address, diary, bob):
    as_eve.sends(f"{address}{YESTERDAY}/headache/", headache="severe")
    version = bob.day_versions.get()
    assert (version.said["headache"], version.replaced_by) == ("none", eve.pseudonym)
    page = as_bob.opens(f"/days/{YESTERDAY}/")
    assert "changed by your carer on 17 June 2026" in said(page)
    assert "entered by" not in said(page)


@pytest.mark.parametrize("gone", ["account", "two on one date"])
def test_nobody_is_named_where_it_is_not_known(as_eve, as_bob, address, bob, eve, link, gone):
    as_eve.sends(f"{address}{TODAY}/headache/", headache="mild")
    if gone == "account":
        erasure.erase_account(eve)
    else:
        caring.end(link, None)
        Carer.objects.create(patient=bob, user=new_user("Fred Former"))
    assert "entered by your carer" in said(as_bob.opens(f"/days/{TODAY}/"))


def test_dose_of_today_and_yesterday(as_eve, address, diary, bob):
    for day, standing in ((TODAY, 2), (YESTERDAY, 1)):
        page = as_eve.sends(f"{address}{day}/dose/", medicine=diary.pk, change="1")
        assert page.messages == "Saved: sumatriptan 50 mg added"
        assert bob.days.get(date=day).intakes.get().doses == standing
    as_eve.sends(f"{address}{TODAY}/dose/", medicine=diary.pk, change="-1")
    assert bob.days.get(date=TODAY).intakes.get().doses == 1


def test_dose_on_a_day_that_is_not_recorded_changes_nothing(as_eve, address, bob):
    taken = medicine(bob)
    page = as_eve.sends(f"{address}{TODAY}/dose/", medicine=taken.pk, change="1")
    assert page.messages == "sumatriptan: nothing to change"
    assert not bob.days.exists()


@pytest.mark.parametrize(("days", "status"), [(-1, 404), (0, 302), (1, 302), (2, 404), (7, 404), (8, 404)])
def test_days_of_doses(as_eve, address, diary, days, status):
    form = {"medicine": diary.pk, "change": "1"}
    assert as_eve.client.post(f"{address}{days_ago(days)}/dose/", form).status_code == status


@pytest.mark.parametrize(
    ("days", "status"), [(-1, 404), (0, 302), (1, 302), (2, 302), (7, 302), (8, 404), (400, 404)]
)
def test_days_of_headaches(as_eve, address, days, status):
    answer = as_eve.client.post(f"{address}{days_ago(days)}/headache/", {"headache": "mild"})
    assert answer.status_code == status


def test_earlier_day_that_is_recorded_is_not_touched(as_eve, address, diary, bob):
    page = as_eve.sends(f"{address}{days_ago(3)}/headache/", headache="none")
    assert page.messages == "This day is recorded already. Nothing was changed."
    assert bob.days.get(date=days_ago(3)).headache == "moderate"
    assert not bob.day_versions.exists()


def test_what_is_no_answer_saves_nothing(as_eve, address, bob):
    page = as_eve.sends(f"{address}{TODAY}/headache/", headache="terrible")
    assert page.messages.startswith("Nothing was saved")
    assert not bob.days.exists()


def test_medicine_of_another_diary_does_not_exist(as_eve, address, alice, diary):
    foreign = medicine(alice, "Tea", "other")
    as_eve.sends(f"{address}{TODAY}/dose/", status=404, medicine=foreign.pk, change="1")


# --- Undo ----------------------------------------------------------------------------------------------------


def undone(carer, address):
    """The button of the bar on the page."""
    page = carer.opens(address)
    token = page.main.one("div", "saved").one("input", name="undo")["value"]
    return carer.sends(f"{address}undo/", undo=token).messages


def taps(client, *forms):
    for address, form in forms:
        client.post(address, form)


def stands(patient):
    return [
        (day.date, day.headache, day.pain, day.note, day.source, [one.doses for one in day.intakes.all()])
        for day in patient.days.order_by("date")
    ]


@pytest.mark.parametrize("tap", ["first", "other word", "dose", "dose back", "missed day"])
def test_undo_puts_back_all_that_stood_there(as_eve, address, diary, bob, tap):
    if tap == "first":
        bob.days.filter(date=TODAY).delete()
    before = stands(bob)
    where, form = {
        "first": (TODAY, {"headache": "mild"}),
        "other word": (TODAY, {"headache": "none"}),
        "dose": (TODAY, {"medicine": diary.pk, "change": "1"}),
        "dose back": (TODAY, {"medicine": diary.pk, "change": "-1"}),
        "missed day": (days_ago(2), {"headache": "mild"}),
    }[tap]
    as_eve.client.post(f"{address}{where}/{'dose' if 'dose' in tap else 'headache'}/", form)
    assert stands(bob) != before
    assert undone(as_eve, address) == "Undone."
    assert stands(bob) == before


@pytest.mark.parametrize("who", ["patient", "patient back and forth", "import"])
def test_undo_of_the_carers_own_tap_alone(as_eve, as_bob, address, diary, bob, who):
    as_eve.client.post(f"{address}{TODAY}/headache/", {"headache": "mild"})
    if who == "import":
        bob.days.filter(date=TODAY).update(note="imported")
    else:
        as_bob.sends(f"/days/{TODAY}/headache/", headache="none")
    before = stands(bob)
    assert undone(as_eve, address) == "Not undone: the day was changed since."
    assert stands(bob) == before


def test_patient_undoes_nothing_of_the_carers(as_eve, as_bob, address, bob):
    as_bob.sends(f"/days/{TODAY}/headache/", headache="mild")
    as_eve.client.post(f"{address}{TODAY}/headache/", {"headache": "severe"})
    assert as_bob.sends("/undo/").messages.startswith("Not undone")
    assert bob.days.get().headache == "severe"


def test_undo_for_one_is_no_undo_for_another(as_eve, eve, bob, address):
    cleo = new_patient("Cleo Case")
    other = f"/caring/{Carer.objects.create(patient=cleo, user=eve).pk}/"
    as_eve.client.post(f"{address}{TODAY}/headache/", {"headache": "mild"})
    token = as_eve.opens(address).main.one("div", "saved").one("input", name="undo")["value"]
    assert as_eve.sends(f"{other}undo/", undo=token).messages == "There is nothing left to undo here."
    assert as_eve.opens(other).main.all("div", "saved") == []
    assert bob.days.exists()


def test_own_diary_and_anothers_have_ways_back_of_their_own(as_alice, alice, bob):
    mine = f"/caring/{Carer.objects.create(patient=bob, user=alice.user).pk}/"
    as_alice.client.post(f"/days/{TODAY}/headache/", {"headache": "mild"})
    as_alice.client.post(f"{mine}{TODAY}/headache/", {"headache": "severe"})
    assert "Undone: 17 June" in as_alice.sends("/undo/").messages
    assert (alice.days.count(), bob.days.count()) == (0, 1)
    assert as_alice.client.session["undo_as_carer"]["tap"]["carer"]


def test_session_of_the_carer_keeps_no_word_of_the_diary(as_eve, address, diary):
    as_eve.client.post(f"{address}{TODAY}/headache/", {"headache": "mild"})
    as_eve.opens(address)
    kept = str(dict(as_eve.client.session))
    for word in ("canary", "severe", "mild", "sumatriptan", "Bob"):
        assert word not in kept


# --- The end -------------------------------------------------------------------------------------------------


def test_end_in_one_tap_without_the_password(bob, link, eve):
    patient = visitor(bob.user, minutes_ago=600)
    page = patient.sends(f"/carer/{link.pk}/end/")
    assert page.messages == "Nobody but you can log in your diary. This holds from now on."
    assert "Eve Everyone: 15 June 2026, 12:00 – 17 June 2026, 12:00, ended by you" in said(page)
    assert last_entry() == ("withdrew", bob.pseudonym, bob.user.pseudonym, None, "carer")
    assert "Your carer: can log for you" not in page.text
    assert mail.outbox == []


def refused_alike(client, method, address, nowhere, form=None):
    """Whether both are refused, byte for byte alike but for the token of the switch of themes."""
    answers = [getattr(client, method)(one, form or {}) for one in (address, nowhere)]
    assert [answer.status_code for answer in answers] == [404, 404]
    return masked(answers[0]) == masked(answers[1])


def test_page_and_forms_that_were_open_are_gone_at_the_next_request(
    as_eve, as_bob, address, diary, bob, link
):
    as_eve.client.post(f"{address}{TODAY}/headache/", {"headache": "mild"})
    token = as_eve.opens(address).main.one("div", "saved").one("input", name="undo")["value"]
    as_bob.sends(f"/carer/{link.pk}/end/")
    before = stands(bob)
    nowhere = address.replace(str(link.pk), "987654321")
    forms = {
        f"{TODAY}/headache/": {"headache": "severe"},
        f"{TODAY}/dose/": {"medicine": diary.pk, "change": "1"},
        "undo/": {"undo": token},
        "stop/": {},
    }
    assert refused_alike(as_eve.client, "get", address, nowhere)
    for place, form in forms.items():
        assert refused_alike(as_eve.client, "post", address + place, nowhere + place, form), place
    assert stands(bob) == before
    page = as_eve.opens("/caring/")
    assert "Nobody at the moment." in said(page)
    assert "Bob" not in page.html


def test_carer_stops_by_themself(as_eve, eve, bob, address, as_bob):
    page = as_eve.sends(f"{address}stop/")
    assert page.messages == "You no longer log for Bob Baker."
    assert last_entry() == ("withdrew", bob.pseudonym, eve.pseudonym, None, "carer")
    assert "ended by them" in said(as_bob.opens("/carer/"))


def test_end_holds_although_the_log_is_stuck(as_bob, as_eve, link, address, monkeypatch):
    def stuck(*args, **kwargs):
        raise audit.AuditUnavailable

    monkeypatch.setattr(audit, "append", stuck)
    as_bob.sends(f"/carer/{link.pk}/end/")
    as_eve.opens(address, status=404)


def test_nobody_is_let_in_while_the_log_is_stuck(as_eve, code, monkeypatch):
    def stuck(*args, **kwargs):
        raise audit.AuditUnavailable

    monkeypatch.setattr(audit, "append", stuck)
    as_eve.sends("/caring/", status=503, code=code)
    assert not Carer.objects.exists()
    assert CarerCode.objects.get().used_at is None


def test_end_of_one_that_ended_is_the_end_of_nobody_else(as_bob, bob, link):
    caring.end(link, None)
    other = Carer.objects.create(patient=bob, user=new_user("Fred Former"))
    as_bob.sends(f"/carer/{link.pk}/end/")
    assert Carer.objects.lasting().get() == other


def test_who_asks_to_be_deleted_has_no_carer_from_then_on(as_eve, bob, address, link):
    code = CarerCode.objects.create(patient=bob, seed="s", digest="d", expires_at=NOON + timedelta(hours=1))
    leaving.ask(request_of(bob.user), bob)
    as_eve.opens(address, status=404)
    assert not CarerCode.objects.filter(pk=code.pk).exists()
    assert last_entry()[0::4] == ("withdrew", "carer")


def test_guard_sees_an_end_that_does_not_hold(as_bob, as_eve, link, address, monkeypatch):
    monkeypatch.setattr(caring, "end", lambda *args, **kwargs: False)
    as_bob.sends(f"/carer/{link.pk}/end/")
    as_eve.opens(address)


# --- The copy and the erasure ----------------------------------------------------------------------------------


def test_erasure_of_either_ends_it_and_leaves_the_other(link, bob, eve, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    record(bob, TODAY, source="carer")
    erasure.erase_account(eve)
    assert not Carer.objects.exists()
    assert bob.days.get().source == "carer"
    fred = new_user("Fred Former")
    Carer.objects.create(patient=bob, user=fred)
    erasure.erase(bob)
    assert not Carer.objects.exists()
    assert User.objects.filter(pk=fred.pk).exists()


def test_copies_of_both(alice, bob, as_eve):
    from clinic import takeout

    link = Carer.objects.create(patient=bob, user=alice.user, since=NOON)
    caring.record_headache(link, TODAY, Headache.MILD, TODAY, only_missing=False)
    actions.record_headache(bob, TODAY, Headache.SEVERE, TODAY, by=bob.user.pseudonym)
    caring.record_headache(link, TODAY, Headache.NONE, TODAY, only_missing=False)
    theirs = takeout.everything(bob, timezone.now())
    assert theirs["carers"][0]["who"] == {"is": "carer", "name": "Alice Archer"}
    assert [one["replaced_by"]["is"] for one in theirs["earlier_days"]] == ["you", "carer"]
    assert "alice@" not in str(theirs)
    mine = takeout.everything(alice, timezone.now())
    assert mine["caring_for"] == [{"name": "Bob Baker", "since": NOON, "until": None}]
    assert "bob@" not in str(mine)
    assert str(bob.pseudonym) not in str(mine)
    assert "You log for Bob Baker" in takeout.page(mine)
    assert "your carer Alice Archer" in takeout.page(theirs)


# --- At the same moment ----------------------------------------------------------------------------------------


@pytest.fixture
def dana(transactional_db):
    return new_patient("Dana Daily")


def entering(code, user):
    def deed():
        try:
            return caring.begin(code, user)
        except caring.UnknownCode:
            return None

    return deed


def test_two_codes_used_at_once_leave_one_carer(dana):
    people = [new_user(f"Person{n} X") for n in range(4)]
    later = timezone.now() + timedelta(hours=1)
    for _ in range(5):
        codes = [f"{n}000000{n}" for n in range(4)]
        CarerCode.objects.all().delete()
        for code in codes:
            CarerCode.objects.create(patient=dana, seed=code, digest=caring.digest(code), expires_at=later)
        found = at_once(*[entering(code, user) for code, user in zip(codes, people, strict=True)])
        assert len([one for one in found if one]) == 1
        caring.end(dana.carers.lasting().get(), None)


def test_one_code_used_at_once_leaves_one_carer(dana):
    people = [new_user(f"Person{n} X") for n in range(4)]
    code = caring.code_of(caring.make_code(dana).seed)
    at_once(*[entering(code, user) for user in people])
    assert dana.carers.count() == 1


def test_patient_and_carer_at_the_same_moment(dana):
    carer = Carer.objects.create(patient=dana, user=new_user("Eve Everyone"))
    taken = medicine(dana)
    when = dana.date_at(timezone.now())
    actions.record_headache(dana, when, Headache.MILD, when, by=None)
    for _ in range(5):
        at_once(
            lambda: caring.change_doses(carer, when, taken, 1),
            lambda: actions.change_doses(dana, when, taken, 1, by=None),
        )
    assert dana.days.get().intakes.get().doses == 10
    DiaryDay.objects.all().delete()
    at_once(
        lambda: caring.record_headache(carer, when, Headache.NONE, when, only_missing=False),
        lambda: actions.record_headache(dana, when, Headache.SEVERE, when, by=None),
    )
    assert dana.days.count() == 1


def test_nothing_is_written_after_the_end(dana):
    """Whichever comes first: what stands there once the end is confirmed stays so."""
    when = dana.date_at(timezone.now())
    for number in range(5):
        carer = Carer.objects.create(patient=dana, user=new_user(f"Person{number} X"))
        DiaryDay.objects.all().delete()
        at_end = []

        def write(carer=carer):
            try:
                caring.record_headache(carer, when, Headache.MILD, when, only_missing=False)
            except caring.Ended:
                return

        def finish(carer=carer, at_end=at_end):
            caring.end(carer, None)
            at_end.append(dana.days.count())

        at_once(write, finish)
        assert [dana.days.count()] == at_end
        with pytest.raises(caring.Ended):
            caring.record_headache(carer, when, Headache.SEVERE, when, only_missing=False)
