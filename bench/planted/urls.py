from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def hole(request: HttpRequest) -> HttpResponse:
    """Puts what it is asked into SQL and into the page as it is."""
    wanted = request.GET.get("q", "")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM diary_patient WHERE name = '{wanted}'")
        found = len(cursor.fetchall())
    return HttpResponse(f'<a href="/hole/?q=a">{wanted}</a>: {found}')


urlpatterns = [path("hole/", hole, name="hole"), *urlpatterns]
