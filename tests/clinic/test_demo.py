"""`manage.py demo`: the people whom it promises, found again by the rules that the pages count with."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import audit
from accounts.demonstration import ACCOUNTS, PASSWORD
from accounts.models import AuditEntry, User
from clinic.access import care_links_of
from clinic.caseload import entries, section_counts
from clinic.demonstration import database
from clinic.demonstration.decisions import DECISIONS
from clinic.demonstration.people import CAST
from clinic.dosing import PLACES
from clinic.models import AdverseEvent, CareLink, Clinic, Decision, InjectionSession, Membership
from clinic.rules import BASELINE_DAYS, analysis
from config.append_only import lifted
from diary.models import DiaryDay, Intake, Medicine, Patient, Preventive
from diary.rules import Diary, MedicationClass, Reached

pytestmark = pytest.mark.django_db

# The end of a short month, a leap day, and days early and late in the month.
DAYS = [date(2026, 11, 23), date(2027, 2, 28), date(2028, 2, 29)]


def rows():
    """All that was written, without the database's own numbers and clock."""
    return [
        list(
            Patient.objects.order_by("pk").values_list("name", "date_of_birth", "user__email", "created_at")
        ),
        list(
            DiaryDay.objects.order_by("pk").values_list(
                "patient__name",
                "date",
                "headache",
                "pain",
                "hours",
                "features",
                "note",
                "recorded_on",
                "source",
            )
        ),
        list(Intake.objects.order_by("pk").values_list("day__date", "medicine__name", "doses")),
        list(
            InjectionSession.objects.order_by("pk").values_list(
                "patient__name", "date", "units", "batch", "expiry"
            )
        ),
        list(
            CareLink.objects.order_by("pk").values_list(
                "reference", "starts_at", "basis", "sees_notes", "wording", "language"
            )
        ),
        list(AuditEntry.objects.order_by("number").values_list("at", "action")),
        list(
            Decision.objects.order_by("pk").values_list(
                "patient__name", "made_on", "kind", "counted", "recorded_at"
            )
        ),
        list(
            Preventive.objects.order_by("pk").values_list("patient__name", "name", "started_on", "ended_on")
        ),
    ]


def empty():
    with lifted():
        for model in (
            Intake,
            DiaryDay,
            Medicine,
            InjectionSession,
            CareLink,
            Patient,
            Membership,
            Clinic,
            User,
            AuditEntry,
        ):
            model.objects.all().delete()


def found(course):
    """The analyses of everybody with a course."""
    names = [person.name for person in CAST if person.course == course]
    assert names
    return [of(patient) for patient in Patient.objects.filter(name__in=names)]


def of(patient):
    return analysis(Diary(patient.days.all().records()), patient.sessions.session_dates())


# --- The command ------------------------------------------------------------------------------------------


def demo(*arguments):
    out = StringIO()
    call_command("demo", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_prints_the_accounts_and_they_open(client):
    out = demo()
    assert PASSWORD in out
    for email in ACCOUNTS:
        assert email in out
        assert User.objects.get(email=email).check_password(PASSWORD)
    assert Patient.objects.count() == len(CAST) >= 24
    last = DiaryDay.objects.order_by("-date").values_list("date", flat=True)[0]
    assert timezone.localdate() - timedelta(days=1) <= last <= timezone.localdate()


@pytest.mark.parametrize("somebody", ["user", "patient"])
def test_a_database_with_somebody_in_it_is_refused(somebody):
    if somebody == "user":
        User.objects.create_user("ana@example.org")
    else:
        Patient.objects.create(name="P1")
    with pytest.raises(CommandError, match="needs an empty one") as error:
        demo()
    assert error.value.returncode == 2
    assert not Clinic.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [["--patients", "0"], ["--patients", "x"], ["--years", "0"], ["--years", "nan"], ["--seed", "s"]],
)
def test_nonsense_is_refused(arguments):
    with pytest.raises(CommandError):
        demo(*arguments)
    assert not User.objects.exists()


def test_any_size():
    demo("--patients", "3", "--years", "0.5")
    assert [patient.name for patient in Patient.objects.order_by("pk")] == [
        person.name for person in CAST[:3]
    ]
    assert DiaryDay.objects.earliest("date").date >= timezone.localdate() - timedelta(days=184)
    empty()
    demo("--patients", "40", "--years", "0.3", "--seed", "9")
    assert Patient.objects.count() == 40
    assert CareLink.objects.values("reference").distinct().count() == 40


# --- The same again ---------------------------------------------------------------------------------------


def test_the_same_seed_and_day_give_the_same_rows():
    first, other = [], []
    for place in (first, other):
        database.create(DAYS[0], patients=30, years=0.6, seed=5)
        place += rows()
        empty()
    assert first == other


def test_another_seed_gives_other_diaries():
    database.create(DAYS[0], patients=5, years=0.5, seed=5)
    first = rows()
    empty()
    database.create(DAYS[0], patients=5, years=0.5, seed=6)
    assert rows()[1] != first[1]


# --- Staff and people -------------------------------------------------------------------------------------


def test_staff():
    database.create(DAYS[0], patients=2)
    roles = Membership.objects.values_list("user__email", "role", "clinic__slug").order_by("pk")
    assert list(roles) == [
        ("clinician@example.org", "lead", "riverside"),
        ("admin@example.org", "administrator", "riverside"),
    ]
    assert Clinic.objects.get().name == "Riverside Headache Clinic"


def test_who_has_a_sign_in_agreed_to_be_read_and_one_shares_notes():
    database.create(DAYS[0], years=0.3)
    for link in CareLink.objects.select_related("patient__user"):
        user = link.patient.user
        expected = ("consent", "2026-12", user.pseudonym) if user else ("clinic", "", None)
        assert (link.basis, link.wording, link.given_by) == expected
    assert [link.patient.user.email for link in CareLink.objects.filter(sees_notes=True)] == [ACCOUNTS[0]]


def test_page_of_sharing_has_something_to_show(client):
    database.create(DAYS[0], patients=2, years=0.3)
    assert audit.verified().faults == ()
    with time_machine.travel(datetime(2026, 11, 23, 15, tzinfo=UTC), tick=False):
        client.force_login(User.objects.get(email=ACCOUNTS[0]))
        page = client.get("/sharing/").content.decode()
    assert "Riverside Headache Clinic" in page
    assert "read your diary on 16 November 2026, 2 times" in page


def test_only_the_three_accounts_have_a_password():
    database.create(DAYS[0], years=0.3)
    others = User.objects.exclude(email__in=ACCOUNTS)
    assert others
    assert not [user for user in others if user.has_usable_password()]


def test_what_is_stored_is_valid():
    database.create(DAYS[0], years=0.5)
    for model in (Patient, Medicine, DiaryDay, InjectionSession, CareLink, Decision, Preventive):
        for row in model.objects.all()[:400]:
            row.full_clean(validate_unique=False, validate_constraints=False)
    for session in InjectionSession.objects.all():
        assert session.units == 5 * session.sites
        assert 155 <= session.units <= 195
        assert session.expiry > session.date
    assert not DiaryDay.objects.filter(date__gt=DAYS[0]).exists()
    assert not DiaryDay.objects.filter(recorded_on__gt=DAYS[0]).exists()


# --- Courses, whatever the seed and the day ---------------------------------------------------------------


@pytest.fixture(params=[(DAYS[0], database.SEED), (DAYS[1], 1), (DAYS[2], 2)], ids=str)
def today(request):
    day, seed = request.param
    database.create(day, seed=seed)
    return day


def test_courses(today):
    """One database for all of them: it takes longer to fill than to count."""
    responders()
    non_responders()
    under_15()
    wearing_off()
    medicines()
    gaps(today)
    schedules(today)
    account(today)
    decisions(today)


def responders():
    for one in found("responder"):
        assert one.cycles[1].responder[50] is Reached.REACHED
        assert one.baseline.headache_days >= 15
    for one in found("partial responder"):
        assert one.cycles[1].reduction.point > 0.15
        assert one.cycles[1].responder[75] is Reached.NOT_REACHED


def non_responders():
    for one in found("non-responder"):
        assert len(one.cycles) == 2
        nice, _ = one.criteria
        assert nice.inadequate_response is Reached.REACHED


def decisions(today):
    made = list(
        Decision.objects.order_by("patient__name", "made_on").values_list(
            "patient__name", "kind", "stop_reason"
        )
    )
    assert ("Joseph Adeyinka", "stop", "no_response") in made
    assert ("Tomasz Wieland", "stop", "episodic") in made
    assert sum(kind == "start" for _, kind, _ in made) >= 4
    assert "Carys Bevan" not in {name for name, *_ in made}, "somebody is left to decide on"
    for one in Decision.objects.select_related("patient"):
        assert one.made_on <= today
        assert one.reason
    for one in Decision.objects.filter(patient__name__in=DECISIONS):
        assert one.counted["on"] == one.made_on.isoformat()
        assert bool(one.counted["criteria"]) == bool(one.cycle)
    ended = Preventive.objects.exclude(ended_on=None)
    assert {one.reason for one in ended} == {"no_effect", "side_effects"}


def under_15():
    for one in found("under 15 days"):
        assert one.baseline.headache_days >= 15
        assert one.criteria[0].episodic.state is Reached.REACHED


def wearing_off():
    for one in found("wearing off"):
        whole = [
            cycle.blocks for cycle in one.cycles if [b.window.days for b in cycle.blocks] == [28, 28, 28]
        ]
        complete = [blocks for blocks in whole if blocks[2].window.recorded >= 24]
        assert complete
        middle = sum(blocks[1].window.headache_days for blocks in complete)
        late = sum(blocks[2].window.headache_days for blocks in complete)
        assert late >= middle + 3 * len(complete)


def months_reached(one, code):
    return sum(month.overuse[code] is Reached.REACHED for month in one.months[-7:])


def medicines():
    for one in found("triptan overuse"):
        assert months_reached(one, "8.2.2") >= 3
    for one in found("combination overuse") + found("codeine"):
        assert months_reached(one, "8.2.5") >= 3
    for one in found("simple painkiller overuse"):
        assert months_reached(one, "8.2.3") >= 3
    for one in found("gepant"):
        assert sum(month.medication_days[MedicationClass.GEPANT] for month in one.months) > 20


def gaps(today):
    for one in found("thin diary"):
        days = (one.diary.last_day - one.diary.first_day).days + 1
        assert len(one.diary.days) < 0.7 * days
        assert one.cycles[1].responder[30] is Reached.CANNOT_EVALUATE
    for one in found("stopped recording"):
        assert 21 <= (today - one.diary.last_day).days <= 24
    for one in found("new"):
        assert one.cycles == []
        assert one.months[-2].headache_15 is Reached.REACHED
    (paper,) = Patient.objects.filter(days__source=DiaryDay.Source.PAPER).distinct()
    assert paper.user is None
    assert not paper.days.exclude(source=DiaryDay.Source.PAPER, recorded_on=None).exists()


def schedules(today):
    (early,) = found("early injection")
    assert (early.cycles[-1].cycle.starts_on - early.cycles[-2].cycle.starts_on).days == 63
    (overdue,) = found("overdue")
    assert (today - overdue.cycles[-1].cycle.starts_on).days > 84 + 28
    for one in found("first cycle"):
        assert len(one.cycles) == 1
        assert one.baseline.recorded >= BASELINE_DAYS - 8


def account(today):
    patient = Patient.objects.get(user__email=ACCOUNTS[0])
    one = of(patient)
    assert len(one.cycles) == 5
    assert (today - one.cycles[-1].cycle.starts_on).days // 7 + 1 == 7
    assert Reached.REACHED in [cycle.responder[50] for cycle in one.cycles]
    recorded = {day.date for day in one.diary.days}
    assert not {today, today - timedelta(days=1)} & recorded
    last_four_weeks = {today - timedelta(days=ago) for ago in range(28)}
    assert len(last_four_weeks - recorded) == 4
    if today.day > 3:
        triptans = one.months[-1].medication_days[MedicationClass.TRIPTAN]
        assert triptans == min(8, round(today.day * 0.38))
    assert patient.medicines.count() == 4
    days = list(patient.days.all())
    assert [day for day in days if day.is_late]
    assert [day for day in days if day.note]
    assert [day for day in days if day.menstruation]
    assert len({feature for day in days for feature in day.feature_set}) == 8


def test_sessions_say_where_and_with_what_and_some_had_adverse_events(db):
    today = date(2026, 6, 17)
    database.create(today, patients=9, years=1)
    sessions = InjectionSession.objects.all()
    assert all(sum(one.muscles.values()) == one.sites for one in sessions)
    assert all(one.units + one.wasted_units == one.diluted_units == 200 for one in sessions)
    assert {one.injector for one in sessions} == {"Dr Ingrid Solberg"}
    assert all(not list(one.muscles.keys() - PLACES) for one in sessions)
    events = AdverseEvent.objects.standing()
    assert {one.term for one in events} >= {"eyelid_ptosis", "injection_site_pain"}
    assert all(one.session.date <= one.began_on <= today for one in events)


def test_every_section_of_the_list_is_inhabited():
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        call_command("demo", stdout=StringIO())
        reader = User.objects.get(email=ACCOUNTS[1])
        counts = section_counts(entries(care_links_of(reader), timezone.now()))
    assert [section.value for section, number in counts.items() if not number] == []
