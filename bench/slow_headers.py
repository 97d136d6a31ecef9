"""200 visitors who send their headers one byte at a time, and one who just wants a page: how long does that one wait?

Starts the real gunicorn with config/gunicorn.py and the real nginx with docs/operate/nginx.conf, on this machine alone,
and asks both: the server directly, and through the proxy.
"""

import contextlib
import http.client
import multiprocessing
import re
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.reliability.installation import FROM_PROXY, free_port, installed  # noqa: E402

SLOW = 200
PROBES = 15
TOO_LONG = 5


@contextlib.contextmanager
def nginx(folder: Path, behind: int) -> Iterator[int]:
    """The shipped site, with a certificate and ports of its own."""
    port = free_port()
    pair = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=diary.example.org"]
    subprocess.run(
        [
            shutil.which("openssl") or "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            *pair,
        ],
        check=True,
        capture_output=True,
    )
    site = (ROOT / "docs" / "operate" / "nginx.conf").read_text()
    site = re.sub(r"/etc/letsencrypt/live/\S+/fullchain.pem", str(folder / "cert.pem"), site)
    site = re.sub(r"/etc/letsencrypt/live/\S+/privkey.pem", str(folder / "key.pem"), site)
    site = site.replace("/var/log/nginx", str(folder)).replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    site = re.sub(r"listen \[::\].*", "", site).replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    site = site.replace("listen 443", f"listen 127.0.0.1:{port}")
    # All slow visitors come from one address here; from outside this limit would stop most of them.
    site = site.replace("limit_conn diary 40;", "")
    (folder / "site.conf").write_text(site)
    main = f"pid {folder}/nginx.pid; daemon off; error_log {folder}/error.log; worker_processes 1;"
    (folder / "nginx.conf").write_text(
        f"{main} events {{ worker_connections 1024; }} http {{ include {folder}/site.conf; }}"
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
    return context.wrap_socket(plain, server_hostname="diary.example.org")


def dribble(port: int, encrypted: bool, slow: int) -> None:
    """All the slow visitors in one loop of a process of their own, so that they take no time from the probes."""
    line = b"GET /accounts/login/ HTTP/1.1\r\nHost: diary.example.org\r\nX-Slow: " + b"x" * 10_000
    visitors: list[tuple[socket.socket, int] | None] = [None] * slow
    while True:
        for place, visitor in enumerate(visitors):
            try:
                connection, sent = visitor or (connected(port, encrypted), 0)
                connection.send(line[sent : sent + 1])
                visitors[place] = connection, sent + 1
            except OSError:
                visitors[place] = None
        time.sleep(0.5)


def probe(port: int, encrypted: bool) -> float | None:
    began = time.perf_counter()
    try:
        with contextlib.closing(connected(port, encrypted)) as ordinary:
            ordinary.settimeout(TOO_LONG)
            headers = "".join(f"{name}: {value}\r\n" for name, value in FROM_PROXY.items())
            ordinary.sendall(f"GET /accounts/login/ HTTP/1.1\r\n{headers}Connection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(ordinary)
            answer.begin()
            answer.read()
            return time.perf_counter() - began if answer.status == 200 else None
    except OSError:
        return None


def measured(title: str, port: int, encrypted: bool) -> None:
    for slow in (0, SLOW):
        crowd = multiprocessing.Process(target=dribble, args=[port, encrypted, slow], daemon=True)
        crowd.start()
        time.sleep(4 if slow else 0)
        waits = []
        for _ in range(PROBES):
            waits.append(probe(port, encrypted))
            time.sleep(0.2)
        crowd.kill()
        crowd.join()
        answered = [wait * 1000 for wait in waits if wait is not None]
        figures = (
            f"median {statistics.median(answered):.0f} ms, longest {max(answered):.0f} ms" if answered else ""
        )
        print(
            f"{title}, {slow} slow connections: {len(answered)} of {PROBES} answered; {figures}", flush=True
        )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, installed(Path(folder) / "installation") as installation:
        installation.serve()
        measured("gunicorn alone", installation.port, encrypted=False)
        with nginx(Path(folder), installation.port) as port:
            while probe(port, encrypted=True) is None:
                time.sleep(0.1)
            measured("behind nginx", port, encrypted=True)


if __name__ == "__main__":
    main()
