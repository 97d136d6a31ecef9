"""docs/operate.md and its files speak of the program as it is."""

import configparser
import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands

from config import gunicorn
from config import settings as our_settings

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "operate"
TEXT = (ROOT / "docs" / "operate.md").read_text()
EXAMPLE = (FOLDER / "environment.example").read_text()
UNITS = sorted(path.name for path in [*FOLDER.glob("*.service"), *FOLDER.glob("*.timer")])
HARDENING = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
    "User": "diary",
}


FAMILIES = ("EMAIL_", "DATABASE_", "SECRET_KEY", "FACTOR_KEY", "TRUSTED_", "SITE_", "ALLOWED_")


def settings_named(text: str) -> set[str]:
    """Names in capitals that are those of a setting, or look as if they were meant to be."""
    words = set(re.findall(r"\b[A-Z][A-Z_]{3,}[A-Z]\b", text))
    return {word for word in words if word in read_by_the_program() or word.startswith(FAMILIES)}


def read_by_the_program() -> set[str]:
    source = (ROOT / "config" / "settings.py").read_text()
    names = set(re.findall(r"env_\w+\(\s*\"([A-Z_]+)\"", source))
    return names | {"SECRET_KEY_FILE", "FACTOR_KEY_FILE", "VAPID_PRIVATE_KEY_FILE"}


def unit(name: str) -> configparser.RawConfigParser:
    class Repeated(dict):  # systemd lets a line stand twice
        def __setitem__(self, key, value):
            if key in self and isinstance(value, list) and isinstance(self[key], list):
                self[key].extend(value)
            else:
                super().__setitem__(key, value)

    parser = configparser.RawConfigParser(dict_type=Repeated, strict=False, delimiters=["="])
    parser.optionxform = str
    parser.read_string((FOLDER / name).read_text())
    return parser


def test_settings_are_those_of_the_program():
    assert settings_named(our_settings.__doc__) == read_by_the_program()
    assert settings_named(TEXT) == read_by_the_program()


def test_example_names_settings_alone():
    assert settings_named(EXAMPLE) <= read_by_the_program()
    assert "DEBUG" not in EXAMPLE


def commands_named() -> set[str]:
    files = [TEXT, (ROOT / "docs" / "backup.md").read_text()]
    files += [(FOLDER / name).read_text() for name in UNITS]
    found = re.findall(
        r"(?:manage\.py|^    diary|&& diary|`diary|run manage) ([a-z_]+)", "\n".join(files), re.MULTILINE
    )
    return set(found)


def unknown(named: set[str]) -> set[str]:
    return named - set(get_commands())


def test_commands_exist():
    named = commands_named()
    assert {"prepare", "collectstatic", "backup", "restore", "check"} <= named
    assert unknown(named) == set()


def test_guard_reports_a_command_that_does_not_exist():
    assert unknown({"backup", "no_such_command"}) == {"no_such_command"}


@pytest.mark.parametrize("name", UNITS)
def test_units_can_be_read(name):
    parser = unit(name)
    assert parser["Unit"]["Description"]
    if name.endswith(".timer"):
        assert parser["Timer"]["OnCalendar"]
        assert f"{name.removesuffix('.timer')}.service" in UNITS
    else:
        program = shlex.split(parser["Service"]["ExecStart"].split("\n")[0])[0]
        assert program.startswith(("/srv/diary/.venv/bin/", "/bin/sh"))
        assert {key: parser["Service"][key] for key in HARDENING} == HARDENING


def days_kept(text: str) -> int:
    """find's `+N` leaves files of N whole days; with one run a night they go a day later, in the course of the next."""
    found = re.search(r"find /var/backups/diary .*-mtime \+(\d+) -delete", text)
    assert found
    return int(found[1]) + 2


def test_backups_are_thrown_away_when_people_are_told():
    text = (FOLDER / "diary-backup.service").read_text()
    assert days_kept(text) <= our_settings.BACKUP_DAYS == 30
    assert "deletes those older than 29 days" in TEXT


def test_guard_reports_backups_that_are_kept_longer():
    unit_text = "ExecStartPost=/usr/bin/find /var/backups/diary -name '*.backup' -mtime +29 -delete"
    assert days_kept(unit_text) > our_settings.BACKUP_DAYS


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_proxies_send_what_the_program_trusts(name):
    text = (FOLDER / name).read_text()
    assert gunicorn.bind in text
    assert re.search(r"X-Forwarded-For (\$remote_addr|\{remote_host\})", text)  # replaced, not appended to
    assert "X-Forwarded-Proto https" in text
    assert "$proxy_add_x_forwarded_for" not in text
    assert "access_log /" not in text
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir()))
def test_files_are_named_on_the_page(name):
    pattern = name.replace("diary", "diary*", 1) if name.startswith("diary") else name
    stem, _, ending = pattern.rpartition(".")
    assert name in TEXT or f"diary*.{ending}" in TEXT, stem
