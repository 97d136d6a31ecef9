"""What is kept, for how long, who deletes it, and why: a line for every table. A check compares it with the models.

`docs/retention.md` is written from it by `python -m config.retention`; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """`holds`: what it says of whom. `until`: how long. `ended_by`: who or what deletes it. `why`: what it is for."""

    model: str
    holds: str
    until: str
    ended_by: str
    why: str


WITH_DIARY = "as long as the diary"
WITH_ACCOUNT = "as long as the account"
ERASURE = "erasure, seven days after the person asked for it"
PROGRAM = "as long as the program"
NOBODY = "nobody: it says nothing of a person"

KEPT = (
    Kept("accounts.User", "name, e-mail address, password (hashed)", WITH_ACCOUNT, ERASURE, "to sign in"),
    Kept(
        "accounts.AuditEntry",
        "who saw or changed whose record: random numbers and row numbers",
        "for good",
        "nobody; after an erasure its numbers lead to nobody",
        "to show people who looked, and to prove it",
    ),
    Kept("accounts.User_groups", "nothing", PROGRAM, ERASURE, "comes with Django, not used"),
    Kept("accounts.User_user_permissions", "nothing", PROGRAM, ERASURE, "comes with Django, not used"),
    Kept(
        "account.EmailAddress",
        "e-mail addresses and whether they were checked",
        WITH_ACCOUNT,
        "the person, or erasure",
        "to sign in and to get mail",
    ),
    Kept(
        "account.EmailConfirmation",
        "a secret that was sent to an address",
        "three days",
        "housekeeping, or erasure",
        "to check an address",
    ),
    Kept("auth.Group", "nothing", PROGRAM, NOBODY, "comes with Django, not used"),
    Kept("auth.Group_permissions", "nothing", PROGRAM, NOBODY, "comes with Django, not used"),
    Kept("auth.Permission", "names of models", PROGRAM, NOBODY, "comes with Django, not used"),
    Kept("contenttypes.ContentType", "names of models", PROGRAM, NOBODY, "comes with Django"),
    Kept(
        "mfa.Authenticator",
        "second factors: encrypted seeds, public keys, recovery codes",
        "as long as the factor",
        "the person, or erasure",
        "to sign in safely",
    ),
    Kept(
        "sessions.Session",
        "who is signed in on a device; the last change, for Undo; days of which nobody asks again",
        "30 days without a visit, or until signing out",
        "signing out, housekeeping, or erasure",
        "to stay signed in",
    ),
    Kept(
        "usersessions.UserSession",
        "devices that are signed in: network address, kind of browser, times",
        "as long as the session",
        "housekeeping once it has ended, or erasure",
        "to see and to end sessions elsewhere",
    ),
    Kept("diary.Patient", "name, date of birth, time zone", WITH_DIARY, ERASURE, "whose diary it is"),
    Kept("diary.Medicine", "the person's medicines", WITH_DIARY, ERASURE, "the buttons of the diary"),
    Kept(
        "diary.DiaryDay",
        "headaches, times, period, notes",
        WITH_DIARY,
        "the person, or erasure",
        "the diary itself",
    ),
    Kept(
        "diary.Preventive",
        "preventive medicines: dose, since when, until when and why they ended",
        WITH_DIARY,
        "the person, or erasure",
        "what else may have made a difference",
    ),
    Kept("diary.Intake", "doses taken", WITH_DIARY, "the person, or erasure", "the diary itself"),
    Kept(
        "diary.DiaryDayVersion",
        "how days stood before they were changed",
        WITH_DIARY,
        ERASURE,
        "so that a clinic can tell what was written when",
    ),
    Kept(
        "diary.DeviceOperation",
        "taps on a phone: the day, the headache or the doses, when by the phone's clock",
        WITH_DIARY,
        ERASURE,
        "so that a tap counts once, whenever it arrives, and two phones that disagree can be shown",
    ),
    Kept(
        "diary.Carer",
        "who may log for a patient, from when until when",
        "as long as the diary and the carer's account",
        "erasure of either",
        "so that the patient sees who could, and when",
    ),
    Kept(
        "diary.CarerCode",
        "codes for a carer (hashed)",
        "30 days after they were used or expired",
        "housekeeping, or erasure",
        "to let a carer in",
    ),
    Kept(
        "diary.Reminder",
        "when and how somebody wants to be reminded; a calendar's address (hashed)",
        WITH_DIARY,
        ERASURE,
        "to remind",
    ),
    Kept(
        "diary.PushSubscription",
        "browsers that show notifications: the address at their push service, keys",
        "as long as the sign-in that turned it on",
        "the person, signing out, a push service that no longer knows it, housekeeping, or erasure",
        "to remind on a device",
    ),
    Kept(
        "diary.SentReminder",
        "on which days somebody was reminded, and on which way",
        "seven days",
        "housekeeping, or erasure",
        "so that nobody is reminded twice",
    ),
    Kept(
        "diary.Deletion",
        "that somebody wants to be deleted",
        "seven days",
        "the person who takes it back, or erasure",
        "time to think again",
    ),
    Kept(
        "diary.Erasure",
        "random numbers and a row number of who was deleted",
        "for good",
        "nobody: it leads to nobody",
        "so that an older backup does not bring them back",
    ),
    Kept("clinic.Clinic", "names of clinics", PROGRAM, "the operator", "who treats"),
    Kept(
        "clinic.Membership",
        "who works at which clinic, and as what",
        "as long as they work there",
        "its lead or administrator",
        "who may read diaries",
    ),
    Kept(
        "clinic.CareLink",
        "which clinic may read a diary, from when until when, under which number, by which consent",
        WITH_DIARY,
        ERASURE,
        "to prove the consent",
    ),
    Kept(
        "clinic.InjectionSession",
        "injections: date, product, dose, places, dilution, batch, who gave them, what was checked, note",
        WITH_DIARY,
        ERASURE,
        "the treatment that the diary is read against",
    ),
    Kept(
        "clinic.InjectionSessionVersion",
        "how injections stood before they were corrected",
        WITH_DIARY,
        ERASURE,
        "so that a correction can be seen",
    ),
    Kept(
        "clinic.RetainedSession",
        "injections of deleted diaries under the clinic's own number: date, product, dose, places, dilution, batch, "
        "who gave them",
        "TREATMENT_RECORDS_YEARS after the last injection; with 0 nothing is kept",
        "housekeeping",
        "the clinic's duty to keep records of treatments",
    ),
    Kept(
        "clinic.AdverseEvent",
        "what was unwanted after injections: term, dates, severity, outcome, note, and what it was corrected from",
        WITH_DIARY,
        ERASURE,
        "the safety of the treatment",
    ),
    Kept(
        "clinic.Decision",
        "decisions about the treatment, their reasons and what was counted then",
        WITH_DIARY,
        ERASURE,
        "why the treatment went on or ended",
    ),
    Kept(
        "clinic.Review",
        "when a clinic went through the diary, and its note",
        WITH_DIARY,
        ERASURE,
        "so that nobody is forgotten",
    ),
    Kept(
        "clinic.Appointment",
        "the date of the next injection",
        "until the next one is made, or the diary is erased",
        "the clinic, or erasure",
        "to plan the visits",
    ),
    Kept(
        "clinic.Tag",
        "a clinic's words to sort by",
        "as long as the clinic uses it",
        "the clinic",
        "to find people",
    ),
    Kept("clinic.Tagged", "who carries a tag", WITH_DIARY, "the clinic, or erasure", "to find people"),
    Kept(
        "clinic.CountedMonth",
        "which days of a month are recorded, with headache and with which classes of medicine: nothing but the days",
        WITH_DIARY,
        "erasure; counted anew when days change",
        "so that a list of many patients opens at once",
    ),
    Kept(
        "clinic.CriteriaSet",
        "a clinic's own numbers with their source, and who of its staff wrote them down",
        "as long as the clinic",
        "the operator",
        "so that an old decision can be read with its numbers",
    ),
    Kept(
        "clinic.ClinicFeed",
        "a secret address of the clinic's calendar (hashed) and whose it is",
        "as long as they work there",
        "the person, or whoever ends their work there",
        "to see appointments in a calendar",
    ),
    Kept(
        "clinic.AccessToken",
        "programs that may read a diary: their names, what they may read and until when; their tokens as digests",
        WITH_DIARY,
        ERASURE,
        "so that the patient sees which program read, and ends it",
    ),
    Kept(
        "clinic.ImportBatch",
        "which days a clinic or the patient took over from paper or a file, when and by whom",
        WITH_DIARY,
        ERASURE,
        "so that a whole import can be taken back",
    ),
    Kept(
        "clinic.LinkCode",
        "codes for a visit (hashed) and what they share",
        "30 days after they were used or expired",
        "housekeeping, or erasure",
        "to let a clinic in",
    ),
    Kept(
        "clinic.Invitation",
        "invitations (hashed), the address or number they were made for",
        "30 days after they were used or expired",
        "housekeeping, or erasure",
        "to let a person in",
    ),
)

BESIDES = (
    Kept(
        "the table `cache`",
        "counters of tries, by hashed address, account number or network address",
        "minutes to hours",
        "housekeeping, or erasure",
        "to slow down who guesses passwords",
    ),
    Kept(
        "the file `DATA_DIR/erasures`",
        "the same as `diary.Erasure`, a line each",
        "for good",
        "nobody: it leads to nobody",
        "it outlives the database",
    ),
    Kept("the backups", "all tables but sessions and the cache", "BACKUP_DAYS", "the operator", "a loss"),
)
"""What is no model, and no check finds."""


def differences(installed: Iterable[str], apps: Iterable[str], kept: Iterable[Kept] = KEPT) -> list[str]:
    """Models without a line, and lines without a model; a line of an app that is not installed is let be."""
    models, named = set(installed), {line.model for line in kept}
    gone = {name for name in named - models if name.partition(".")[0] in set(apps)}
    return [f"{name} has no line: say how long it is kept." for name in sorted(models - named)] + [
        f"The line {name} has no model: take it out." for name in sorted(gone)
    ]


def document() -> str:
    """docs/retention.md."""
    rows = [
        f"| {line.model if ' ' in line.model else f'`{line.model}`'} | {line.holds} | {line.until} "
        f"| {line.ended_by} | {line.why} |"
        for line in (*sorted(KEPT, key=lambda line: line.model), *BESIDES)
    ]
    return "\n".join([HEAD, *rows, ""])


HEAD = """\
# What is kept, and for how long

Written from `config/retention.py` by `python -m config.retention > docs/retention.md`; tests hold it equal to the
program, and the program does not start with a table that has no line. `manage.py housekeeping`, once a day, does
what the column "ended by" leaves to it.

| what | holds | kept | ended by | why |
| --- | --- | --- | --- | --- |"""

if __name__ == "__main__":
    print(document(), end="")
