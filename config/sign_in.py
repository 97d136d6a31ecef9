"""Who is signed in, with the diary they keep and whether they read others': pages ask for it all, in one query."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Exists, OuterRef

from accounts.models import User
from clinic.access import memberships_of


class Backend(AuthenticationBackend):
    """Sign-in by e-mail and password, as allauth does it."""

    def get_user(self, user_id: Any) -> User | None:
        reads = Exists(memberships_of(OuterRef("pk")))
        people = User.objects.select_related("patient__deletion").annotate(sees_diaries=reads)
        user = people.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
