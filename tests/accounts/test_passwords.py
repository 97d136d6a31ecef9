"""Long rather than odd; nothing that everybody tries first; every character counts."""

import re
import unicodedata

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import Argon2PasswordHasher, get_hasher, identify_hasher
from django.contrib.auth.password_validation import CommonPasswordValidator

from accounts.models import User
from accounts.passwords import OUR_WORDS
from config import settings as real_settings
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


def sign_up(client, password, email="ada.lovelace@example.org"):
    client.post("/accounts/signup/", {"email": email, "password1": password})
    return User.objects.filter(email=email).first()


@pytest.mark.parametrize(
    "password",
    [
        "twelve chars",
        "x7#Qp2!mR9$k",
        "violet kettle",
        "ein langer Satz mit Umlauten: äöüß",
        "пароль который никто не угадает",
        "雪の下の紫の薬缶と十二文字",
        "🫖 🌨 🟣 🫖 🌨 🟣 and so on",
        "   spaces   at both ends   ",
        "l" + "o" * 62 + "ng",
        "sixty-four: " + "ab" * 26,
        "one hundred and twenty-eight: " + "xyz" * 32 + "ab",
    ],
)
def test_accepted_and_nothing_of_it_is_lost(client, password):
    user = sign_up(client, password)
    assert user.check_password(password)
    assert not user.check_password(password[:-1])
    assert not user.check_password(password + "x")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "eleven char",
        "headachediary",
        "HeadacheDiary2026!",
        "my headache diary",
        "migraine-migraine",
        "Botox.Clinic.1",
        "password-password",
        "123456789012",
        "password1234",
        "qwertyuiop123",
        "1q2w3e4r5t6y",
        "ada.lovelace1",
        "ada.lovelace@example.org",
        "999999999999999",
    ],
)
def test_refused(client, password):
    assert sign_up(client, password) is None


def test_our_words_among_others_are_fine(client):
    assert sign_up(client, "headache of a violet kettle")


def test_the_common_ones_are_twenty_thousand():
    assert len(CommonPasswordValidator().passwords) >= 19_000


def test_all_our_words_are_refused(client):
    for number, word in enumerate(OUR_WORDS):
        assert sign_up(client, f"{word}-{word}-{word}", f"person{number}@example.org") is None


@pytest.mark.parametrize("set_as", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("typed_as", ["NFC", "NFD", "NFKC", "NFKD"])
def test_keyboards_compose_characters_differently(client, set_as, typed_as):
    password = "Ångström ﬁnds Öl, zwölf"
    user = sign_up(client, unicodedata.normalize(set_as, password))
    EmailAddress.objects.filter(user=user).update(verified=True)
    typed = unicodedata.normalize(typed_as, password)
    assert authenticate(None, email=user.email, password=typed) == user


@pytest.mark.parametrize(
    ("address", "tokens"),
    [
        ("/accounts/login/", {"login": "email", "password": "current-password"}),
        ("/accounts/signup/", {"email": "email", "password1": "new-password"}),
        ("/accounts/reauthenticate/", {"password": "current-password"}),
        (
            "/accounts/password/change/",
            {"oldpassword": "current-password", "password1": "new-password", "password2": "new-password"},
        ),
    ],
)
def test_a_password_manager_knows_what_to_fill_in_and_may_paste(client, address, tokens):
    if "login" not in address and "signup" not in address:
        client.force_login(User.objects.create_user("ada@example.org", PASSWORD))
    page = client.get(address).content.decode()
    fields = {
        re.search(r'name="(\w+)"', field)[1]: field for field in re.findall(r"<input [^>]*name=[^>]*>", page)
    }
    for name, token in tokens.items():
        assert f'autocomplete="{token}"' in fields[name], fields[name]
        assert "maxlength" not in fields[name] or "password" not in name
    assert "onpaste" not in page
    assert 'autocomplete="off"' not in page


@pytest.mark.parametrize(
    ("current", "changed"), [("", False), ("wrong", False), (PASSWORD[:-1], False), (PASSWORD, True)]
)
def test_the_current_password_is_needed_for_a_new_one(client, current, changed):
    user = User.objects.create_user("ada@example.org", PASSWORD)
    client.force_login(user)
    new = "another kettle under snow"
    client.post("/accounts/password/change/", {"oldpassword": current, "password1": new, "password2": new})
    user.refresh_from_db()
    assert user.check_password(new) == changed


def test_argon2id_with_memory_enough(settings):
    settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS
    user = User.objects.create_user("ada@example.org", PASSWORD)
    shown = get_hasher("argon2").decode(user.password)
    assert shown["variety"] == "argon2id"
    # OWASP, Password Storage Cheat Sheet: at least 19 MiB and 2 rounds.
    assert (shown["memory_cost"] >= 19 * 1024, shown["time_cost"] >= 2) == (True, True)


def test_a_weaker_hash_becomes_argon2_when_somebody_signs_in(settings):
    settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS
    user = User.objects.create_user("ada@example.org")
    user.password = get_hasher("pbkdf2_sha256").encode(PASSWORD, "salt-of-the-test", 1000)
    user.save()
    assert user.check_password(PASSWORD)
    user.refresh_from_db()
    assert isinstance(identify_hasher(user.password), Argon2PasswordHasher)


def test_a_good_hash_is_not_made_again(settings):
    settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS
    user = User.objects.create_user("ada@example.org", PASSWORD)
    before = user.password
    assert user.check_password(PASSWORD)
    user.refresh_from_db()
    assert user.password == before
