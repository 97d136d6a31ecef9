"""What the tests of the rules share: the same generated diaries in every run, and no Django around a test."""

import inspect
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

# A second is all there is for this folder. To hunt for longer, with other diaries each time:
# pytest tests/rules --hypothesis-profile=long
settings.register_profile("short", max_examples=12, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=3000, deadline=None, database=None)
settings.load_profile("short")

HERE = Path(__file__).parent
NONE = SimpleNamespace(params={})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rules need no mailbox, URLs or database, and setting those up takes longer than most of these tests."""
    for item in items:
        if isinstance(item, pytest.Function) and item.path.parent == HERE:
            wanted = {*inspect.signature(item.function).parameters, *getattr(item, "callspec", NONE).params}
            item.fixturenames[:] = [name for name in item.fixturenames if name in wanted]
