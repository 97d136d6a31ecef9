"""Everything that the diary holds about a person, as a copy to take along.

`EXPORTED` and `NOT_EXPORTED` speak of every model and field there is; a test fails for one that they forget.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import AuditEntry, User
from clinic.adverse_summaries import term_words
from clinic.consent import WORDINGS
from clinic.imports import COLUMNS
from clinic.models import (
    ADVERSE_SAID,
    DECIDED,
    SAID_FIELDS,
    Clinic,
    ImportBatch,
    InjectionSession,
    Invitation,
    Membership,
    Tag,
)
from clinic.rules import PUBLISHED_CRITERIA
from clinic.session_summaries import session_lines
from clinic.words import answers, decision_kinds, outcomes, severities, stop_reasons
from diary.exports import diary_csv
from diary.imports.diary_csv import escaped
from diary.models import KEPT_FIELDS, DiaryDay, DiaryDayVersion, Patient, Preventive, feature_set
from diary.rules import Disability, Feature, Relief
from diary.words import DISABILITY_LABELS, FEATURE_LABELS, RELIEF_LABELS, detail_words

SCHEMA = 1
"""Of diary.json. A field that is taken out or means something else makes it one more; a new field does not."""
SCHEMA_FILE = Path(__file__).with_name("takeout.schema.json")
STYLE_FILE = Path(__file__).with_name("takeout.css")

# --- What is in the copy, and what is not ----------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """Where the rows of a model stand in diary.json. `fields`: under which name; `left_out`: for which reason not."""

    place: str
    fields: Mapping[str, str]
    left_out: Mapping[str, str] = field(default_factory=dict)


def same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


ROW_NUMBER = "a row number, which means nothing elsewhere"
OWNER = "the person whose copy it is"
WRITTEN_ONCE = ("replaces", "is_withdrawn", "recorded_by", "recorded_at")
SECRET = "a secret that opens the account"  # noqa: S105  (a reason, no secret)

EXPORTED: dict[str, Section] = {
    "accounts.User": Section(
        "account",
        same("email", "name", "is_active", "is_superuser", "pseudonym", "date_joined", "last_login"),
        {"id": ROW_NUMBER, "password": SECRET, "session_generation": "a counter that ends all sessions"},
    ),
    "account.EmailAddress": Section(
        "account.addresses", same("email", "verified", "primary"), {"id": ROW_NUMBER, "user": OWNER}
    ),
    "mfa.Authenticator": Section(
        "account.factors",
        same("type", "created_at", "last_used_at"),
        {"id": ROW_NUMBER, "user": OWNER, "data": SECRET},
    ),
    "usersessions.UserSession": Section(
        "account.devices",
        same("created_at", "last_seen_at", "ip", "user_agent"),
        {"id": ROW_NUMBER, "user": OWNER, "session_key": SECRET, "data": "what the program remembers"},
    ),
    "clinic.Membership": Section(
        "account.works_at", same("clinic", "role"), {"id": ROW_NUMBER, "user": OWNER}
    ),
    "diary.Patient": Section(
        "profile",
        same("name", "date_of_birth", "time_zone", "pseudonym", "created_at"),
        {"id": ROW_NUMBER, "user": OWNER},
    ),
    "diary.Medicine": Section(
        "medicines",
        {"id": "number"}
        | same("product", "name", "strength", "medication_class", "is_in_use", "default_dose"),
        {"patient": OWNER},
    ),
    "diary.Preventive": Section(
        "preventives",
        same("name", "dose", "started_on", "ended_on", "reason", "remark"),
        {"id": ROW_NUMBER, "patient": OWNER},
    ),
    "diary.DiaryDay": Section(
        "days",
        same("date", *KEPT_FIELDS, "created_at", "updated_at"),
        {"id": ROW_NUMBER, "patient": OWNER},
    ),
    "diary.Intake": Section(
        "days[].medicines",
        same("medicine", "doses", "created_at"),
        {"id": ROW_NUMBER, "day": "it stands in its day"},
    ),
    "diary.DiaryDayVersion": Section(
        "earlier_days",
        same("date", "said", "is_deletion", "replaced_at", "replaced_on", "replaced_by"),
        {"id": ROW_NUMBER, "patient": OWNER},
    ),
    "diary.DeviceOperation": Section(
        "taps",
        same(
            "name",
            "date",
            "field",
            "value",
            "seen",
            "word",
            "stands",
            "is_contested",
            "cleared",
            "said_at",
            "clock_off",
            "received_at",
        ),
        {"id": ROW_NUMBER, "patient": OWNER},
    ),
    "diary.Carer": Section(
        "carers",
        {"user": "who"} | same("since", "until", "ended_by"),
        {"id": ROW_NUMBER, "patient": OWNER + "; of whom they log for themselves it says the name"},
    ),
    "diary.CarerCode": Section(
        "carer_codes",
        same("made_at", "expires_at", "used_at"),
        {"id": ROW_NUMBER, "patient": OWNER, "seed": SECRET, "digest": SECRET},
    ),
    "diary.Reminder": Section(
        "reminder",
        same("time", "weekdays", "by_email", "by_push", "language", "changed_at"),
        {
            "id": ROW_NUMBER,
            "patient": OWNER,
            "calendar_seed": "a secret that opens the calendar",
            "calendar_digest": "a secret that opens the calendar",
        },
    ),
    "diary.PushSubscription": Section(
        "reminder_devices",
        same("endpoint", "created_at", "last_success_at"),
        {
            "id": ROW_NUMBER,
            "patient": OWNER,
            "device": "a row number; the devices signed in are in the copy",
            "p256dh": "a key that seals what is sent to the device",
            "auth": "a secret that seals what is sent to the device",
            "server_key": "part of the program",
        },
    ),
    "diary.SentReminder": Section(
        "reminders_sent",
        same("date", "way", "state", "tries", "tried_at"),
        {"id": ROW_NUMBER, "patient": OWNER},
    ),
    "diary.Deletion": Section("deletion", same("asked_at", "due_at"), {"id": ROW_NUMBER, "patient": OWNER}),
    "clinic.InjectionSession": Section(
        "injections",
        {"id": "number"} | same("clinic", *SAID_FIELDS, "recorded_by", "created_at"),
        {"patient": OWNER},
    ),
    "clinic.InjectionSessionVersion": Section(
        "earlier_injections",
        {"session": "injection"} | same("said", "replaced_at", "replaced_by"),
        {"id": ROW_NUMBER, "patient": OWNER},
    ),
    "clinic.AdverseEvent": Section(
        "adverse_events",
        {"id": "number"} | same("clinic", *ADVERSE_SAID, *WRITTEN_ONCE) | {"session": "injection"},
        {"patient": OWNER},
    ),
    "clinic.Decision": Section(
        "decisions",
        {"id": "number"} | same("clinic", *DECIDED, "counted", *WRITTEN_ONCE),
        {"patient": OWNER},
    ),
    "clinic.Review": Section(
        "reviews",
        same("clinic", "reviewed_on", "note", "recorded_by", "recorded_at"),
        {"id": ROW_NUMBER, "patient": OWNER},
    ),
    "clinic.Appointment": Section(
        "appointments",
        same("clinic", "date", "made_by", "made_at"),
        {"id": ROW_NUMBER, "patient": OWNER},
    ),
    "clinic.Tagged": Section("tags", same("tag"), {"id": ROW_NUMBER, "patient": OWNER}),
    "clinic.ImportBatch": Section(
        "copied_by_clinics",
        same("clinic", "kind", "added", "dates", "made_by", "made_at", "taken_back_at"),
        {"id": ROW_NUMBER, "patient": OWNER},
    ),
    "clinic.AccessToken": Section(
        "programs",
        same("name", "scopes", "made_at", "expires_at", "ended_at"),
        {"id": ROW_NUMBER, "patient": OWNER, "digest": SECRET},
    ),
    "clinic.ClinicFeed": Section(
        "account.clinic_calendars",
        same("clinic", "made_at"),
        {"id": ROW_NUMBER, "user": OWNER, "seed": SECRET, "digest": SECRET},
    ),
    "clinic.CareLink": Section(
        "consents",
        same(
            "clinic",
            "reference",
            "basis",
            "sees_notes",
            "wording",
            "language",
            "given_by",
            "starts_at",
            "ends_at",
            "ended_by",
        ),
        {"id": ROW_NUMBER, "patient": OWNER},
    ),
    "clinic.LinkCode": Section(
        "codes",
        same("sees_notes", "wording", "language", "made_at", "expires_at", "used_at"),
        {"id": ROW_NUMBER, "patient": OWNER, "seed": SECRET, "digest": SECRET},
    ),
    "clinic.Invitation": Section(
        "invitations",
        same("clinic", "role", "email", "reference", "made_by", "made_at", "expires_at", "used_at"),
        {"id": ROW_NUMBER, "digest": SECRET},
    ),
    "accounts.AuditEntry": Section(
        "who_looked",
        {"actor": "who"} | same("at", "action", "clinic", "route", "detail"),
        {
            "number": "its place in the log of everybody",
            "previous": "ties the log of everybody together",
            "digest": "ties the log of everybody together",
            "request": "a number in the server's own log",
            "subject": OWNER,
            "care_link": "a row number; the consents are in the copy",
        },
    ),
}
NOT_EXPORTED: dict[str, str] = {
    "clinic.Clinic": "nobody's data; clinics stand by name where they have a part",
    "clinic.Tag": "nobody's data; the tags that a clinic gave stand in the copy by name",
    "clinic.CriteriaSet": "a clinic's own numbers; it says nothing of a person",
    "clinic.CountedMonth": "counted from the days, which are in the copy",
    "clinic.RetainedSession": "made when a diary is deleted, and leads to no person",
    "diary.Erasure": "only of diaries that are deleted",
    "account.EmailConfirmation": "the secret of a mail; the address itself is in the copy",
    "accounts.User_groups": "not used",
    "accounts.User_user_permissions": "not used",
    "auth.Group": "not used",
    "auth.Group_permissions": "not used",
    "auth.Permission": "part of the program",
    "contenttypes.ContentType": "part of the program",
    "sessions.Session": "secrets that keep devices signed in; it also holds the last change, for Undo",
}
PEOPLE = {"given_by", "ended_by", "replaced_by", "made_by", "recorded_by", "actor", "user"}
"""Fields that name a person, by pseudonym or by row."""

# --- diary.json ------------------------------------------------------------------------------------------------


class People:
    """Who did something, as the copy may say it: staff by name and clinic, a carer by name, never by
    address; other patients never.
    """

    def __init__(self, patient: Patient) -> None:
        self.own = getattr(patient.user, "pseudonym", None)
        self.names: dict[UUID, str] = {}
        self.carers: dict[UUID, str] = {}

    def learn(self, pseudonyms: set[UUID], were_staff: set[UUID]) -> None:
        """Looks up who works at a clinic, and who did when they did it."""
        works = Membership.objects.filter(user__pseudonym__in=pseudonyms).order_by("pk")
        for person, name, clinic in works.values_list("user__pseudonym", "user__name", "clinic__name"):
            self.names.setdefault(person, f"{name} · {clinic}" if name else clinic)
        worked = User.objects.filter(pseudonym__in=were_staff - set(self.names)).exclude(name="")
        self.names |= dict(worked.values_list("pseudonym", "name"))

    def said(self, pseudonym: UUID | None) -> dict[str, str]:
        if pseudonym is None:
            return {"is": "program", "name": ""}
        if pseudonym == self.own:
            return {"is": "you", "name": ""}
        if pseudonym in self.carers:
            return {"is": "carer", "name": self.carers[pseudonym]}
        name = self.names.get(pseudonym)
        return {"is": "staff", "name": name} if name else {"is": "other", "name": ""}


def everything(patient: Patient, now: datetime) -> dict[str, Any]:
    """All that is known about a person, dates as dates. `plain` writes them as JSON does."""
    people = People(patient)
    user = patient.user
    days = patient.days.order_by("date").prefetch_related("intakes")
    sessions = patient.sessions.order_by("date").select_related("clinic", "recorded_by")
    looks = list(
        # Refused attempts are mostly mistyped, and a name beside one would accuse somebody.
        AuditEntry.objects.filter(subject=patient.pseudonym)
        .exclude(action=AuditEntry.Action.DENIED)
        .order_by("number")
    )
    versions = list(patient.day_versions.order_by("replaced_at", "pk"))
    session_versions = list(patient.session_versions.order_by("replaced_at", "pk"))
    links = list(patient.care_links.select_related("clinic").order_by("starts_at", "pk"))
    invitations = list(invitations_of(user))
    carers = list(patient.carers.select_related("user").order_by("since", "pk"))
    people.carers = {one.user.pseudonym: one.user.name for one in carers}
    were_staff = {row.recorded_by.pseudonym for row in sessions if row.recorded_by}
    were_staff |= {entry.actor for entry in looks if entry.actor and entry.care_link}
    others = [entry.actor for entry in looks] + [row.made_by for row in invitations]
    others += [row.replaced_by for row in versions] + [row.replaced_by for row in session_versions]
    others += [by for link in links for by in (link.given_by, link.ended_by)]
    recorded = {
        "adverse_events": list(patient.adverse_events.select_related("clinic").order_by("recorded_at", "pk")),
        "decisions": list(patient.decisions.select_related("clinic").order_by("recorded_at", "pk")),
        "reviews": list(patient.reviews.select_related("clinic").order_by("recorded_at", "pk")),
    }
    appointments = list(patient.appointments.select_related("clinic").order_by("date"))
    batches = list(patient.import_batches.select_related("clinic").order_by("made_at", "pk"))
    by_staff = {row.recorded_by for rows_ in recorded.values() for row in rows_ if row.recorded_by}
    others += [one.made_by for one in batches]
    copied = [one for one in batches if one.clinic_id]
    were_staff |= by_staff | {row.made_by for row in [*appointments, *copied] if row.made_by}
    people.learn({by for by in others if by} | were_staff, were_staff)

    def rows(of: Iterable[Any]) -> list[dict[str, Any]]:
        return [said(row, people) for row in of]

    deletion = getattr(patient, "deletion", None)
    reminder = getattr(patient, "reminder", None)
    return {
        "schema": SCHEMA,
        "made_at": now,
        "site": settings.SITE_URL,
        "account": account(user, people) if user else None,
        "profile": said(patient, people),
        "medicines": rows(patient.medicines.order_by("pk")),
        "preventives": rows(patient.preventives.order_by("pk")),
        "days": [said(day, people) | {"medicines": rows(day.intakes.all())} for day in days],
        "earlier_days": rows(versions),
        "taps": rows(patient.operations.order_by("pk")),
        "injections": rows(sessions),
        "earlier_injections": rows(session_versions),
        **{place: rows(of) for place, of in recorded.items()},
        "appointments": rows(appointments),
        "tags": rows(patient.tagged.select_related("tag").order_by("tag__name")),
        "copied_by_clinics": rows(batches),
        "programs": rows(patient.access_tokens.order_by("made_at", "pk")),
        "consents": [
            said(link, people) | {"text": consent_text(link.wording, link.language)} for link in links
        ],
        "codes": rows(patient.link_codes.order_by("made_at")),
        "invitations": rows(invitations),
        "carers": rows(carers),
        "carer_codes": rows(patient.carer_codes.order_by("made_at")),
        "caring_for": caring_for(user),
        "who_looked": looked(looks, people),
        "deletion": said(deletion, people) if deletion else None,
        "reminder": said(reminder, people) if reminder else None,
        "reminder_devices": rows(patient.push_subscriptions.order_by("pk")),
        "reminders_sent": rows(patient.sent_reminders.order_by("pk")),
    }


def account(user: User, people: People) -> dict[str, Any]:
    return said(user, people) | {
        "addresses": [said(row, people) for row in EmailAddress.objects.filter(user=user).order_by("pk")],
        "works_at": [said(row, people) for row in user.memberships.select_related("clinic").order_by("pk")],
        "clinic_calendars": [
            said(row, people) for row in user.clinic_feeds.select_related("clinic").order_by("pk")
        ],
        "factors": [
            said(row, people) | {"name": factor_name(row)}
            for row in Authenticator.objects.filter(user=user).order_by("pk")
        ],
        "devices": [said(row, people) for row in UserSession.objects.filter(user=user).order_by("pk")],
    }


def factor_name(factor: Any) -> str:
    """The name that the person gave to a passkey."""
    return str(factor.data.get("name", "")) if isinstance(factor.data, dict) else ""


def caring_for(user: User | None) -> list[dict[str, Any]]:
    """Whom the person logs for, or did: other people, so no more than their names."""
    if user is None:
        return []
    rows = user.caring.select_related("patient").order_by("since", "pk")
    return [{"name": row.patient.name, "since": row.since, "until": row.until} for row in rows]


def invitations_of(user: User | None) -> Iterable[Invitation]:
    if user is None:
        return []
    return Invitation.objects.filter(email__in=user.addresses()).select_related("clinic").order_by("made_at")


def looked(entries: list[AuditEntry], people: People) -> list[dict[str, Any]]:
    names = dict(Clinic.objects.values_list("pk", "name"))
    return [said(entry, people) | {"clinic": names.get(entry.clinic or 0, "")} for entry in entries]


def consent_text(wording: str, language: str) -> str:
    """The text that was agreed to, in the language in which it was shown; empty where the clinic keeps the record."""
    with translation.override(language or None):
        return "\n".join(str(promise) for promise in WORDINGS.get(wording, ()))


def said(row: Any, people: People) -> dict[str, Any]:
    fields = EXPORTED[row._meta.label].fields
    return {key: value_of(row, name, people) for name, key in fields.items()}


def value_of(row: Any, name: str, people: People) -> Any:
    if name in ("medicine", "session", "replaces"):
        return getattr(row, f"{name}_id")
    value = getattr(row, name)
    if name in PEOPLE:
        return people.said(value.pseudonym if isinstance(value, User) else value)
    return value.name if isinstance(value, Clinic | Tag) else value


def plain(value: Any) -> Any:
    """A value as diary.json spells it."""
    match value:
        case Decimal():
            return f"{value.normalize():f}"
        case date() | time():
            return value.isoformat()
        case UUID():
            return str(value)
    raise TypeError(f"the copy has no spelling for {type(value).__name__}")


# --- The files -------------------------------------------------------------------------------------------------


def diary_text(patient: Patient) -> str:
    out = io.StringIO(newline="")
    diary_csv(patient, out)
    return out.getvalue()


def session_cells(patient: str, session: Any) -> list[str]:
    numbers = [str(session.units or ""), str(session.sites or "")]
    expiry = session.expiry.isoformat() if session.expiry else ""
    return [
        escaped(patient),
        session.date.isoformat(),
        escaped(session.product),
        *numbers,
        escaped(session.batch),
        expiry,
        escaped(getattr(session, "note", "")),
    ]


def write_sessions(rows: Iterable[tuple[str, Any]], out: TextIO, has_patient: bool) -> None:
    """Writes the injection sessions CSV of (patient, session); one person's file has no `patient` column."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS if has_patient else COLUMNS[1:])
    writer.writerows(session_cells(patient, session)[0 if has_patient else 1 :] for patient, session in rows)


def sessions_text(patient: Patient) -> str:
    out = io.StringIO(newline="")
    write_sessions((("", session) for session in patient.sessions.order_by("date")), out, has_patient=False)
    return out.getvalue()


def sessions_of_clinic(clinic: Clinic) -> tuple[list[UUID], list[tuple[str, Any]]]:
    """Whose sessions they are, and the sessions a clinic gave under its own number for the patient, where it has one;
    with them those that it keeps of deleted diaries.
    """
    links = clinic.care_links.exclude(reference="").order_by("starts_at")
    numbers = dict(links.values_list("patient", "reference"))
    given = (
        InjectionSession.objects.filter(clinic=clinic).select_related("patient").order_by("patient", "date")
    )
    rows = [(numbers.get(one.patient_id) or str(one.patient.pseudonym), one) for one in given]
    subjects = list(dict.fromkeys(one.patient.pseudonym for one in given))
    kept = clinic.retained_sessions.order_by("reference", "date")
    return subjects, [*rows, *((one.reference or "?", one) for one in kept)]


STYLE = STYLE_FILE.read_text()
FACTORS = {
    "totp": gettext_lazy("codes of an app"),
    "webauthn": gettext_lazy("passkey"),
    "recovery_codes": gettext_lazy("recovery codes"),
}


def page_rows(said: dict[str, Any]) -> list[dict[str, Any]]:
    """What clinics wrote down besides the injections, in words: when, which clinic, what, and who wrote it."""
    given = {one["number"]: one["date"] for one in said["injections"]}
    events, decisions = said["adverse_events"], said["decisions"]
    return [
        *(_row(one, "began_on", _event_words(one, given), events) for one in events),
        *(_row(one, "made_on", _decision_words(one), decisions) for one in decisions),
        *(
            _row(one, "reviewed_on", [_("The diary was gone through"), one["note"]])
            for one in said["reviews"]
        ),
        *(_row(one, "date", [_("Appointment for the next injection")]) for one in said["appointments"]),
        *(_row(one, "made_at", _batch_words(one)) for one in said["copied_by_clinics"]),
        *(_row(one, "", [_("Tag: %(tag)s") % {"tag": one["tag"]}]) for one in said["tags"]),
        *(
            _row(one, "made_at", [_("Your program “%(name)s” may read") % {"name": one["name"]}])
            for one in said["programs"]
        ),
    ]


def _row(
    one: dict[str, Any], on: str, words: list[Any], alike: Iterable[dict[str, Any]] = ()
) -> dict[str, Any]:
    state = _("taken back") if one.get("is_withdrawn") else ""
    if any(other["replaces"] == one["number"] for other in alike):
        state = _("replaced later")
    return {
        "on": one.get(on),
        "clinic": one.get("clinic") or "",
        "words": " · ".join(str(word) for word in [state, *words] if word),
        "by": one.get("recorded_by") or one.get("made_by"),
        "at": one.get("recorded_at") or one.get("made_at"),
    }


def _event_words(one: dict[str, Any], given: dict[int, date]) -> list[Any]:
    after = given.get(one["injection"])
    ended = one["ended_on"]
    return [
        _("Adverse event: %(what)s") % {"what": term_words(one["term"], one["words"])},
        dict(severities()).get(one["severity"], one["severity"]),
        one["is_serious"] and _("serious"),
        dict(outcomes()).get(one["outcome"], one["outcome"]),
        ended and _("over on %(day)s") % {"day": date_format(ended, "j M Y")},
        after and _("after the injection of %(day)s") % {"day": date_format(after, "j M Y")},
        one["note"],
    ]


def _decision_words(one: dict[str, Any]) -> list[Any]:
    criteria = {found.key: found.name for found in PUBLISHED_CRITERIA}
    managed = dict(answers()).get(one["overuse_managed"], one["overuse_managed"])
    tried = one["preventives_tried"]
    return [
        _("Decision: %(what)s") % {"what": dict(decision_kinds()).get(one["kind"], one["kind"])},
        one["cycle"] and _("after cycle %(n)d") % {"n": one["cycle"]},
        dict(stop_reasons()).get(one["stop_reason"], one["stop_reason"]),
        one["reason"],
        criteria.get(one["criteria"]) or (one["criteria"] and _("the clinic’s own criteria")),
        managed and _("medication overuse managed: %(answer)s") % {"answer": managed},
        tried is not None and _("preventives tried or unsuitable: %(n)d") % {"n": tried},
        one["counted"] and _("counted then: %(numbers)s") % {"numbers": ", ".join(_flat(one["counted"]))},
    ]


def _batch_words(one: dict[str, Any]) -> list[Any]:
    back = one["taken_back_at"]
    return [
        dict(ImportBatch.Kind.choices).get(one["kind"], one["kind"]),
        ngettext("%(n)d day was new", "%(n)d days were new", one["added"]) % {"n": one["added"]},
        back and _("taken back on %(day)s") % {"day": date_format(timezone.localtime(back), "j M Y")},
    ]


def _flat(value: Any, name: str = "") -> Iterator[str]:
    """What a page showed at a decision, name by name, however it is nested."""
    if isinstance(value, dict):
        for key, part in sorted(value.items()):  # PostgreSQL keeps no order of its own
            yield from _flat(part, f"{name} {key}".strip().replace("_", " "))
    elif isinstance(value, list):
        yield f"{name} {' / '.join(found for part in value for found in _flat(part))}".strip()
    elif value not in (None, ""):
        yield f"{name} {value}".strip()


def page(said: dict[str, Any]) -> str:
    """The copy as one page to read, which needs nothing else."""
    medicines = {medicine["number"]: medicine for medicine in said["medicines"]}
    sources = dict(DiaryDay.Source.choices)
    days = [
        day
        | {
            "taken": [medicines[taken["medicine"]] | {"doses": taken["doses"]} for taken in day["medicines"]],
            "source": sources[day["source"]],
            "relief": RELIEF_LABELS[Relief(day["relief"])] if day["relief"] else "",
            "features": [FEATURE_LABELS[one] for one in Feature if one in feature_set(day["features"])],
            "disability": DISABILITY_LABELS[Disability(day["disability"])] if day["disability"] else "",
            "details": " · ".join(detail_words(day)),
        }
        for day in said["days"]
    ]
    earlier = [
        day | {"version": DiaryDayVersion(date=day["date"], said=day["said"])} for day in said["earlier_days"]
    ]
    reasons = dict(Preventive.Reason.choices)
    preventives = [one | {"reason": reasons.get(one["reason"], "")} for one in said["preventives"]]
    actions = dict(AuditEntry.Action.choices)
    looks = [look | {"action": actions[look["action"]]} for look in said["who_looked"]]
    style = format_html("<style>{}</style>", STYLE)
    account = said["account"] and said["account"] | {
        "factors": [
            one | {"type": FACTORS.get(one["type"], one["type"])} for one in said["account"]["factors"]
        ],
        "works_at": [
            one | {"role": Membership.Role(one["role"]).label} for one in said["account"]["works_at"]
        ],
    }
    return render_to_string(
        "data/takeout.html",
        {
            "copy": said
            | {
                "account": account,
                "days": days,
                "earlier_days": earlier,
                "who_looked": looks,
                "preventives": preventives,
                "injections": [one | {"lines": session_lines(one)} for one in said["injections"]],
                "written_down": page_rows(said),
            },
            "style": style,
        },
    )


def archive(patient: Patient, now: datetime) -> bytes:
    """The ZIP with everything, made in memory: no file stays behind."""
    found = everything(patient, now)
    with timezone.override(patient.time_zone):
        note, html = render_to_string("data/takeout_readme.txt", {"copy": found}), page(found)
    files = {
        "README.txt": note,
        "index.html": html,
        "diary.json": json.dumps(found, default=plain, ensure_ascii=False, indent=1),
        "schema.json": SCHEMA_FILE.read_text(),
        "diary.csv": diary_text(patient),
        "sessions.csv": sessions_text(patient),
    }
    out = io.BytesIO()
    moment = now.timetuple()[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in files.items():
            zipped.writestr(zipfile.ZipInfo(name, moment), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()
