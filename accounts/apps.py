from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("accounts")

    def ready(self) -> None:
        from allauth.account.signals import (
            authentication_step_completed,
            password_changed,
            password_set,
        )
        from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset

        from accounts import sessions

        for change in (authenticator_added, authenticator_removed, authenticator_reset):
            change.connect(sessions.factor_changed)
        # Before the library's own list of devices hears of it and begins a new entry.
        for change in (password_changed, password_set):
            change.connect(sessions.password_changed)
        authentication_step_completed.connect(sessions.step_completed)
