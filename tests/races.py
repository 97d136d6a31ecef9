"""Things that happen at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Barrier, Thread
from typing import Any

from django.db import connections

PATIENCE = 60
"""Seconds, for a machine with other work; the database gives up its own waiting long before."""


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each of them returned, in their order; the first fault of any is raised once all are over."""
    # Nobody holds a connection while waiting: PostgreSQL has fewer of them than some races have runners.
    start = Barrier(len(deeds), timeout=PATIENCE)
    answers: list[Future[Any]] = [Future() for _ in deeds]

    def run(deed: Callable[[], Any], answer: Future[Any]) -> None:
        try:
            start.wait()
            answer.set_result(deed())
        except BaseException as fault:
            answer.set_exception(fault)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=race, daemon=True) for race in zip(deeds, answers, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return [answer.result(timeout=0) for answer in answers]
