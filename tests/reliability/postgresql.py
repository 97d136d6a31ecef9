"""A PostgreSQL server of the test's own, which waits for the disk like a real one and can be stopped at once."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

from tests.reliability.installation import ROOT


def run_script() -> Any:
    """./run, which knows how to find and start PostgreSQL."""
    loader = SourceFileLoader("run_script", str(ROOT / "run"))
    spec = spec_from_loader("run_script", loader)
    assert spec
    module = sys.modules["run_script"] = module_from_spec(spec)  # its dataclasses look it up by name
    loader.exec_module(module)
    return module


@dataclass
class Server:
    folder: Path
    programs: Path
    owner: dict[str, Any]
    script: Any
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"postgres://diary@/diary?host={self.folder}"

    def start(self, *options: str) -> None:
        settings = [word for option in ("listen_addresses=", *options) for word in ("-c", option)]
        command = [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *settings]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdout=quiet, stderr=quiet, cwd=self.folder, **self.owner)
        self.script.wait_for(self.process, [self.programs / "pg_isready", "-q", "-h", self.folder])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: fast; SIGQUIT: immediate, as when the machine stops, and recovery at the next start."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(host=str(self.folder), user="diary", dbname="diary") as connection:
            return connection.execute(question).fetchall()


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Server]:
    script = run_script()
    programs = script.postgres_programs()
    owner = script.unprivileged_owner(folder)
    trust = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(
        [programs / "initdb", "-D", folder / "data", *trust],
        check=True,
        capture_output=True,
        cwd=folder,
        **owner,
    )
    server = Server(folder, programs, owner, script)
    server.start()
    try:
        for command in (["createuser", "diary"], ["createdb", "--owner", "diary", "diary"]):
            subprocess.run(
                [programs / command[0], "-h", folder, "-U", "postgres", *command[1:]], check=True, cwd=folder
            )
        yield server
    finally:
        server.stop()
