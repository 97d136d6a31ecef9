from django.urls import path

from accounts import views

urlpatterns = [
    path("theme/", views.theme, name="theme"),
    path("accounts/", views.account, name="account"),
    # In place of the library's view of this address and name.
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", views.remove_passkey, name="mfa_remove_webauthn"),
]
