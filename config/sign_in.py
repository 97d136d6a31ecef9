"""Who is signed in, with what nearly every page asks: the diary they keep, and whether they are staff."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q

from accounts.models import SECOND_FACTORS, User
from clinic.models import Membership

THEIRS = {"user": OuterRef("pk")}
WORKS_AT_CLINIC = Q(is_superuser=True) | Q(Exists(Membership.objects.filter(**THEIRS)))
HAS_SECOND_FACTOR = Exists(Authenticator.objects.filter(**THEIRS, type__in=SECOND_FACTORS))


class Backend(AuthenticationBackend):
    """Sign-in by e-mail and password, as allauth does it."""

    def get_user(self, user_id: Any) -> User | None:
        people = User.objects.select_related("patient").annotate(
            works_at_clinic=WORKS_AT_CLINIC, has_second_factor=HAS_SECOND_FACTOR
        )
        user = people.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
