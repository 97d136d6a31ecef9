"""A page as a person reads it: its words, its tables and its buttons, rather than its markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from django.core.mail import EmailMessage

VOID = {"meta", "link", "input", "br", "col", "img", "hr", "wbr", "rect", "path", "circle", "line"}
UNREAD = {"head", "script", "style", "svg", "option", "textarea"}
INLINE = {"a", "abbr", "b", "em", "small", "span", "strong"}


class Element:
    """One element with what stands in it. `text` is read aloud in one line, pictures and choices left out."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element | str] = []

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        return " ".join(self._read().split())

    def _read(self) -> str:
        if self.tag in UNREAD or self.is_hidden:
            return ""
        words = "".join(child if isinstance(child, str) else child._read() for child in self.children)
        return words if self.tag in INLINE else f" {words} "

    @property
    def is_hidden(self) -> bool:
        """Nobody sees it, such as a part that a script copies."""
        is_shut = self.tag == "dialog" and "open" not in self.attributes
        return is_shut or self.tag == "template" or "hidden" in self.attributes

    @property
    def raw(self) -> str:
        """Every character in it, also those of a script or a text field."""
        return "".join(child if isinstance(child, str) else child.raw for child in self.children)

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            if isinstance(child, Element) and not child.is_hidden:
                yield from child.walk()

    def all(self, tag: str, css: str = "", **attributes: str) -> list[Element]:
        """The elements of a tag, with a class and attributes where given."""
        return [
            found
            for found in self.walk()
            if found.tag == tag
            and (not css or css in found.classes)
            and attributes.items() <= found.attributes.items()
        ]

    def one(self, tag: str, css: str = "", **attributes: str) -> Element:
        found = self.all(tag, css, **attributes)
        assert len(found) == 1, f"{len(found)} of <{tag}> {css} {attributes} in: {self.text[:400]}"
        return found[0]


class Page(Element):
    """A whole answer of the server."""

    def __init__(self, response: Any) -> None:
        super().__init__("page", {})
        self.status = response.status_code
        self.html = response.content.decode()
        self.path = response.request["PATH_INFO"]
        Reader(self).feed(self.html)

    @property
    def main(self) -> Element:
        return self.one("main")

    @property
    def messages(self) -> str:
        """What was said about the last tap."""
        return self.one("div", "messages").text

    def section(self, heading: str) -> Element:
        """The section with this id on its heading."""
        return self.one("section", **{"aria-labelledby": heading})

    def count(self, label: str) -> Element:
        """What stands in view about one thing that counts, such as "Triptans"."""
        [found] = [card for card in self.all("div", "count") if card.one("h3").text == label]
        return found

    @property
    def counted(self) -> list[str]:
        return [card.one("h3").text for card in self.all("div", "count")]

    def buttons(self, css: str = "") -> list[str]:
        return [button.text for button in self.main.all("button", css)]

    def table(self, caption: str) -> list[list[str]]:
        """The rows of the table whose caption has this id or begins with these words, headings included."""
        [found] = [
            table
            for table in self.all("table")
            for title in table.all("caption")
            if title.attributes.get("id") == caption or title.text.startswith(caption)
        ]
        return [
            [cell.text for cell in row.children if isinstance(cell, Element) and cell.tag in ("th", "td")]
            for row in found.all("tr")
        ]

    def caseload(self) -> list[list[str]]:
        """The headings of the list of patients, and its rows from all sections in their order."""
        tables = [found for found in self.all("table") if "table--caseload" in found.classes]
        rows = [
            [cell.text for cell in row.children if isinstance(cell, Element) and cell.tag in ("th", "td")]
            for table in tables
            for place, row in enumerate(table.all("tr"))
            if place or table is tables[0]
        ]
        return rows or [[]]

    def facts(self) -> dict[str, str]:
        """The terms of all definition lists and what stands beside each."""
        pairs = [pair for facts in self.all("dl") for pair in facts.all("div") if pair.all("dt")]
        # A second description, where there is one, explains the first.
        return {pair.one("dt").text: pair.all("dd")[0].text for pair in pairs}

    def payload(self, chart: str) -> dict[str, Any]:
        """The numbers that the page hands to the chart."""
        return json.loads(self.one("script", id=chart).raw)

    def field(self, name: str) -> Element:
        """The one field of this name that is filled in by typing or by choosing from a list."""
        [found] = [
            element
            for element in self.walk()
            if element.tag in ("input", "textarea", "select") and element.attributes.get("name") == name
        ]
        return found

    def filled(self, name: str) -> str | list[str]:
        """What stands in a field: its text, its choice, or a list of what is ticked."""
        fields = [element for element in self.walk() if element.attributes.get("name") == name]
        if fields[0].attributes.get("type") in ("radio", "checkbox"):
            return [field["value"] for field in fields if "checked" in field.attributes]
        [field] = fields
        if field.tag == "select":
            [chosen] = [option for option in field.all("option") if "selected" in option.attributes]
            return chosen["value"]
        if field.tag == "textarea":
            # A browser leaves out the line break after the tag.
            return field.raw.removeprefix("\n")
        return field.attributes.get("value", "")

    def is_typed(self, name: str) -> bool:
        """Whether a field holds whatever was typed, rather than one of its choices."""
        fields = [element for element in self.walk() if element.attributes.get("name") == name]
        return fields[0].tag == "textarea" or fields[0].attributes.get("type") in ("text", "number")

    def wrong_fields(self) -> set[str]:
        """The fields that are marked as wrong for those who listen."""
        marked = [element for element in self.walk() if element.attributes.get("aria-invalid") == "true"]
        return {element["name"] for element in marked}

    def error(self, name: str) -> str:
        """What the page says is wrong with a field, if something names that text as its description."""
        described = [element.attributes.get("aria-describedby", "") for element in self.walk()]
        [found] = [element for element in self.walk() if element.attributes.get("id") == f"id_{name}_error"]
        return found.text if found["id"] in " ".join(described).split() else ""


class Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self.open: list[Element] = [page]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def code_from(mail: EmailMessage) -> str:
    """The code that stands in a line of its own."""
    return re.findall(r"^([A-Z0-9]{3,}(?:-[A-Z0-9]{3,})*)$", mail.body, re.MULTILINE)[0]
