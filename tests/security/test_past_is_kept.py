"""Whatever is sent to whichever address: a day or a session that changes leaves an earlier version behind."""

from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.urls import path

from config import urls
from tests.cast import days_ago, june
from tests.past import faults_of_history
from tests.security import authz_matrix as matrix
from tests.security.conftest import fields

WRITERS = (matrix.OWNER, matrix.LINKED, matrix.LEAD, matrix.BOTH)


@pytest.mark.parametrize("when", [june(3), days_ago(0)], ids=["long ago", "today"])
@pytest.mark.parametrize("role", WRITERS)
@pytest.mark.parametrize("name", matrix.TABLE)
def test_nothing_that_is_sent_loses_what_stood_there(world, name, role, when):
    address = world.address(name, when=when)
    with transaction.atomic():
        with faults_of_history() as faults:
            world.client(role).post(address, fields(world, name, role))
        transaction.set_rollback(True)
    assert faults == []


def forgetful(request: Any) -> HttpResponse:
    request.user.patient.days.update(note="overwritten")
    return HttpResponse()


urlpatterns = [*urls.urlpatterns, path("twins/forgetful/", forgetful, name="forgetful")]
handler404 = urls.handler404


@pytest.mark.urls(__name__)
def test_guard_reports_a_view_that_forgets(world):
    with faults_of_history() as faults:
        world.client(matrix.OWNER).post("/twins/forgetful/")
    assert len(faults) == 2


def test_walk_reaches_days_and_sessions(world):
    """Else it would be content with nothing."""
    for role, name in ((matrix.OWNER, "day"), (matrix.OWNER, "delete_day"), (matrix.LINKED, "session")):
        model = world.owner.session_versions if name == "session" else world.owner.day_versions
        with transaction.atomic():
            before = model.count()
            world.client(role).post(world.address(name, when=june(3)), fields(world, name, role))
            assert model.count() == before + 1
            transaction.set_rollback(True)
