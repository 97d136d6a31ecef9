import pytest

from accounts.models import User
from config import settings
from tests.cast import PASSWORD, with_password

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return with_password(User.objects.create_user("ada@example.org"))


def sign_in(client, email, password=PASSWORD):
    return client.post("/accounts/login/", {"login": email, "password": password})


@pytest.mark.parametrize("spelling", ["ada@example.org", "Ada@Example.ORG"])
def test_sign_in_by_email(client, ada, spelling):
    response = sign_in(client, spelling)
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_wrong_password_is_refused(client, ada):
    assert sign_in(client, ada.email, "wrong horse battery").status_code == 200
    assert "_auth_user_id" not in client.session


def test_unverified_person_is_sent_a_code_first(client, mailoutbox):
    response = client.post("/accounts/signup/", {"email": "New@Example.org", "password1": PASSWORD})
    assert response.url == "/accounts/confirm-email/"
    assert "_auth_user_id" not in client.session
    assert [mail.to for mail in mailoutbox] == [["new@example.org"]]


def test_sign_up_tells_nobody_that_an_account_exists(client, ada, mailoutbox):
    taken = client.post("/accounts/signup/", {"email": ada.email, "password1": PASSWORD})
    client.cookies.clear()
    free = client.post("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD})
    assert (taken.status_code, taken.url) == (free.status_code, free.url)


@pytest.mark.parametrize("password", ["short", "password1234", "ada.lovelace@example.org"])
def test_weak_password_is_refused(client, password):
    response = client.post("/accounts/signup/", {"email": "ada.lovelace@example.org", "password1": password})
    assert response.status_code == 200
    assert not User.objects.exists()


def test_sixth_wrong_password_is_not_even_tried(client, ada):
    for _ in range(5):
        sign_in(client, ada.email, "wrong horse battery")
    sign_in(client, ada.email)
    assert "_auth_user_id" not in client.session


def test_argon2_comes_first_outside_the_tests():
    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
