"""Who is signed in, with what nearly every page asks: the diary they keep, whether they are staff, read others' and
choose staff. All in one query.
"""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest

from accounts.adapters import AccountAdapter
from accounts.models import SECOND_FACTORS, User
from clinic import invitations
from clinic.access import leading_memberships_of, managing_memberships_of, memberships_of
from clinic.models import Membership
from diary.models import Carer, PushSubscription

THEIRS = {"user": OuterRef("pk")}
WORKS_AT_CLINIC = Q(is_superuser=True) | Q(Exists(Membership.objects.filter(**THEIRS)))
HAS_SECOND_FACTOR = Exists(Authenticator.objects.filter(**THEIRS, type__in=SECOND_FACTORS))
READS_DIARIES = Exists(memberships_of(OuterRef("pk")))
MANAGES_STAFF = Exists(managing_memberships_of(OuterRef("pk")))
LEADS_CLINIC = Exists(leading_memberships_of(OuterRef("pk")))
HAS_CARER = Exists(Carer.objects.lasting().filter(patient__user=OuterRef("pk")))
IS_CARER = Exists(Carer.objects.lasting().filter(**THEIRS))


# Put together once: for nearly every request, that took as long as asking the database.
PEOPLE = User.objects.select_related("patient__deletion").annotate(
    works_at_clinic=WORKS_AT_CLINIC,
    has_second_factor=HAS_SECOND_FACTOR,
    sees_diaries=READS_DIARIES,
    manages_staff=MANAGES_STAFF,
    leads_clinic=LEADS_CLINIC,
    has_carer=HAS_CARER,
    is_carer=IS_CARER,
)


class Adapter(AccountAdapter):
    """Where accounts are for the invited alone, the invitation must still be open."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGN_UP == "open" or invitations.held(request) is not None

    def logout(self, request: HttpRequest) -> None:
        """A device that nobody is signed in on shows nobody's reminders."""
        PushSubscription.objects.of_session(request.session.session_key).delete()
        super().logout(request)


class Backend(AuthenticationBackend):
    """Sign-in by e-mail and password, as allauth does it."""

    def get_user(self, user_id: Any) -> User | None:
        user = PEOPLE.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
