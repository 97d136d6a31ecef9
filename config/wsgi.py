import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

from config import start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def application_or_refusal() -> WSGIHandler:
    """No server of applications runs Django's checks, so the start itself does."""
    try:
        prepared = get_wsgi_application()
    except ImproperlyConfigured as error:
        start.refusal([str(error)])
    if settings.IN_PRODUCTION:
        start.stop_unless_safe()
    return prepared


application = application_or_refusal()
