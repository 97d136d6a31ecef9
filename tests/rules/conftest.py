"""What the tests of the rules share: the same generated diaries in every run, and no Django around a test."""

import gc
import inspect
from pathlib import Path

import pytest
from hypothesis import settings

# A second is all there is for this folder. To hunt for longer, with other diaries each time:
# pytest tests/rules --hypothesis-profile=long
settings.register_profile("short", max_examples=7, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=3000, deadline=None, database=None)
settings.load_profile("short")

gc.freeze()  # what is imported by now stays, so the collector need not look through it again

HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rules need no mailbox, no URLs and no database: here a test gets the fixtures it names, and no others."""
    for item in items:
        if isinstance(item, pytest.Function) and item.path.parent == HERE:
            named = inspect.signature(item.function).parameters
            item.fixturenames[:] = [name for name in item.fixturenames if name in named]
