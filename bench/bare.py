"""A signed-in page and a saved row with stock Django and nothing of ours: what bench/server_time.py compares with."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path

MIDDLEWARE = [
    "bare.OwnAddresses",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


class Row(models.Model):  # noqa: DJ008  (nobody reads it)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    text = models.CharField(max_length=100)

    class Meta:
        app_label = "bare"


class OwnAddresses:
    def __init__(self, get_response):  # type: ignore[no-untyped-def]
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return self.get_response(request)


@login_required
def view(request: HttpRequest) -> HttpResponse:
    seen = request.session.get("last_seen", 0)
    if request.method == "POST":
        Row.objects.create(user=request.user, text=request.POST["text"])
    return HttpResponse(f"<p>{request.user.pk}, {seen}</p>")


urlpatterns = [path("", view)]
