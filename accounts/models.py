"""Who signs in, and who saw whose record."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.passwords import normalised

SECOND_FACTORS = ("totp", "webauthn")
"""What counts as a second factor. Recovery codes help out where one is lost; alone they are none."""


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=self.normalize_email(email))

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """One spelling a person: mail servers ignore case, and people do too."""
        return (email or "").strip().lower()


class User(AbstractBaseUser, PermissionsMixin):
    """A person with a sign-in. `pseudonym` stands for them where a record must outlive their account."""

    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("An account with this e-mail address exists already.")},
    )
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    pseudonym = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    date_joined = models.DateTimeField(_("date joined"), default=timezone.now, editable=False)
    # Part of what a session is checked against: the next number ends all sessions. See accounts/sessions.py.
    session_generation = models.PositiveIntegerField(default=0, editable=False)

    # config/sign_in.py finds these out for whoever is signed in, in the query that fetches the person.
    works_at_clinic: bool
    has_second_factor: bool
    has_carer: bool
    is_carer: bool

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_per_email")]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        super().clean()
        self.email = User.objects.normalize_email(self.email)

    def get_short_name(self) -> str:
        return str(self)

    def addresses(self) -> set[str]:
        """All their e-mail addresses, confirmed or not, in small letters."""
        return {self.email.lower(), *(found.email.lower() for found in self.emailaddress_set.all())}

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password if raw_password is None else normalised(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(raw_password if raw_password is None else normalised(raw_password))

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """As Django's, which ends sessions when the password changes, with the number above added."""
        held = f"{self.password}:{self.session_generation}"
        return salted_hmac("accounts.User.session", held, secret=secret, algorithm="sha256").hexdigest()


class AuditEntry(models.Model):
    """Who saw or changed whose record, and when; never what is in it. Written once: the database refuses the rest.

    `number` counts from 1 without a gap. `actor` and `subject` are the pseudonyms of a user and of a patient, `None`
    where nobody was signed in or no patient was meant. `clinic` and `care_link` are row numbers, `None` for a
    patient's own acts. `digest` is over the entry and the digest before it.
    """

    class Action(models.TextChoices):
        LISTED = "listed", _("saw the name in the list of patients")
        VIEWED = "viewed", _("read the diary")
        CHANGED = "changed", _("changed the clinic's record")
        EXPORTED = "exported", _("took a copy")
        CONSENTED = "consented", _("was let in")
        WITHDREW = "withdrew", _("access was ended")
        STAFFED = "staffed", _("changed who works at the clinic")
        DENIED = "denied", _("was refused")
        ERASED = "erased", _("the diary was deleted")

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=16, choices=Action.choices)
    actor = models.UUIDField(null=True)
    subject = models.UUIDField(null=True)
    clinic = models.BigIntegerField(null=True)
    care_link = models.BigIntegerField(null=True)
    route = models.CharField(max_length=64, blank=True)
    request = models.CharField(max_length=64, blank=True)
    detail = models.CharField(max_length=120, blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = (models.Index("subject", "at", name="audit_subject"),)

    def __str__(self) -> str:
        return f"{self.number}: {self.action}"
