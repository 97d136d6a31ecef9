"""A network between a phone and the server that comes and goes, stalls, loses answers and lies."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

UP, DOWN, STALLED, LOSES_ANSWERS, ASKS_FOR_MONEY = "up", "down", "stalled", "loses answers", "asks for money"
HOTEL = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 21\r\nConnection: close\r\n\r\n"
    b"<h1>Pay for Wi-Fi</h1>"[:21]
)


class Network:
    """Listens at a port of its own and carries what comes there to the server, as its `state` allows.

    What is open when the state changes is cut. `lost`: how many answers to what a phone sent never arrived.
    """

    def __init__(self, server: int) -> None:
        self.server = server
        self.lost = 0
        self._state = UP
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def state(self) -> str:
        return self._state

    @state.setter
    def state(self, state: str) -> None:
        with self._lock:
            self._state = state
            for connection in self._open:
                cut(connection)
            self._open.clear()

    def close(self) -> None:
        self._listener.close()
        self.state = DOWN

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(connection,), daemon=True).start()

    def _carry(self, phone: socket.socket) -> None:
        with self._lock:
            state = self._state
            self._open.add(phone)
        if state == DOWN:
            cut(phone)
        elif state == ASKS_FOR_MONEY:
            with contextlib.suppress(OSError):
                phone.recv(65536)
                phone.sendall(HOTEL)
            phone.close()
        elif state != STALLED:
            self._connect(phone)

    def _connect(self, phone: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.server))
        except OSError:
            cut(phone)
            return
        with self._lock:
            self._open.add(server)
        sending = threading.Event()
        threading.Thread(target=self._answers, args=(server, phone, sending), daemon=True).start()
        for data in received(phone):
            if data.startswith(b"POST /sync/"):
                sending.set()
            with contextlib.suppress(OSError):
                server.sendall(data)
        cut(server)

    def _answers(self, server: socket.socket, phone: socket.socket, sending: threading.Event) -> None:
        for data in received(server):
            if self._state == LOSES_ANSWERS and sending.is_set():
                self.lost += 1
                break
            with contextlib.suppress(OSError):
                phone.sendall(data)
        cut(phone)


def received(connection: socket.socket) -> Iterator[bytes]:
    with contextlib.suppress(OSError):
        while data := connection.recv(65536):
            yield data


def cut(connection: socket.socket) -> None:
    """As a network does that goes away: no goodbye."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        connection.close()
