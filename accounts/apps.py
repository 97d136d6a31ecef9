from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("accounts")

    def ready(self) -> None:
        from allauth.account.signals import authentication_step_completed
        from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset

        from accounts import sessions

        for change in (authenticator_added, authenticator_removed, authenticator_reset):
            change.connect(sessions.factor_changed)
        authentication_step_completed.connect(sessions.step_completed)
