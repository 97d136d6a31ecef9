from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.installation import Installation, installed


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: Any) -> Iterator[Installation]:
    """Prepared once, and only ever copied from."""
    with installed(tmp_path_factory.mktemp("installation") / "prepared") as installation:
        yield installation


@pytest.fixture
def installation(prepared: Installation, tmp_path: Path) -> Iterator[Installation]:
    """A fresh one of the test's own."""
    copy = prepared.copied_to(tmp_path / "installation")
    yield copy
    copy.stop()
