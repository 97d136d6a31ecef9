"""Reads settings from the environment. A missing or bad value stops the start and says what to do."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SHORTEST_KEY = 32
HOST_NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
ON_THIS_MACHINE = ("", "localhost", "127.0.0.1", "::1")


def env_text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def env_flag(name: str, default: bool = False) -> bool:
    value = env_text(name, "on" if default else "off").lower()
    if value in {"on", "true", "yes", "1"}:
        return True
    if value in {"off", "false", "no", "0"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: write on or off.")


def env_int(name: str, default: int) -> int:
    value = env_text(name, str(default))
    if not (value.isascii() and value.isdigit()):
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number, such as {default}.")
    return int(value)


def env_list(name: str, default: list[str]) -> list[str]:
    values = [part.strip() for part in env_text(name).split(",")]
    return [value for value in values if value] or default


def env_address(name: str, default: str) -> str:
    value = env_text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise ImproperlyConfigured(f"{name} is {value!r}: write it like https://diary.example.org")
    return value


def env_secret(name: str, fallback_file: Path) -> str:
    """The secret itself, or the content of the file that NAME_FILE or the fallback names."""
    file = Path(env_text(f"{name}_FILE", str(fallback_file)))
    secret = env_text(name) or (file.read_text().strip() if file.is_file() else "")
    if not secret:
        raise ImproperlyConfigured(
            f"{name} is missing: set it to at least 50 random characters, or name a file that holds them "
            f"in {name}_FILE. For a demonstration start ./run, which makes one in {fallback_file}."
        )
    if len(secret) < SHORTEST_KEY:
        raise ImproperlyConfigured(f"{name} is too short: use at least 50 random characters.")
    return secret


def env_optional_secret(name: str, fallback_file: Path) -> str:
    """The same, or nothing where the fallback file is not there yet."""
    named = env_text(f"{name}_FILE")
    if named and not Path(named).is_file():
        raise ImproperlyConfigured(f"{name}_FILE is {named!r}: there is no such file.")
    file = Path(named) if named else fallback_file
    return env_text(name) or (file.read_text().strip() if file.is_file() else "")


def env_hosts(name: str, default: list[str]) -> list[str]:
    """Host names in small letters, `*.` in front for all below one; never an address in numbers, never all hosts."""
    hosts = env_list(name, default)
    for host in hosts:
        if not HOST_NAME.fullmatch(host):
            raise ImproperlyConfigured(
                f"{name} has {host!r}: write host names such as push.example.org or *.push.example.org"
            )
    return hosts


def env_choice(name: str, choices: tuple[str, ...]) -> str:
    """One of the choices; the first one unless something else is set."""
    value = env_text(name, choices[0]).lower()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}: write {' or '.join(choices)}.")
    return value


def env_secrets(name: str, default: str) -> list[str]:
    """Secrets in NAME or in the file that NAME_FILE names, separated by commas or lines."""
    file = env_text(f"{name}_FILE")
    if file and not Path(file).is_file():
        raise ImproperlyConfigured(f"{name}_FILE is {file!r}: there is no such file.")
    text = env_text(name) or (Path(file).read_text() if file else default)
    secrets = [part.strip() for part in text.replace(",", "\n").splitlines() if part.strip()]
    if not secrets or min(map(len, secrets)) < SHORTEST_KEY:
        raise ImproperlyConfigured(f"{name} is too short: use at least 50 random characters for each key.")
    return secrets


def postgres(url: str) -> dict[str, Any]:
    """postgres://user:password@host:5432/name?sslmode=… ; a socket's folder is given as ?host=/folder."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured(
            "DATABASE_URL must look like postgres://user:password@host:5432/name; leave it out to use SQLite."
        )
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = query.pop("host", parts.hostname or "")
    on_this_machine = host.startswith("/") or host in ON_THIS_MACHINE
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": {} if on_this_machine else {"sslmode": "verify-full", **query},
    }
