"""Whether the time of an answer tells if somebody has an account: pairs of requests, one for each kind of address."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))
PAIRS = int(sys.argv[1]) if len(sys.argv) > 1 else 100
PASSWORD = "violet kettle under snow"  # noqa: S105
KNOWN, UNKNOWN = "known@example.org", "nobody@example.org"


def main() -> None:
    with TemporaryDirectory() as folder:
        os.environ |= {
            "DATA_DIR": folder,
            "SECRET_KEY": "only-for-a-measurement-" * 3,
            "SITE_URL": "https://diary.example.org",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "TRUSTED_PROXY_COUNT": "0",
        }
        import django
        from django.conf import settings

        settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        settings.ACCOUNT_RATE_LIMITS = False
        django.setup()
        measure()


def measure() -> None:
    from allauth.account.models import EmailAddress
    from django.core.management import call_command

    from accounts.models import User

    call_command("prepare", verbosity=0)
    user = User.objects.create_user(KNOWN, PASSWORD)
    EmailAddress.objects.create(user=user, email=KNOWN, verified=True, primary=True)
    forms: dict[str, Callable[[str], tuple[str, dict[str, str]]]] = {
        "login": lambda email: ("/accounts/login/", {"login": email, "password": "wrong password"}),
        "reset": lambda email: ("/accounts/password/reset/", {"email": email}),
        "login code": lambda email: ("/accounts/login/code/", {"email": email}),
    }
    print(
        f"{PAIRS} pairs, medians in milliseconds\n\n| form | account | none | difference |\n| --- | --- | --- | --- |"
    )
    for name, form in forms.items():
        seconds(*form(KNOWN))
        pairs = [(seconds(*form(KNOWN)), seconds(*form(UNKNOWN))) for _ in range(PAIRS)]
        there, nobody = (1000 * median(side) for side in zip(*pairs, strict=True))
        print(f"| {name} | {there:.1f} | {nobody:.1f} | {100 * (there - nobody) / nobody:+.1f} % |")


def seconds(address: str, form: dict[str, str]) -> float:
    from django.test import Client

    client = Client(SERVER_NAME="diary.example.org")
    started = time.perf_counter()
    client.post(address, form, secure=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
