"""Who gets what at every address: one table, which tests/security walks.

A new address needs one line in `TABLE`, a new kind of person one name in `ROLES` and the
groups below it, and one line in `people` of conftest.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver

# --- What may come back --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """A class of answers; `place` names the address of a redirect."""

    word: str
    statuses: frozenset[int]
    place: str = ""

    def __str__(self) -> str:
        return f"{self.word} {self.place}".strip()


PAGE = Outcome("page", frozenset({200}))
FORM = Outcome("form", frozenset({200, 302, 422}))
"""What was sent is looked at: saved and redirected, or shown again with what is wrong."""
SIGN_IN = Outcome("sign-in", frozenset({302}))
NOTHING = Outcome("nothing", frozenset({404}))
"""Byte for byte what an address without anything behind it answers."""
NOT_ALLOWED = Outcome("not allowed", frozenset({405}))
NO_INVITATION = Outcome("no invitation", frozenset({404}))
"""A kind page for who has no invitation in hand, the same whatever they asked for."""


REFUSED_MESSAGE = Outcome("refused message", frozenset({415}))
"""To a phone's script: what was sent is no message."""
NOBODY_HERE = Outcome("nobody is signed in", frozenset({401}))
NO_DIARY_HERE = Outcome("keeps no diary", frozenset({403}))


def to(place: str) -> Outcome:
    return Outcome("elsewhere", frozenset({302}), place)


# --- Who asks ------------------------------------------------------------------------------------------------

STRANGER = "anonymous"
OWNER = "owner"
SAME_CLINIC = "patient of the same clinic"
OTHER_CLINIC = "patient of another clinic"
NO_CLINIC = "patient without a clinic"
NO_DIARY = "user without a diary"
LINKED = "clinician linked"
ENDED = "clinician whose link ended"
NOT_YET = "clinician whose link has not begun"
ELSEWHERE = "clinician of another clinic"
NURSE = "nurse linked"
LEAD = "clinic lead linked"
ADMINISTRATOR = "administrator of the clinic"
SUPERUSER = "superuser"
DEACTIVATED = "deactivated clinician"
BOTH = "patient and clinician"
NO_FACTOR = "clinician without a second factor"
CARER = "carer of the owner"
FORMER = "former carer of the owner"

ROLES = (
    STRANGER,
    OWNER,
    SAME_CLINIC,
    OTHER_CLINIC,
    NO_CLINIC,
    NO_DIARY,
    LINKED,
    ENDED,
    NOT_YET,
    ELSEWHERE,
    NURSE,
    LEAD,
    ADMINISTRATOR,
    SUPERUSER,
    DEACTIVATED,
    BOTH,
    NO_FACTOR,
    CARER,
    FORMER,
)

SIGNED_OUT = {STRANGER, DEACTIVATED}
KEEPS_DIARY = {OWNER, SAME_CLINIC, OTHER_CLINIC, NO_CLINIC, BOTH}
STAFF = {LINKED, ENDED, NOT_YET, ELSEWHERE, NURSE, LEAD, BOTH}
READS_THE_OWNER = {LINKED, NURSE, LEAD, BOTH}
AT_NORTH = READS_THE_OWNER
MANAGES_STAFF = {LEAD, ADMINISTRATOR}
HAS_CODES = STAFF | {ADMINISTRATOR, SUPERUSER}
"""Their second factor is an app. The owner has a passkey, and nobody else has a factor."""

# --- The table -----------------------------------------------------------------------------------------------

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
NEVER_USED = ("PUT", "PATCH", "DELETE", "TRACE")
"""Refused to everybody before any view is asked: no page has a use for them."""
Expected = Mapping[str, Outcome]


def everybody(outcome: Outcome) -> dict[str, Outcome]:
    return dict.fromkeys(ROLES, outcome)


def signed_in(outcome: Outcome) -> Expected:
    return {role: SIGN_IN if role in SIGNED_OUT else outcome for role in ROLES}


def those(roles: set[str], outcome: Outcome, others: Outcome) -> Expected:
    """Some get one answer, other signed-in people another, and strangers are asked to sign in."""
    return {**signed_in(others), **dict.fromkeys(roles - SIGNED_OUT, outcome)}


@dataclass(frozen=True)
class Row:
    """What each role gets. `other` holds methods that do not answer 405 once somebody is known."""

    get: Expected
    post: Expected
    is_public: bool = False
    without_factor: bool = False
    """Open to staff who have no second factor yet; from anywhere else they are led to its page."""
    other: Mapping[str, Expected] = field(default_factory=dict)

    def expected(self, method: str, role: str) -> Outcome:
        if method in NEVER_USED:
            return NOT_ALLOWED
        if role == NO_FACTOR and not self.without_factor:
            return to("mfa_index")
        if method in self.other:
            return self.other[method][role]
        if method in ("GET", "HEAD"):
            return self.get[role]
        if method == "POST":
            return self.post[role]
        return SIGN_IN if role in SIGNED_OUT and not self.is_public else NOT_ALLOWED


REFUSED = signed_in(NOT_ALLOWED)


def diary(outcome: Outcome) -> Expected:
    return those(KEEPS_DIARY, outcome, to("begin"))


def phone(outcome: Outcome) -> Expected:
    others = {role: NOBODY_HERE if role in SIGNED_OUT else NO_DIARY_HERE for role in ROLES}
    return {**others, **dict.fromkeys(KEEPS_DIARY, outcome)}


PUBLIC_PAGE = Row(everybody(PAGE), everybody(NOT_ALLOWED), is_public=True)
DIARY_PAGE = Row(diary(PAGE), REFUSED)
DIARY_TAP = Row(REFUSED, diary(FORM))
CARER_PAGE = Row(those({CARER}, PAGE, NOTHING), REFUSED)
CARER_TAP = Row(REFUSED, those({CARER}, FORM, NOTHING))
OWN_LINK_TAP = Row(REFUSED, {**diary(NOTHING), OWNER: FORM})
PATIENT_PAGE = Row(those(READS_THE_OWNER, PAGE, NOTHING), REFUSED)
PATIENT_TAP = Row(REFUSED, those(READS_THE_OWNER, FORM, NOTHING))
PATIENT_FORM = Row(those(READS_THE_OWNER, PAGE, NOTHING), those(READS_THE_OWNER, FORM, NOTHING))

# Views of django-allauth are classes: what one kind of person gets is said by method.


def shut(outcome: Outcome) -> Mapping[str, Outcome]:
    """The same answer to every method."""
    return dict.fromkeys(METHODS, outcome)


SHOWN = {
    "GET": PAGE,
    "HEAD": PAGE,
    "POST": NOT_ALLOWED,
    "OPTIONS": PAGE,
}
FILLED_IN = SHOWN | {"POST": FORM}
FRONT = shut(to("front_door"))
LOGIN = shut(to("account_login"))
ASKED = shut(SIGN_IN)


def accounts(
    signed_out: Mapping[str, Outcome],
    signed_in: Mapping[str, Outcome],
    with_codes: Mapping[str, Outcome] | None = None,
    with_passkey: Mapping[str, Outcome] | None = None,
    without_factor: bool = False,
) -> Row:
    def answer(role: str, method: str) -> Outcome:
        if role in SIGNED_OUT:
            return signed_out[method]
        special = with_codes if role in HAS_CODES else with_passkey if role == OWNER else None
        return (special or signed_in)[method]

    by_method: dict[str, Expected] = {
        method: {role: answer(role, method) for role in ROLES} for method in SHOWN
    }
    return Row(
        by_method["GET"],
        by_method["POST"],
        is_public=True,
        without_factor=without_factor,
        other=by_method,
    )


TABLE: dict[str, Row] = {
    # The patient's own diary
    "today": DIARY_PAGE,
    "day": Row(diary(PAGE), diary(FORM)),
    "headache": DIARY_TAP,
    "dose": Row(REFUSED, {**diary(NOTHING), OWNER: FORM}),
    "delete_day": DIARY_TAP,
    "headache_free": DIARY_TAP,
    "relief": DIARY_TAP,
    "undo": DIARY_TAP,
    "choose": DIARY_TAP,
    # The phone: what holds nobody's data is open to everybody, and a script gets no page to sign in
    "sync": Row(
        phone(PAGE),
        phone(REFUSED_MESSAGE),
        is_public=True,
        without_factor=True,
        other={"OPTIONS": everybody(NOT_ALLOWED) | {NO_FACTOR: NO_DIARY_HERE}},
    ),
    "offline": PUBLIC_PAGE,
    "service_worker": PUBLIC_PAGE,
    "manifest": PUBLIC_PAGE,
    "medicines": DIARY_PAGE,
    "add_medicine": DIARY_TAP,
    "add_own_medicine": Row(diary(to("medicines")), diary(FORM)),
    "use_medicine": Row(REFUSED, {**diary(NOTHING), OWNER: FORM}),
    "default_dose": Row(REFUSED, {**diary(NOTHING), OWNER: FORM}),
    "add_preventive": Row(diary(to("medicines")), diary(FORM)),
    "preventive": Row({**diary(NOTHING), OWNER: PAGE}, {**diary(NOTHING), OWNER: FORM}),
    "delete_preventive": Row(REFUSED, {**diary(NOTHING), OWNER: FORM}),
    "months": Row(diary(to("month")), REFUSED),
    "month": DIARY_PAGE,
    "trends": DIARY_PAGE,
    "paper": DIARY_PAGE,
    "begin": Row(signed_in(PAGE), signed_in(FORM)),
    "data": DIARY_PAGE,
    "take_copy": Row(diary(PAGE), diary(PAGE)),
    "programs": Row(diary(PAGE), diary(FORM)),
    "end_program": Row(REFUSED, {**diary(NOTHING), OWNER: FORM}),
    # Whoever is signed in: a token alone opens these.
    **{
        name: Row(everybody(NOBODY_HERE), everybody(NOT_ALLOWED), is_public=True)
        for name in (
            "api_diary.csv",
            "api_diary.json",
            "api_fhir.json",
            "api_sessions.csv",
            "api_sessions.ics",
        )
    },
    "openapi": Row(everybody(PAGE), everybody(NOT_ALLOWED), is_public=True),
    "import_own": Row(diary(PAGE), diary(FORM)),
    "take_back_import": Row(REFUSED, {**diary(NOTHING), OWNER: FORM}),
    "delete_diary": Row(signed_in(PAGE), REFUSED),
    "ask_deletion": Row(REFUSED, signed_in(FORM)),
    "keep_diary": DIARY_TAP,
    # Reminders
    "reminders": Row(diary(PAGE), diary(FORM)),
    "add_device": DIARY_TAP,
    "remove_device": Row(REFUSED, {**diary(NOTHING), OWNER: FORM}),
    "make_calendar": DIARY_TAP,
    "end_calendar": DIARY_TAP,
    "calendar_feed": Row(everybody(PAGE), everybody(NOT_ALLOWED), is_public=True),
    # Sharing: everybody their own, and of others' links nothing
    "sharing": DIARY_PAGE,
    "looks": DIARY_PAGE,
    "make_code": DIARY_TAP,
    "withdraw_code": DIARY_TAP,
    "end_access": OWN_LINK_TAP,
    "keep_notes": OWN_LINK_TAP,
    "share_notes": OWN_LINK_TAP,
    "agree_again": OWN_LINK_TAP,
    # A carer: the patient's page, and the carer's
    "carer": DIARY_PAGE,
    "make_carer_code": DIARY_TAP,
    "withdraw_carer_code": DIARY_TAP,
    "end_carer": OWN_LINK_TAP,
    "caring": Row(signed_in(PAGE), signed_in(FORM)),
    "caring_log": CARER_PAGE,
    "caring_headache": CARER_TAP,
    "caring_dose": CARER_TAP,
    "caring_undo": CARER_TAP,
    "stop_caring": CARER_TAP,
    # Invitations
    "open_invitation": Row(everybody(to("join")), everybody(NOT_ALLOWED), is_public=True),
    "join": Row(everybody(NO_INVITATION), everybody(NOT_ALLOWED), is_public=True),
    "accept_invitation": Row(signed_in(NO_INVITATION), signed_in(NO_INVITATION)),
    # The clinic
    "front_door": Row(
        {
            **diary(to("today")),
            **dict.fromkeys(STAFF, to("caseload")),
            ADMINISTRATOR: to("staff"),
            CARER: to("caring"),
        },
        REFUSED,
    ),
    "link": Row(those(STAFF, PAGE, NOTHING), those(STAFF, FORM, NOTHING)),
    "invite": Row(those(STAFF, PAGE, NOTHING), those(STAFF, FORM, NOTHING)),
    "withdraw_invitation": Row(REFUSED, those(AT_NORTH, FORM, NOTHING)),
    "staff": Row(those(MANAGES_STAFF, PAGE, NOTHING), REFUSED),
    "invite_staff": Row(REFUSED, those(MANAGES_STAFF, FORM, NOTHING)),
    "change_role": Row(REFUSED, those(MANAGES_STAFF, FORM, NOTHING)),
    "remove_staff": Row(REFUSED, those(MANAGES_STAFF, FORM, NOTHING)),
    "withdraw_staff_invitation": Row(REFUSED, those(MANAGES_STAFF, FORM, NOTHING)),
    "service_audit": Row(those({LEAD}, PAGE, NOTHING), REFUSED),
    "service_audit_table": Row(those({LEAD}, PAGE, NOTHING), REFUSED),
    "caseload": Row(those(STAFF, PAGE, NOTHING), REFUSED),
    "visits": Row(those(STAFF, PAGE, NOTHING), REFUSED),
    "clinic_feed": Row(everybody(PAGE), everybody(NOT_ALLOWED), is_public=True),
    "make_clinic_feed": Row(REFUSED, those(AT_NORTH, FORM, NOTHING)),
    "end_clinic_feed": Row(REFUSED, those(AT_NORTH, FORM, NOTHING)),
    "tags": Row(those(STAFF, PAGE, NOTHING), REFUSED),
    "rename_tag": Row(REFUSED, those(AT_NORTH, FORM, NOTHING)),
    "delete_tag": Row(REFUSED, those(AT_NORTH, FORM, NOTHING)),
    "patient_visits": Row(those(READS_THE_OWNER, PAGE, NOTHING), REFUSED),
    "save_appointment": PATIENT_TAP,
    "add_review": PATIENT_TAP,
    "save_tags": PATIENT_TAP,
    "patient": Row(those(READS_THE_OWNER, PAGE, NOTHING), REFUSED),
    "patient_days": Row(those(READS_THE_OWNER, PAGE, NOTHING), REFUSED),
    "report": PATIENT_PAGE,
    "report_file": PATIENT_PAGE,
    "letter": PATIENT_PAGE,
    "letter_file": PATIENT_FORM,
    "sessions": PATIENT_FORM,
    "session": PATIENT_FORM,
    "adverse_events": PATIENT_FORM,
    "adverse_event": PATIENT_FORM,
    "withdraw_adverse_event": Row(REFUSED, those(READS_THE_OWNER, FORM, NOTHING)),
    # Decisions, and the criteria that are looked at
    "decisions": PATIENT_FORM,
    "decision": PATIENT_FORM,
    "withdraw_decision": Row(REFUSED, those(READS_THE_OWNER, FORM, NOTHING)),
    "criteria": Row(those(STAFF, PAGE, NOTHING), REFUSED),
    "follow_criteria": Row(REFUSED, those({LEAD}, FORM, NOTHING)),
    "add_criteria": Row(REFUSED, those({LEAD}, FORM, NOTHING)),
    "retire_criteria": Row(REFUSED, those({LEAD}, FORM, NOTHING)),
    "paper_diary": Row(those(READS_THE_OWNER, PAGE, NOTHING), REFUSED),
    "paper_month": PATIENT_FORM,
    "import_diary": PATIENT_FORM,
    "take_back_copies": Row(REFUSED, those(READS_THE_OWNER, FORM, NOTHING)),
    # Everybody
    "help": Row(everybody(PAGE), everybody(NOT_ALLOWED), is_public=True, without_factor=True),
    "help_topic": Row(everybody(PAGE), everybody(NOT_ALLOWED), is_public=True, without_factor=True),
    "help_sources": Row(everybody(PAGE), everybody(NOT_ALLOWED), is_public=True, without_factor=True),
    "theme": Row(everybody(NOT_ALLOWED), everybody(FORM), is_public=True, without_factor=True),
    "health": Row(everybody(PAGE), everybody(NOT_ALLOWED), is_public=True, without_factor=True),
    "account": Row(signed_in(PAGE), signed_in(FORM)),
    # Accounts
    "account_login": accounts(FILLED_IN, FRONT),
    "account_signup": accounts(FILLED_IN, FRONT),
    "account_logout": accounts(
        SHOWN | dict.fromkeys(("GET", "HEAD", "POST"), to("account_login")),
        SHOWN | {"POST": to("account_login")},
        without_factor=True,
    ),
    "account_inactive": accounts(SHOWN, SHOWN),
    "account_reauthenticate": accounts(ASKED, FILLED_IN, without_factor=True),
    "account_email": accounts(ASKED, FILLED_IN, without_factor=True),
    "account_email_verification_sent": accounts(LOGIN, shut(to("account_email")), without_factor=True),
    "account_change_password": accounts(ASKED, FILLED_IN),
    "account_set_password": accounts(ASKED, shut(to("account_change_password"))),
    "account_reset_password": accounts(FILLED_IN, FILLED_IN),
    "account_confirm_login_code": accounts(shut(to("account_request_login_code")), FRONT),
    "account_confirm_password_reset_code": accounts(LOGIN, LOGIN),
    "account_complete_password_reset": accounts(
        shut(to("account_reset_password")), shut(to("account_reset_password"))
    ),
    "account_password_reset_completed": accounts(SHOWN, SHOWN),
    "account_request_login_code": accounts(FILLED_IN, FRONT),
    "usersessions_list": accounts(ASKED, FILLED_IN),
    # Second factors
    "mfa_index": accounts(ASKED, SHOWN, without_factor=True),
    "mfa_authenticate": accounts(LOGIN, FRONT),
    "mfa_reauthenticate": accounts(ASKED, shut(to("account_reauthenticate")), with_codes=FILLED_IN),
    "mfa_reauthenticate_webauthn": accounts(
        ASKED,
        shut(to("account_reauthenticate")),
        with_passkey=FILLED_IN | {"POST": to("account_login")},
    ),
    "mfa_login_webauthn": accounts(LOGIN | {"OPTIONS": PAGE}, FRONT),
    "mfa_activate_totp": accounts(
        ASKED, FILLED_IN, with_codes=shut(to("mfa_deactivate_totp")), without_factor=True
    ),
    "mfa_deactivate_totp": accounts(ASKED, shut(NOTHING), with_codes=FILLED_IN),
    "mfa_view_recovery_codes": accounts(ASKED, SHOWN | dict.fromkeys(("GET", "HEAD"), NOTHING)),
    "mfa_download_recovery_codes": accounts(ASKED, shut(NOTHING)),
    "mfa_generate_recovery_codes": accounts(ASKED, FILLED_IN),
    "mfa_list_webauthn": accounts(ASKED, SHOWN),
    "mfa_add_webauthn": accounts(ASKED, FILLED_IN, without_factor=True),
    "mfa_edit_webauthn": accounts(
        ASKED, FILLED_IN | dict.fromkeys(("GET", "HEAD", "POST"), NOTHING), with_passkey=FILLED_IN
    ),
    "mfa_remove_webauthn": Row(those({OWNER}, PAGE, NOTHING), those({OWNER}, FORM, NOTHING)),
}

# --- The addresses -------------------------------------------------------------------------------------------


def routes(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, str, URLPattern]]:
    """Name, address and pattern of every route."""
    for pattern in patterns:
        address = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        else:
            yield pattern.name or "", address, pattern


def differences(patterns: list[Any], table: Mapping[str, Row]) -> list[str]:
    """Routes without a row, rows without a route, and rows that leave somebody out, each with what to do."""
    found = list(routes(patterns))
    names = {name for name, _address, _pattern in found}
    missing = [
        f"{address} ({name or 'without a name'}) has no row: say in TABLE of authz_matrix.py who gets what."
        for name, address, _pattern in found
        if name not in table
    ]
    stale = [
        f"The row {name!r} has no route any more: take it out of TABLE."
        for name in table
        if name not in names
    ]
    silent = [
        f"The row {name!r} does not say what {role!r} gets at {method}: add it."
        for name, row in table.items()
        for method, expected in [("GET", row.get), ("POST", row.post), *row.other.items()]
        for role in ROLES
        if role not in expected
    ]
    return missing + stale + silent
