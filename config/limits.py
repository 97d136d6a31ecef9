"""Where sign-in attempts are counted."""

from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import OperationalError


class CountingDatabaseCache(DatabaseCache):
    """Django's own forgets silently what it cannot write. Then nobody would count guesses while the disk is full."""

    def _base_set(self, mode: str, *args: Any, **options: Any) -> bool:
        kept = bool(super()._base_set(mode, *args, **options))  # type: ignore[misc]
        if mode == "set" and not kept:
            raise OperationalError("the counter could not be kept: the database is locked or full")
        return kept
