"""The words of the phone's script, for an attribute of the page."""

import json

from django import template

from diary.phone import frame_words

register = template.Library()


@register.simple_tag
def phone_words() -> str:
    return json.dumps(frame_words())
