"""What `{% drawn %}` is given: it keeps what it drew for everybody, so nobody's own words may go in."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRAWN = re.compile(r"{%\s*drawn\s+(.*?)%}", re.DOTALL)
GIVEN = re.compile(r'(\w+)=(_\("[^"]*"\)|"[^"]*"|[^\s"]+)')
OURS = re.compile(r'_\("[^"]*"\)|"[^"]*"')
LAST_WORDS = {
    # States, words of severity and of classes, roles: few, and the same for everybody.
    *(
        "state",
        "headache_15",
        "migraine_8",
        "headache",
        "migraine",
        "inadequate_response",
        "overuse",
        "preventives",
    ),
    *("word", "theme", "current", "class_label", "class_counts"),
    *("rule_label", "rule_counts", "rule_number", "rule_source"),
    *("is_patient", "is_clinician", "is_carer", "has_carer", "manages_staff", "leads_clinic"),
}


def somebodys(source: str) -> list[str]:
    """Each value given to `{% drawn %}` that is neither our own text nor one of the few words that are everybody's."""
    return [
        f"{name}={value}"
        for tag in DRAWN.findall(source)
        for name, value in GIVEN.findall(tag)
        if not OURS.fullmatch(value) and re.split(r"[.|]", value)[-1] not in LAST_WORDS
    ]


def test_nobodys_words_are_kept_for_the_next():
    found = {path.name: somebodys(path.read_text()) for path in (ROOT / "templates").rglob("*.html")}
    assert {name: values for name, values in found.items() if values} == {}
    assert sum(len(DRAWN.findall(path.read_text())) for path in (ROOT / "templates").rglob("*.html")) > 20


@pytest.mark.parametrize(
    "given", ["name=patient.name", "words=day.note", "of=medicine", "state=user", "word=link.reference"]
)
def test_a_persons_words_are_reported(given):
    assert somebodys(f'{{% drawn "components/icon.html" part="x" {given} %}}') == [given]
