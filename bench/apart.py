"""A bench in a process and a database of its own, with the settings of production."""

import os
import subprocess
import sys
from tempfile import TemporaryDirectory

HEADERS = {
    "HTTP_HOST": "diary.example.org",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_FOR": "203.0.113.5",
}
"""Of a request as the proxy passes it on."""


def is_apart() -> bool:
    return "MEASURED" in os.environ


def run_apart(file: str, *arguments: str) -> None:
    """Runs the file once more, on an empty SQLite."""
    from tests.reliability.postgresql import run_script

    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n", flush=True)
    with TemporaryDirectory() as data:
        environment = run_script().production(data) | {"MEASURED": "yes"}
        subprocess.run([sys.executable, file, *arguments], check=True, env=environment)
