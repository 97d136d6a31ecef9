"""Lets wapiti and sqlmap loose on the demonstration, signed in as a patient and as a clinician, on this machine alone.

    .venv/bin/python bench/scan.py --tools FOLDER     the folder in which wapiti and sqlmap lie, such as a
                                                      virtual environment's bin; default: the search path

Both also scan a copy with two planted holes (bench/planted): finding nothing counts only where they find those.
Prints a table; what the tools wrote is kept in the folder that the last line names.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROLES = ("patient", "clinician")
MODULES = "sql,timesql,xss,permanentxss,file,exec,crlf,redirect,methods,backup,htaccess,ldap,csrf"
"""Of wapiti: those that need nothing from outside."""
WAPITI_SECONDS = 240
LAST_YEARS = [str(year) for year in range(2020, time.localtime().tm_year)]
SQLMAP_SECONDS = 400
SIGN_IN = """
import sys
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client
from accounts.models import User
from diary.models import Patient
from clinic.models import CareLink
for role in ("patient", "clinician"):
    client = Client()
    client.force_login(User.objects.get(email=f"{role}@example.org"))
    client.get("/begin/")  # a page with a form brings the cookie that forms need
    print(role, "; ".join(f"{name}={one.value}" for name, one in client.cookies.items()))
print("shared", CareLink.objects.filter(ends_at=None).earliest("pk").patient_id)
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(folder: Path, settings: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The demonstration at an address of its own, with a session's cookie for each role."""
    port = free_port()
    environment = {
        **os.environ,
        "DEBUG": "1",
        "SECRET_KEY": "x1" * 40,
        "DATA_DIR": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": settings,
        "PYTHONPATH": str(ROOT),
    }
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "prepare", "--demo"], env=environment, check=True, stdout=subprocess.DEVNULL)
    said = subprocess.run(
        [*manage, "shell", "--no-imports", "-c", SIGN_IN],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    known = dict(line.split(" ", 1) for line in said.splitlines() if line)
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--workers", "2", "--threads", "4", "--no-control-socket", "--log-level", "error"),
        ],
        env=environment,
        cwd=ROOT,
        stderr=(folder / "server.log").open("w"),
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/healthz")
        yield address, known
    finally:
        server.terminate()
        server.wait(20)


def wait_for(address: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(address, timeout=2)  # noqa: S310  (our own address)
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{address} does not answer")


def wapiti(tool: str, folder: Path, address: str, cookie: str, start: str) -> tuple[str, int]:
    report = folder / f"wapiti-{start.strip('/').replace('/', '-') or 'top'}.json"
    # Days and months lead to one another without end: this year's are enough. Signing out would end the scan.
    years = [
        f"{part}/{century}*" for part in ("days", "months") for century in ("19", "200", "201", *LAST_YEARS)
    ]
    left_out = ["accounts/logout/*", "static/*", *years]
    command = [tool, "-u", f"{address}{start}", "--scope", "domain", "-m", MODULES, "-H", f"Cookie: {cookie}"]
    command += [word for path in left_out for word in ("-x", f"{address}/{path}")]
    command += ["--max-scan-time", str(WAPITI_SECONDS), "--max-attack-time", str(WAPITI_SECONDS // 4)]
    command += [
        "--max-links-per-page",
        "60",
        "--max-files-per-dir",
        "40",
        "--flush-session",
        "--no-bugreport",
    ]
    command += ["-f", "json", "-o", str(report), "--store-session", str(folder)]
    with (folder / f"{report.stem}.log").open("w") as log:
        subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, timeout=WAPITI_SECONDS * 4)
    found = json.loads(report.read_text())
    names = [
        f"{kind} at {one['path']}" for kind, places in found["vulnerabilities"].items() for one in places
    ]
    return "; ".join(sorted(set(names))) or "nothing", found["infos"]["crawled_pages_nbr"]


def sqlmap(tool: str, folder: Path, cookie: str, target: str, *more: str) -> str:
    command = [tool, "-u", target, "--cookie", cookie, "--batch", "--flush-session", "--disable-coloring"]
    command += [
        "--dbms",
        "sqlite",
        "--level",
        "2",
        "--risk",
        "1",
        "--output-dir",
        str(folder / "sqlmap"),
        *more,
    ]
    log = folder / f"sqlmap-{abs(hash((target, more))) % 10**6}.log"
    try:
        subprocess.run(command, stdout=log.open("w"), stderr=subprocess.STDOUT, timeout=SQLMAP_SECONDS)
    except subprocess.TimeoutExpired:
        return f"nothing in {SQLMAP_SECONDS} s (cut)"
    said = log.read_text()
    if "identified the following injection point" in said:
        return "injection at " + ", ".join(sorted(set(re.findall(r"Parameter: (\S+ \(\w+\))", said))))
    return "nothing" if "do not appear to be injectable" in said else f"see {log}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tools", type=Path)
    given = parser.parse_args().tools
    tools = {name: shutil.which(name, path=given and str(given)) for name in ("wapiti", "sqlmap")}
    if missing := [name for name, tool in tools.items() if tool is None]:
        raise SystemExit(
            f"Not found: {', '.join(missing)}. Install wapiti3 and sqlmap and name their folder with --tools."
        )
    folder = Path(tempfile.mkdtemp(prefix="scan-"))
    print(f"{'tool':8} {'signed in as':14} {'looked at':52} found")

    def say(tool: str, role: str, target: str, found: str) -> None:
        print(f"{tool:8} {role:14} {target:52} {found}", flush=True)

    for settings in ("bench.planted.settings", "config.settings"):
        place = folder / settings.split(".")[0]
        place.mkdir()
        planted = settings.startswith("bench")
        with served(place, settings) as (address, known):
            for role in ROLES:
                if planted:
                    found, _ = wapiti(str(tools["wapiti"]), place, address, known[role], "/hole/?q=a")
                    say("wapiti", role, "/hole/?q= (planted)", found)
                    say(
                        "sqlmap",
                        role,
                        "/hole/?q= (planted)",
                        sqlmap(str(tools["sqlmap"]), place, known[role], f"{address}/hole/?q=a"),
                    )
                    continue
                found, pages = wapiti(
                    str(tools["wapiti"]),
                    place,
                    address,
                    known[role],
                    "/" if role == "patient" else "/clinic/",
                )
                say("wapiti", role, f"everything linked, {pages} pages", found)
                for path, *more in targets(role, known["shared"], address):
                    say(
                        "sqlmap",
                        role,
                        f"{path} {'(form)' if more else ''}",
                        sqlmap(str(tools["sqlmap"]), place, known[role], f"{address}{path}", *more),
                    )
    print(f"What the tools wrote: {folder}")


def targets(role: str, shared: str, address: str) -> list[list[str]]:
    """Addresses with what is sent there; forms carry the page's own token."""

    def form(path: str, page: str, data: str) -> list[str]:
        token = ["--csrf-token", "csrfmiddlewaretoken", "--csrf-url", f"{address}{page}"]
        return [path, "--data", f"csrfmiddlewaretoken=x&{data}", *token]

    day = time.strftime("%Y-%m-%d")
    if role == "patient":
        return [
            ["/medicines/?q=aspirin"],
            form(f"/days/{day}/headache/", f"/days/{day}/", "headache=mild"),
            form(
                f"/days/{day}/",
                f"/days/{day}/",
                "headache=mild&pain=3&note=a&migraine=unknown&menstruation=unknown",
            ),
            form("/medicines/add-own/", "/medicines/", "name=Tea&medication_class=other"),
        ]
    sessions = f"/clinic/patients/{shared}/sessions/"
    return [
        ["/clinic/?q=a&page=1"],
        form(sessions, sessions, "date=2026-01-02&product=a&units=155&sites=31&batch=b&note=c"),
    ]


if __name__ == "__main__":
    main()
