"""A real installation in a folder of its own: production settings, prepared and served as docs/operate.md says."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "docs" / "operate" / "diary.service"
SETTINGS = re.compile(
    r"DEBUG|SITE_URL|ALLOWED_HOSTS|SECRET_KEY|SECRET_KEY_FILE|DATA_DIR|DATABASE_\w+|TRUSTED_PROXY_COUNT"
    r"|TIME_ZONE|EMAIL_\w+|DEFAULT_FROM_EMAIL|DJANGO_\w+|COV_\w+|PYTEST_\w+"
)
FROM_PROXY = {"Host": "diary.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.5"}


def command_line() -> list[str]:
    """What the unit starts, with this Python's gunicorn."""
    (words,) = re.findall(r"^ExecStart=\S*/bin/gunicorn (.*)$", UNIT.read_text(), re.MULTILINE)
    return [sys.executable, "-m", "gunicorn", *words.split()]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Installation:
    folder: Path
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    server: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        ours = {
            "SITE_URL": "https://diary.example.org",
            "SECRET_KEY_FILE": str(self.folder / "secret_key"),
            "DATA_DIR": str(self.folder / "data"),
            "TRUSTED_PROXY_COUNT": "1",
            "EMAIL_HOST": "localhost",
        }
        others = {name: value for name, value in os.environ.items() if not SETTINGS.fullmatch(name)}
        return {name: value for name, value in (others | ours | self.more).items() if value}

    @property
    def database(self) -> Path:
        return self.folder / "data" / "diary.sqlite3"

    def prepare(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "secret_key").write_text(secrets.token_urlsafe(64))
        (self.folder / "secret_key").chmod(0o600)
        self.manage("prepare")
        self.manage("collectstatic", "--noinput")

    def copied_to(self, folder: Path) -> Installation:
        shutil.copytree(self.folder, folder)
        return Installation(folder, dict(self.more))

    def begin(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=pipe,
            stderr=pipe,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str) -> tuple[int, str]:
        process = self.begin(*words)
        output, errors = process.communicate(timeout=100)
        return process.returncode, output + errors

    def manage(self, *words: str) -> str:
        code, said = self.run("manage.py", *words)
        assert code == 0, said
        return said

    # --- Serving

    def serve(self) -> None:
        self.launch()
        self.wait_until_it_answers()

    def launch(self) -> None:
        log = (self.folder / "server.log").open("ab")
        # The same words as in the unit; only the port is our own.
        command = [*command_line(), "--bind", f"127.0.0.1:{self.port}"]
        self.server = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def wait_until_it_answers(self) -> None:
        assert self.server
        for _ in range(600):
            if self.server.poll() is not None:
                break
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"The server did not start:\n{self.log}")

    def kill(self) -> None:
        """The whole group at once, as when the power fails."""
        assert self.server
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()

    def stop(self) -> None:
        if self.server:
            self.kill()

    def ask(self, method: str, address: str, body: str = "", **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, address, body or None, FROM_PROXY | named)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text()


@contextlib.contextmanager
def installed(folder: Path, **more: str) -> Iterator[Installation]:
    installation = Installation(folder, more)
    installation.prepare()
    try:
        yield installation
    finally:
        installation.stop()
