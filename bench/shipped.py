"""The diary as a clinic runs it, on this machine alone: gunicorn as in the unit, behind the shipped nginx site, and a
browser that finds it under its own name.
"""

import base64
import contextlib
import hashlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: E402
from playwright.sync_api import BrowserContext, sync_playwright  # noqa: E402

from tests.conftest import CHROMIUM_ARGUMENTS, PHONE, chromium  # noqa: E402
from tests.reliability.installation import Installation, free_port, installed  # noqa: E402

HOST = "diary.example.org"
HOME = f"https://{HOST}"
SENT = "sent.log"
WEIGHT = "log_format weight '$bytes_sent $body_bytes_sent $http_sec_fetch_dest $http_referer $request_uri';"
"""What went over the wire for each request, headers included, and by what it was asked for."""
SIGN_IN = """
import json
from django.conf import settings
from accounts.demonstration import ACCOUNTS
from accounts.models import User
from clinic.models import CareLink
from tests.cast import add_factor, signed_in
add_factor(User.objects.get(email=ACCOUNTS[1]))
found = {"link": CareLink.objects.order_by("pk").values_list("pk", flat=True)[0]}
for role, email in zip(("patient", "clinician"), ACCOUNTS):
    found[role] = signed_in(User.objects.get(email=email)).cookies[settings.SESSION_COOKIE_NAME].value
print(json.dumps(found | {"cookie": settings.SESSION_COOKIE_NAME}))
"""


@contextlib.contextmanager
def nginx(folder: Path, behind: int, log_format: str = "") -> Iterator[int]:
    """The shipped site, with a certificate and ports of its own. `log_format`: also writes `sent.log`."""
    port = free_port()
    pair = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", f"/CN={HOST}"]
    openssl = shutil.which("openssl") or "openssl"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *pair],
        check=True,
        capture_output=True,
    )
    site = (ROOT / "docs" / "operate" / "nginx.conf").read_text()
    site = re.sub(r"/etc/letsencrypt/live/\S+/fullchain.pem", str(folder / "cert.pem"), site)
    site = re.sub(r"/etc/letsencrypt/live/\S+/privkey.pem", str(folder / "key.pem"), site)
    site = site.replace("/var/log/nginx", str(folder)).replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    site = re.sub(r"listen \[::\].*", "", site).replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    site = site.replace("listen 443", f"listen 127.0.0.1:{port}")
    # All visitors come from one address here; from outside this limit would stop most of the slow ones.
    site = site.replace("limit_conn diary 40;", "")
    if log_format:
        site = site.replace("access_log off;", f"access_log {folder}/{SENT} weight;")
    (folder / "site.conf").write_text(site)
    main = f"pid {folder}/nginx.pid; daemon off; error_log {folder}/error.log; worker_processes 1;"
    (folder / "nginx.conf").write_text(
        f"{main} events {{ worker_connections 1024; }} http {{ {log_format} include {folder}/site.conf; }}"
    )
    process = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-c", folder / "nginx.conf"])
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def connected(port: int, encrypted: bool) -> socket.socket:
    plain = socket.create_connection(("127.0.0.1", port), timeout=30)
    if not encrypted:
        return plain
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=HOST)


@dataclass
class Diary:
    """The demonstration, served. `people`: session cookies by role; `link`: a patient of the clinic."""

    folder: Path
    installation: Installation
    port: int
    people: dict[str, str]

    @property
    def certificate(self) -> str:
        made = x509.load_pem_x509_certificate((self.folder / "cert.pem").read_bytes())
        key = made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(key).digest()).decode()

    @property
    def patient_page(self) -> str:
        return f"/clinic/patients/{self.people['link']}/"

    @contextlib.contextmanager
    def browser(self, role: str, *arguments: str) -> Iterator[BrowserContext]:
        """A browser that was never here, in which somebody is signed in."""
        disk = self.folder / f"browser-{time.monotonic_ns()}"
        more = [
            f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{self.port}",
            # As a certificate that is trusted: with an error that is only ignored, nothing is kept in the cache.
            f"--ignore-certificate-errors-spki-list={self.certificate}",
            *arguments,
        ]
        with sync_playwright() as playwright:
            context = playwright.chromium.launch_persistent_context(
                disk,
                executable_path=chromium(),
                args=[*CHROMIUM_ARGUMENTS, *more],
                base_url=HOME,
                locale="en-GB",
                timezone_id="Europe/London",
                **PHONE,
            )
            value, soon = self.people[role], time.time() + 3600
            context.add_cookies(
                [
                    {
                        "name": self.people["cookie"],
                        "value": value,
                        "url": HOME,
                        "expires": soon,
                        "secure": True,
                    }
                ]
            )
            try:
                yield context
            finally:
                context.close()

    def sent(self) -> list[tuple[int, int, str, str, str]]:
        """What nginx sent since the last call: bytes, those of the body, what for, referer, address."""
        time.sleep(0.3)
        log = self.folder / SENT
        lines = log.read_text().splitlines()
        log.write_text("")
        parts = [line.split(" ", 4) for line in lines]
        return [(int(whole), int(body), *rest) for whole, body, *rest in parts]  # type: ignore[misc]


@contextlib.contextmanager
def demonstration(folder: Path, **more: str) -> Iterator[Diary]:
    with installed(folder / "installation", **more) as installation:
        installation.manage("demo")
        code, said = installation.run("manage.py", "shell", "--no-imports", "-c", SIGN_IN)
        if code:
            sys.exit(said)
        installation.serve()
        with nginx(folder, installation.port, WEIGHT) as port:
            time.sleep(0.5)
            yield Diary(folder, installation, port, json.loads(said.splitlines()[-1]))
