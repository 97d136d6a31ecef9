"""Parts of a page that say the same to everybody."""

from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def drawn(template_name: str, **words: Any) -> str:
    """A template, drawn once with these words in each language and then kept.

    For our own words alone: what belongs to one person, or to one request, must not be given to it.
    """
    return _drawn(get_language(), template_name, tuple(words.items()))


@lru_cache(maxsize=1024)
def _drawn(language: str | None, name: str, words: tuple[tuple[str, Any], ...]) -> str:
    return render_to_string(name, dict(words))
