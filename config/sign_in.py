"""Who is signed in, with the diary they keep, whether they read others', and whether they choose staff: pages ask for
it all, in one query.
"""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Exists, OuterRef

from accounts.models import User
from clinic.access import managing_memberships_of, memberships_of


class Backend(AuthenticationBackend):
    """Sign-in by e-mail and password, as allauth does it."""

    def get_user(self, user_id: Any) -> User | None:
        reads = Exists(memberships_of(OuterRef("pk")))
        manages = Exists(managing_memberships_of(OuterRef("pk")))
        people = User.objects.select_related("patient").annotate(sees_diaries=reads, manages_staff=manages)
        user = people.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
