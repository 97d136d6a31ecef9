"""A QR code as one path of an SVG, and a browser in plain words."""

from dataclasses import dataclass

from django import template
from django.utils.translation import gettext as _
from qrcode.main import QRCode

register = template.Library()

# The first that is found names it: many browsers claim to be others, too.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox", "CriOS": "Chrome"} | {
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows"} | {
    "CrOS": "ChromeOS",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


@dataclass(frozen=True)
class Code:
    size: int
    path: str


@register.filter
def qr_code(text: str) -> Code:
    code: QRCode = QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    dots = [(x, y) for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return Code(len(rows), "".join(f"M{x} {y}h1v1h-1z" for x, y in dots))


@register.filter
def device(user_agent: str) -> str:
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")
