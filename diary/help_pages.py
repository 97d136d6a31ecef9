"""Help in plain words, for everybody: signed in or not."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import public
from diary import guidance
from diary.sources import SOURCES


@require_safe
@public
def help_page(request: HttpRequest) -> HttpResponse:
    return _topic_page(request, guidance.EMERGENCY)


@require_safe
@public
def help_topic(request: HttpRequest, topic: str) -> HttpResponse:
    if topic not in guidance.TOPICS:
        raise Http404
    return _topic_page(request, guidance.TOPICS[topic])


def _topic_page(request: HttpRequest, topic: guidance.Topic) -> HttpResponse:
    return render(request, "diary/help.html", {"topic": topic, "further": guidance.FURTHER})


@require_safe
@public
def help_sources(request: HttpRequest) -> HttpResponse:
    named = [(source, guidance.topics_naming(source.key)) for source in SOURCES.values()]
    return render(request, "diary/sources.html", {"named": named, "further": guidance.FURTHER})
