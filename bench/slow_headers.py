"""200 visitors who send their headers one byte at a time, and one who just wants a page: how long does that one wait?

Starts the real gunicorn with config/gunicorn.py and the real nginx with docs/operate/nginx.conf, on this machine alone,
and asks both: the server directly, and through the proxy.
"""

import contextlib
import http.client
import multiprocessing
import socket
import statistics
import tempfile
import time
from pathlib import Path

from shipped import connected, nginx

from tests.reliability.installation import FROM_PROXY, installed

SLOW = 200
PROBES = 15
TOO_LONG = 5


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
