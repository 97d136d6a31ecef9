"""The caseload, for whoever reads diaries at a clinic. What is chosen stands in the address alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.models import AuditEntry
from clinic.access import care_links_of, clinician_only, clinics_read_by, show_found
from clinic.attention import Section
from clinic.caseload import (
    SORTS,
    WHOLE,
    CaseloadRow,
    caseload,
    entries,
    matching,
    ordered,
    section_counts,
    tags_of,
)

Action = AuditEntry.Action
PATIENTS_A_PAGE = 50
LONGEST_QUERY = 120


@dataclass(frozen=True)
class Chosen:
    """What the address says. Words that nobody could have chosen on the page are left out."""

    query: str = ""
    tag: int | None = None
    section: Section | None = None
    sort: str = "name"
    descending: bool = False
    closed: frozenset[Section] = frozenset()

    @classmethod
    def of(cls, said: QueryDict) -> Chosen:
        sort = said.get("sort", "")
        known = {section.value: section for section in Section}
        tag = said.get("tag", "")
        return cls(
            said.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY],  # PostgreSQL refuses NUL
            int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 19 else None,
            known.get(said.get("section", "")),
            sort.removeprefix("-") if sort.removeprefix("-") in SORTS else "name",
            sort.startswith("-") and sort.removeprefix("-") in SORTS,
            frozenset(known[word] for word in said.get("closed", "").split(".") if word in known),
        )

    @property
    def looks_for_some(self) -> bool:
        return bool(self.query) or self.tag is not None

    @property
    def words(self) -> dict[str, str]:
        """What differs from the page as it opens, as the address says it."""
        sort = f"{'-' if self.descending else ''}{self.sort}"
        said = {
            "q": self.query,
            "tag": str(self.tag) if self.tag is not None else "",
            "section": self.section.value if self.section else "",
            "sort": "" if sort == "name" else sort,
            "closed": ".".join(section.value for section in Section if section in self.closed),
        }
        return {name: value for name, value in said.items() if value}

    def address(self, page: int = 1, **changed: Any) -> str:
        """The same page with something chosen otherwise."""
        words = replace(self, **changed).words | ({"page": str(page)} if page > 1 else {})
        return f"?{urlencode(words)}"

    def sorted_by(self, name: str) -> tuple[str, str]:
        """Where a heading leads, and how the column is sorted now, in the word of `aria-sort`."""
        if self.sort != name:
            # Who asks for numbers or dates wants the most first; of due dates, the first.
            return self.address(sort=name, descending=name not in ("name", "due", "recorded", "reviewed")), ""
        now = "descending" if self.descending else "ascending"
        return self.address(descending=not self.descending), now

    def toggled(self, section: Section) -> str:
        return self.address(closed=self.closed ^ {section})


@dataclass(frozen=True)
class Block:
    """A section on the page. `only`: where it stands alone; `toggle`: where it is closed, or open again."""

    section: Section
    count: int
    rows: list[CaseloadRow]
    is_closed: bool
    only: str
    toggle: str


@require_safe
@clinician_only
def caseload_page(request: HttpRequest) -> HttpResponse:
    chosen = Chosen.of(request.GET)
    links = matching(care_links_of(request.user), chosen.query, chosen.tag)
    found = entries(links, timezone.now(), whole=chosen.sort in WHOLE)
    counts = section_counts(found)
    shut = frozenset() if chosen.section else chosen.closed
    listed = [
        entry for entry in found if entry.section not in shut and chosen.section in (None, entry.section)
    ]
    in_order = ordered(listed, chosen.sort, descending=chosen.descending)
    page = Paginator(in_order, PATIENTS_A_PAGE).get_page(request.GET.get("page"))
    rows = caseload(list(page))
    # Counts of a few who were looked for tell of each of them, also of those who are not on this page.
    told = found if chosen.looks_for_some and len(found) <= PATIENTS_A_PAGE else list(page)
    show_found(request, [audit.Line(Action.LISTED, one.pseudonym, one.clinic, one.link) for one in told])
    context = {
        "chosen": chosen,
        "total": len(found),
        "blocks": blocks(chosen, counts, rows, shut),
        "sections": [Block(one, counts[one], [], False, chosen.address(section=one), "") for one in Section],
        "all": chosen.address(section=None),
        "headings": {name: chosen.sorted_by(name) for name in SORTS},
        "pages": pages(chosen, page),
        "tags": tags_of(clinics_read_by(request.user)),
        "rows": rows,
        "days": rows[0].recent.days if rows else None,
    }
    return render(request, "clinic/caseload.html", context)


def blocks(
    chosen: Chosen, counts: dict[Section, int], rows: Sequence[CaseloadRow], shut: Iterable[Section]
) -> list[Block]:
    """The sections with somebody on this page, and those that are closed."""
    found = []
    for section, count in counts.items():
        here = [row for row in rows if row.entry.section is section]
        is_closed = section in shut and count > 0
        if here or is_closed:
            only, toggle = chosen.address(section=section), chosen.toggled(section)
            found.append(Block(section, count, here, is_closed, only, toggle))
    return found


def pages(chosen: Chosen, page: Page[Any]) -> dict[str, Any]:
    """The pages before and after this one."""
    before, after = page.has_previous(), page.has_next()
    return {
        "number": page.number,
        "all": page.paginator.num_pages,
        "previous": chosen.address(page.previous_page_number()) if before else "",
        "next": chosen.address(page.next_page_number()) if after else "",
    }
