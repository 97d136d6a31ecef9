"""Who is signed in, with the diary they keep: nearly every page asks for both, so they come in one query."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User


class Backend(AuthenticationBackend):
    """Sign-in by e-mail and password, as allauth does it."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("patient").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
