"""What stands in addresses: dates as `YYYY-MM-DD` and `YYYY-MM`, nothing else, and the numbers of rows."""

from __future__ import annotations

from datetime import date


class DateConverter:
    """A calendar date; one that does not exist is no address."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, text: str) -> date:
        return date.fromisoformat(text)

    def to_url(self, value: date) -> str:
        return value.isoformat()


class MonthConverter:
    """A calendar month as its first day."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, text: str) -> date:
        return date.fromisoformat(f"{text}-01")

    def to_url(self, value: date) -> str:
        return value.isoformat()[:7]


class RowConverter:
    """The number of a row. A longer one than any database counts to is no address."""

    regex = "[0-9]{1,18}"

    def to_python(self, text: str) -> int:
        return int(text)

    def to_url(self, value: int) -> str:
        return str(value)
