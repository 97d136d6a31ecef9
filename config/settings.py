"""All settings, in one file. What differs between installations is read from these environment variables:

DEBUG                 on for the demonstration and for development only (./run turns it on); default off
SITE_URL              the address people type, such as https://diary.example.org
ALLOWED_HOSTS         comma-separated host names; default: the host of SITE_URL
SECRET_KEY            at least 50 random characters, or
SECRET_KEY_FILE       the file that holds them; default DATA_DIR/secret_key
FACTOR_KEY            keys that encrypt the seeds of second factors, each at least 50 random characters, separated by
                      commas or lines: the first encrypts, all decrypt. To change it, put a new one in front; or
FACTOR_KEY_FILE       the file that holds them; default: derived from SECRET_KEY, which then must never change
REQUIRE_SECOND_FACTOR off lets staff in without a second factor, for a demonstration only; default on, with DEBUG off
SIGN_UP               open (default), or invited: then only who comes with an invitation can make an account
DATA_DIR              where the SQLite database and the collected static files live; default var/
DATABASE_URL          postgres://user:password@host:5432/name; default: SQLite in DATA_DIR
DATABASE_POOL_SIZE    the most PostgreSQL connections that one process keeps; default 8
TRUSTED_PROXY_COUNT   proxies in front that set X-Forwarded-For and -Proto, usually 1; default 0, for the
                      demonstration alone
TIME_ZONE             the clinic's zone, such as Europe/Berlin (every patient has their own); default UTC
BACKUP_DAYS           for how many days backups are kept: people who delete their diary are told; default 30
TREATMENT_RECORDS_YEARS
                      how long the clinics must keep the record of treatments after the last one, when the patient
                      deletes the diary; default 0: injections are deleted with it
VAPID_PRIVATE_KEY     the key by which push services know this server, as `manage.py prepare` makes it, or
VAPID_PRIVATE_KEY_FILE
                      the file that holds it; default DATA_DIR/vapid_key
PUSH_SERVICES         comma-separated hosts that notifications may go to, *. in front for all below one; default: those
                      of Chrome, Firefox, Safari and Edge
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL, DEFAULT_FROM_EMAIL
                      the mail server for sign-in codes and reminders; with DEBUG mail is printed instead
"""

import sqlite3
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.environment import (
    env_address,
    env_choice,
    env_flag,
    env_hosts,
    env_int,
    env_list,
    env_optional_secret,
    env_secret,
    env_secrets,
    env_text,
    postgres,
)

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env_text("DATA_DIR", str(BASE_DIR / "var")))
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG = env_flag("DEBUG")
TESTING = "pytest" in sys.modules
IN_PRODUCTION = not DEBUG and not TESTING

# --- Who we are ---------------------------------------------------------------------------------

LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
SITE_URL = env_address("SITE_URL", "http://localhost:8000")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", [urlsplit(SITE_URL).hostname or "localhost"])
if DEBUG and not set(ALLOWED_HOSTS) <= {*LOCAL_HOSTS, ".localhost"}:
    raise ImproperlyConfigured(
        "DEBUG shows internals to anybody: turn it off to serve another host than localhost."
    )
if DEBUG:
    ALLOWED_HOSTS = LOCAL_HOSTS

SECRET_KEY = "only-for-tests-" * 4 if TESTING else env_secret("SECRET_KEY", DATA_DIR / "secret_key")
FACTOR_KEYS = [SECRET_KEY] if TESTING else env_secrets("FACTOR_KEY", SECRET_KEY)

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "clinic.apps.ClinicConfig",
    "diary.apps.DiaryConfig",
    "accounts.apps.AccountsConfig",
    "config.apps.ProjectConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "config.logs.one_line_per_request",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Above WhiteNoise, so that static files carry these headers too.
    "csp.middleware.CSPMiddleware",
    "config.middleware.response_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.PagesCompressed",
    "config.middleware.ForgivingSessions",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.sessions.SessionLimits",
    "config.middleware.SignInRequired",
    "config.second_factor.SecondFactorRequired",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.middleware.BusyDatabaseMiddleware",
    "config.middleware.plain_refusals",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.context_processors.navigation",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Data ---------------------------------------------------------------------------------------

# In WAL mode SQLite up to 3.51.2 can corrupt a database; three releases carry the repair.
_sqlite = sqlite3.sqlite_version_info
WAL_IS_SAFE = _sqlite >= (3, 51, 3) or (3, 50, 7) <= _sqlite < (3, 51) or (3, 44, 6) <= _sqlite < (3, 45)

SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA_DIR / "diary.sqlite3",
    "OPTIONS": {
        "timeout": 5,
        # With DEFERRED, four requests in five failed as "locked" once sixteen people wrote at a time.
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            f"PRAGMA journal_mode={'WAL' if WAL_IS_SAFE else 'TRUNCATE'};"
            "PRAGMA synchronous=FULL;"  # what was confirmed to a patient is on the disk
            "PRAGMA recursive_triggers=ON;"  # REPLACE must not slip past append-only tables
            "PRAGMA secure_delete=ON;"
            "PRAGMA cell_size_check=ON;"
            "PRAGMA temp_store=MEMORY;"
            "PRAGMA mmap_size=0;"
        ),
    },
}


def postgresql(url: str) -> dict[str, Any]:
    database = postgres(url)
    database["CONN_HEALTH_CHECKS"] = True
    database["OPTIONS"] |= {
        "pool": {"min_size": 1, "max_size": env_int("DATABASE_POOL_SIZE", 8), "timeout": 5},
        "connect_timeout": 5,
        "application_name": "diary",
        "options": (
            "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=15000"
        ),
    }
    return database


DATABASE_URL = env_text("DATABASE_URL")
DATABASES = {"default": postgresql(DATABASE_URL) if DATABASE_URL else SQLITE}

# Sign-in limits live in the cache: it must be shared by all processes and too large to be flooded.
CACHES = {
    "default": {
        "BACKEND": "config.limits.CountingDatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000, "CULL_FREQUENCY": 10},
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# A month of a paper diary is the largest form: 31 days, each with its word, twelve medicines and the period.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 2
FILE_UPLOAD_HANDLERS = ["config.uploads.SmallFiles"]

# --- People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["config.sign_in.Backend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "front_door"
LOGOUT_REDIRECT_URL = "account_login"

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.OurWordsValidator"},
]

SIGN_UP = env_choice("SIGN_UP", ("open", "invited"))
REQUIRE_SECOND_FACTOR = env_flag("REQUIRE_SECOND_FACTOR", not DEBUG)

ACCOUNT_ADAPTER = "config.sign_in.Adapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.SignUpForm",
    "reset_password": "accounts.forms.ResetForm",
    "request_login_code": "accounts.forms.CodeByEmailForm",
    "add_email": "accounts.forms.AddressForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "none" if DEBUG else "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = not DEBUG
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# The library's own limits, but that whoever only looks at the page is counted too: hence not five. A copy of a diary
# is made in memory.
ACCOUNT_RATE_LIMITS = {"change_password": "10/m/user", "take_copy": "3/h/user"}

MFA_ADAPTER = "accounts.adapters.FactorAdapter"
MFA_FORMS = {
    "add_webauthn": "accounts.forms.PasskeyForm",
    "login_webauthn": "accounts.forms.LoginForm",
    "authenticate_webauthn": "accounts.forms.FactorForm",
    "reauthenticate_webauthn": "accounts.forms.AgainForm",
}
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 0
MFA_TOTP_ISSUER = "Headache Diary"
# A browser makes passkeys over plain http at localhost alone, where the demonstration is.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
MFA_ALLOW_UNVERIFIED_EMAIL = DEBUG
USERSESSIONS_ADAPTER = "accounts.adapters.DeviceAdapter"

SESSION_COOKIE_AGE = 30 * 24 * 60 * 60
# Messages can name a day or a medicine, and a cookie is readable on the device.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Leaving ------------------------------------------------------------------------------------

BACKUP_DAYS = env_int("BACKUP_DAYS", 30)
TREATMENT_RECORDS_YEARS = env_int("TREATMENT_RECORDS_YEARS", 0)

# --- Reminders ----------------------------------------------------------------------------------

# Empty before the first `prepare`: then the page of reminders offers no notifications.
VAPID_KEY_FILE = DATA_DIR / "vapid_key"
VAPID_PRIVATE_KEY = "" if TESTING else env_optional_secret("VAPID_PRIVATE_KEY", VAPID_KEY_FILE)
# A browser names the address that its notifications go to: without this list we would send wherever it says.
PUSH_SERVICES = env_hosts(
    "PUSH_SERVICES",
    [
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "*.push.services.mozilla.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    ],
)

# --- The web ------------------------------------------------------------------------------------

TRUSTED_PROXY_COUNT = env_int("TRUSTED_PROXY_COUNT", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SECURE_SSL_REDIRECT = IN_PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
if not DEBUG:
    SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# A __Host- cookie needs Secure, which some browsers refuse over the plain http of the demonstration.
_cookie = "" if DEBUG else "__Host-"
SESSION_COOKIE_NAME = f"{_cookie}session"
CSRF_COOKIE_NAME = f"{_cookie}csrf"
LANGUAGE_COOKIE_NAME = f"{_cookie}language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Static files -------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static" if IN_PRODUCTION else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nothing is uploaded to keep
    "staticfiles": {
        "BACKEND": "config.static_files.HashedStaticFiles"
        if IN_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not IN_PRODUCTION
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- Language and time --------------------------------------------------------------------------

USE_I18N = True
# British dates and weeks; other English readers get the same until their own is added.
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = env_text("TIME_ZONE", "UTC")

# --- Mail and log -------------------------------------------------------------------------------

EMAIL_BACKEND = f"django.core.mail.backends.{'console' if DEBUG else 'smtp'}.EmailBackend"
EMAIL_HOST = env_text("EMAIL_HOST")
EMAIL_PORT = env_int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env_text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env_text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env_flag("EMAIL_USE_TLS")
EMAIL_USE_SSL = env_flag("EMAIL_USE_SSL")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_text("DEFAULT_FROM_EMAIL", f"diary@{urlsplit(SITE_URL).hostname}")

# One line per request and whatever goes wrong; config/logs.py keeps what people wrote out of it.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": f"config.logs.{'ReadableLine' if DEBUG else 'JSONLine'}"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        # A refusal has its line already; this one would add nothing but an address.
        "django.request": {"level": "ERROR"},
        "diary": {"level": "INFO"},
        "gunicorn.error": {"handlers": ["console"], "propagate": False},
    },
}
