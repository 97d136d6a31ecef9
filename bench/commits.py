"""How often the disk is asked to keep what one save wrote: fsync calls per commit, counted by strace, on SQLite."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.reliability.installation import installed  # noqa: E402

COMMITS = 50
PROGRAM = f"""
import django; django.setup()
from accounts.models import User
from django.db import connection
connection.ensure_connection()
open("/dev/null").close()
for number in range({COMMITS}):
    User.objects.create_user(f"person{{number}}@example.org")
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, installed(Path(folder) / "installation") as installation:
        trace = Path(folder) / "trace"
        command = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,openat", "-o", trace]
        environment = installation.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        subprocess.run([*command, sys.executable, "-c", PROGRAM], check=True, cwd=ROOT, env=environment)
        after = trace.read_text().partition("/dev/null")[2]
        synced = len(re.findall(r"\bf(?:data)?sync\(", after))
        print(f"{synced} fsyncs for {COMMITS} commits: {synced / COMMITS:.1f} per commit")


if __name__ == "__main__":
    main()
