import pytest
from django.db import IntegrityError, transaction

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_email_is_kept_in_one_spelling():
    user = User.objects.create_user(" Ada@Example.ORG ", "a long password")
    assert user.email == "ada@example.org"
    assert User.objects.get_by_natural_key("ADA@example.org") == user


def test_second_account_of_an_email_is_refused_whatever_its_spelling():
    User.objects.create_user("ada@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="Ada@Example.org")])


def test_person_is_called_by_name_or_else_by_email():
    assert str(User(email="ada@example.org", name="Ada")) == "Ada"
    assert str(User(email="ada@example.org")) == "ada@example.org"


def test_account_without_password_cannot_sign_in():
    assert not User.objects.create_user("ada@example.org").has_usable_password()


def test_email_is_tidied_before_it_is_checked():
    user = User(email="Ada@Example.ORG", password="x")
    user.full_clean()
    assert user.email == "ada@example.org"
