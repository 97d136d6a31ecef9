"""A PDF as a person reads it, and as a reading program does."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pypdf import PdfReader


class Paper:
    """The pages, words and tags of a PDF."""

    def __init__(self, content: bytes) -> None:
        assert content.startswith(b"%PDF-")
        self.reader = PdfReader(io.BytesIO(content))
        self.root: Any = self.reader.trailer["/Root"]

    @property
    def pages(self) -> int:
        return len(self.reader.pages)

    @cached_property
    def lines(self) -> list[str]:
        return [line.strip() for page in self.reader.pages for line in page.extract_text().splitlines()]

    @cached_property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.lines))

    @property
    def title(self) -> str:
        return str(self.reader.metadata.title) if self.reader.metadata else ""

    @property
    def said_of_itself(self) -> str:
        """The XMP part, which names the standard that is kept."""
        return str(self.root["/Metadata"].get_data().decode())

    @property
    def tags(self) -> list[str]:
        return [str(node["/S"]) for node in self._nodes(self.root["/StructTreeRoot"])]

    @property
    def alternatives(self) -> list[str]:
        """What is read in place of pictures."""
        return [str(node["/Alt"]) for node in self._nodes(self.root["/StructTreeRoot"]) if "/Alt" in node]

    def _nodes(self, node: Any) -> Iterator[Any]:
        """Elements of the structure; what else may hang there, such as a place on a page, has no `/S`."""
        if "/S" in node:
            yield node
        below = node.get("/K", []).get_object() if "/K" in node else []
        for child in below if isinstance(below, list) else [below]:
            found = child.get_object()
            if isinstance(found, dict) and ("/S" in found or "/K" in found):
                yield from self._nodes(found)


def readable(response: Any) -> str:
    """What is in an answer; of a PDF, what stands on its pages."""
    if response.get("Content-Type") == "application/pdf" and response.content:
        return Paper(response.content).text
    return str(response.content.decode())
