"""A phone as the server meets it: what it sends to /sync/, and a twin in Python of what static/js/phone makes of the
answers (`days.js`, `outbox.js`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from diary.merging import HEADACHE
from diary.models import Medicine, Patient
from diary.phone import moment_text, owner_mark
from tests.cast import NOON
from tests.reading import Page

ADDRESS = "/sync/"
AT_ONCE = 50
Said = dict[str, Any]


def doses_of(medicine: Medicine) -> str:
    return f"doses:{medicine.pk}"


MOST_SEEN = 40
"""Of what one tap names, as days.js has it."""


def said(when: date | str, value: Any, *seen: str, of: str = HEADACHE, **more: Any) -> Said:
    """An operation as a phone sends it; a dose is tapped on a day with a mild headache unless said otherwise."""
    word = None if of == HEADACHE else "mild"
    defaults = {"name": str(uuid4()), "word": word, "said_at": moment_text(timezone.now()), "undoes": ""}
    return {"date": str(when), "field": of, "value": value, "seen": list(seen or ["="]), **defaults, **more}


def message_of(patient: Patient, operations: Iterable[Said], **changed: Any) -> Said:
    now = moment_text(timezone.now())
    return {"owner": owner_mark(patient), "now": now, "operations": list(operations)} | changed


def post(client: Any, body: Any, **headers: Any) -> Any:
    """The answer to a message, or to anything else that is sent in its place."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    # Said apart: the test client leaves it out beside an empty body.
    headers = {"CONTENT_TYPE": "application/json", **headers}
    return client.post(ADDRESS, body, content_type="application/json", **headers)


def sends(client: Any, patient: Patient, *operations: Said, **changed: Any) -> Said:
    """What the server answers to a message that it takes."""
    response = post(client, message_of(patient, operations, **changed))
    assert response.status_code == 200, response.content
    answer: Said = response.json()
    return answer


def statuses(answer: Said) -> list[str]:
    return [one["status"] for one in answer["answers"]]


# --- The twin ------------------------------------------------------------------------------------------------


@dataclass
class Day:
    word: str | None = None
    doses: dict[str, int] = field(default_factory=dict)
    seen: dict[str, list[str]] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        return self.word if name == HEADACHE else self.doses.get(name.removeprefix("doses:"), 0)

    def marks(self, name: str) -> list[str]:
        """`seenOf`: what is named by the next tap."""
        return self.seen.get(name) or [f"={self.value(name) or ''}"]

    @property
    def shown(self) -> tuple[str | None, dict[str, int]]:
        return self.word, {medicine: n for medicine, n in self.doses.items() if n}


def asked(answer: Said) -> list[str]:
    """The names that a server has answered for."""
    return [one["name"] for one in answer["answers"]]


@dataclass
class Phone:
    """`clock_off`: how far its clock is ahead of the true one. `names`: how it names what is tapped."""

    owner: str
    days_said: dict[str, list[Any]] = field(default_factory=dict)
    unsent: list[Said] = field(default_factory=list)
    refused: list[Said] = field(default_factory=list)
    clock_off: timedelta = timedelta()
    last: list[tuple[str, str, Any, str]] = field(default_factory=list)
    names: Callable[[], UUID] = uuid4

    def opens(self, payload: Said) -> None:
        """A page that the server made brings all days along."""
        self.days_said = {day[0]: day for day in payload["days"]}

    @property
    def days(self) -> dict[str, Day]:
        """`daysOf`: what the server said last, and what was tapped since."""
        found = {
            when: Day(word, dict(doses), dict(seen)) for when, word, doses, seen in self.days_said.values()
        }
        for one in self.unsent:
            day = found.setdefault(one["date"], Day())
            if one["field"] == HEADACHE:
                day.word = one["value"]
            else:
                day.doses[one["field"].removeprefix("doses:")] = one["value"]
            day.seen[one["field"]] = list(dict.fromkeys([*one["seen"], one["name"]]))[-MOST_SEEN:]
        return found

    def day(self, when: date | str) -> Day:
        return self.days.get(str(when), Day())

    @property
    def now(self) -> str:
        """What its clock says; JavaScript writes years that no date has otherwise, and the page then says the last."""
        try:
            return moment_text(timezone.now() + self.clock_off).rjust(24, "0")
        except OverflowError:
            return "9999-12-31T00:00:00.000Z" if self.clock_off > timedelta() else "0001-01-01T00:00:00.000Z"

    def taps(self, when: date | str, value: Any, of: str = HEADACHE, undoes: str = "") -> Said | None:
        """One tap; `None` for a dose on a day of which nothing is said, for which there is no button."""
        day = self.day(when)
        word = None if of == HEADACHE else day.word
        if of != HEADACHE and word is None:
            return None
        marks = {"name": str(self.names()), "word": word, "undoes": undoes, "said_at": self.now}
        one = said(when, value, *day.marks(of), of=of, **marks)
        self.last = [] if undoes else [(str(when), of, day.value(of), one["name"])]
        self.unsent.append(one)
        return one

    def undoes_the_last(self) -> None:
        for when, of, value, name in self.last:
            self.taps(when, value, of, undoes=name)

    def message(self) -> Said:
        """What is sent next."""
        return {"owner": self.owner, "now": self.now, "operations": self.unsent[:AT_ONCE]}

    def hears(self, answer: Said) -> None:
        """`acknowledge` and `withDays`."""
        refused = {one["name"] for one in answer["answers"] if one["status"] == "refused"}
        self.refused += [one for one in self.unsent if one["name"] in refused]
        answered = set(asked(answer))
        self.unsent = [one for one in self.unsent if one["name"] not in answered]
        self.days_said |= {day[0]: day for day in answer["days"]}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def skewed(years: float) -> str:
    """Noon by a clock that is off."""
    return moment_text(NOON.astimezone(UTC) + timedelta(days=365.25 * years))


def buttons(client: Any) -> list[list[str]]:
    """What Today offers to choose from where phones differ, one list for each field of a day."""
    page = Page(client.get("/"))
    return [
        [button.text for button in one.all("button")]
        for section in page.all("section", **{"aria-labelledby": "conflicts"})
        for one in section.all("form")
    ]
