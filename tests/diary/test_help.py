"""Help: each line names its source, every source is named, no page is a dead end, and it reads easily."""

import re

import pytest
from django.utils.translation import override

from diary.guidance import EMERGENCY, FURTHER, TOPICS, Line, Part, Topic, topics_naming
from diary.rules import OVERUSE_RULES
from diary.sources import NUMBERS, OURS, SOURCES, Source
from diary.templatetags.diary import rule_source
from tests.cast import medicine, record, record_all, visitor

ALL = (EMERGENCY, *FURTHER)
ADDRESSES = ["/help/", *(f"/help/{key}/" for key in TOPICS), "/help/sources/"]


def lines(topics=ALL):
    return [line for topic in topics for part in topic.parts for line in part.lines]


# --- Every line and its source -------------------------------------------------------------------------------


def lines_without_a_source(topics, sources=SOURCES):
    """Lines that name nobody, or somebody who is not on the list."""
    return [str(line.text) for line in lines(topics) if not line.keys or set(line.keys) - set(sources)]


def sources_without_a_line(sources, topics=ALL):
    named = {key for line in lines(topics) for key in line.keys}
    return [key for key in sources if key not in named]


def test_every_line_names_a_source_that_exists():
    assert lines_without_a_source(ALL) == []


def test_every_source_stands_behind_a_line():
    assert sources_without_a_line(SOURCES) == []


def one_line_topic(*keys):
    return Topic("t", "t", "t", (Part("p", "p", (Line("It helps.", keys),)),))


@pytest.mark.parametrize("keys", [(), ("nobody",), ("ichd-3", "nobody")])
def test_guard_reports_a_line_without_a_source(keys):
    assert lines_without_a_source([one_line_topic(*keys)]) == ["It helps."]


def test_guard_reports_a_source_without_a_line():
    idle = Source("idle", "Idle", "Idle", "Nowhere", 2000, "Nothing.")
    assert sources_without_a_line({"idle": idle}) == ["idle"]


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_source_says_who_when_where_and_what(source):
    assert source.key
    assert source.short
    assert source.title
    assert source.publication
    assert 1990 < source.year <= 2026
    assert str(source.says).endswith(".")
    assert source.address == "" or re.fullmatch(r"https://[\w.-]+/?\S*", source.address)
    assert topics_naming(source.key)


@pytest.mark.parametrize("line", [line for line in lines() if re.search(r"\d", str(line.text))], ids=str)
def test_number_in_a_line_is_no_choice_of_ours_alone(line):
    """What only we say names no figure but those of our own making, which say so."""
    own = ("14 headache days", "4 to 10 of 10")
    assert line.keys != (OURS,) or any(words in str(line.text) for words in own)


@pytest.mark.parametrize("rule", OVERUSE_RULES, ids=lambda rule: rule.code)
def test_source_of_each_limit_is_on_the_list(rule):
    assert rule_source(rule) in SOURCES


# --- Plain words ---------------------------------------------------------------------------------------------

MOST_WORDS = 26
"""In one sentence; a reader in pain loses the beginning of a longer one."""
UNPLAIN = (
    "cessation",
    "prophyla",
    "analgesic",
    "withdraw",
    "patient",
    "contraindicat",
    "adverse",
    "dosage",
    "onset",
)
NEVER = ("!", "please note", "you must", "you should stop", "stop taking")


def hard_sentences(text):
    sentences = re.split(r"(?<=[.:!?])\s+", text)
    return [sentence for sentence in sentences if len(sentence.split()) > MOST_WORDS]


def unplain_words(text):
    return [word for word in (*UNPLAIN, *NEVER) if word in text.lower()]


@pytest.mark.parametrize("line", lines(), ids=lambda line: str(line.text)[:40])
def test_line_reads_easily(line):
    with override("en"):
        text = str(line.text)
    assert hard_sentences(text) == []
    assert unplain_words(text) == []
    assert len(text) <= 200


def test_guards_report_what_is_hard_to_read():
    assert hard_sentences("word " * 27) != []
    assert unplain_words("Patients must not stop taking analgesics!") == [
        "analgesic",
        "patient",
        "!",
        "stop taking",
    ]


# --- The pages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_page_is_there_for_everybody_and_leads_on(db, address):
    page = visitor(None).opens(address)
    links = {link["href"].partition("#")[0] for link in page.main.all("a")}
    assert links >= {other for other in ADDRESSES if other != address}


@pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.key)
def test_every_line_stands_on_its_page_with_its_numbers(db, topic):
    page = visitor(None).opens("/help/" if topic is EMERGENCY else f"/help/{topic.key}/")
    assert page.one("h1").text == topic.title
    for part in topic.parts:
        shown = page.section(part.key).all("li")
        for line, item in zip(part.lines, shown, strict=True):
            assert item.text.startswith(str(line.text))
            marks = item.all("a", "cite")
            assert [mark["href"] for mark in marks] == [f"/help/sources/#{key}" for key in line.keys]
            assert [mark.text for mark in marks] == [str(NUMBERS[key]) for key in line.keys]
            assert all(mark["aria-label"].startswith(mark.text) for mark in marks)


def test_sources_have_the_places_that_the_numbers_lead_to(db):
    page = visitor(None).opens("/help/sources/")
    places = [item.attributes.get("id") for item in page.one("ol", "sources").all("li")]
    assert places == list(SOURCES)
    foreign = [link for link in page.all("a") if link["href"].startswith("http")]
    assert len(foreign) == sum(bool(source.address) for source in SOURCES.values())
    assert {link["rel"] for link in foreign} == {"noreferrer"}
    assert all(link.text == link["href"] for link in foreign)


def test_nothing_on_a_help_page_is_loaded_from_elsewhere(db):
    for address in ADDRESSES:
        page = visitor(None).opens(address)
        loaded = [e.attributes.get("src", "") for e in page.walk()] + [e["href"] for e in page.all("link")]
        assert not [found for found in loaded if "//" in found]


def test_help_begins_with_what_cannot_wait(db):
    page = visitor(None).opens("/help/")
    assert page.main.all("h2")[0].text == "Call emergency services"
    first = visitor(None).opens("/help/injections/").main.all("section")[0].text
    assert "Trouble swallowing, speaking or breathing after injections is an emergency." in first
    first = visitor(None).opens("/help/overuse/").main.all("section")[0].text
    assert first.startswith("Never alone with these Opioids")


@pytest.mark.parametrize("address", ["/help/nothing/", "/help/emergency/", "/help/numbers/x/"])
def test_other_topics_do_not_exist(db, address):
    visitor(None).opens(address, status=404)


def test_published_numbers_on_the_help_page_are_those_of_the_rules(db):
    text = visitor(None).opens("/help/numbers/").section("medicines").text
    by_days = {10: text.split("10 days: ")[1].split("15 days:")[0], 15: text.split("15 days: ")[1]}
    assert "triptans, ergots, opioids" in by_days[10]
    assert by_days[15].startswith("simple painkillers")
    assert {rule.days_per_month for rule in OVERUSE_RULES} == {10, 15}


# --- Behind each number --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/", "/months/2026-06/"])
def test_each_count_says_what_is_counted_and_whose_number_it_is(as_alice, alice, address):
    taken = [
        medicine(alice, word, word)
        for word in ("triptan", "ergot", "opioid", "combination", "non_opioid", "ditan", "gepant", "other")
    ]
    record(alice, alice.date_at(alice.created_at), "mild", *taken)
    page = as_alice.opens(address)
    cards = page.all("div", "count")
    assert [card["data-count"] for card in cards] == [
        "headache",
        *("8.2.1", "8.2.2", "8.2.3", "8.2.4", "8.2.5", "ditan"),
        *("class-gepant", "class-other"),
    ]
    for card in cards:
        explained = card.one("details", "what")
        label = card.one("h3").text
        assert explained.one("summary").text == f"What counts? {label}"
        assert "A day that is not recorded could be one" in explained.text
        more, source = (link["href"] for link in explained.all("a"))
        assert more.startswith("/help/numbers/#")
        assert source.partition("#")[2] in SOURCES
        assert place_exists(as_alice, more)
        assert card.one("p", "count__source").text


def test_several_kinds_together_explain_themselves(as_alice, alice):
    days = [alice.date_at(alice.created_at).replace(day=day) for day in range(1, 13)]
    record_all(alice, days[:6], "mild", medicine(alice))
    record_all(alice, days[6:], "mild", medicine(alice, "paracetamol", "non_opioid"))
    card = as_alice.opens("/months/2026-06/").count("Several kinds together")
    assert card["data-count"] == "8.2.6"
    assert "a day with two kinds counts once" in card.one("details").text
    assert "The number 10 is from ICHD-3 8.2.6" in card.one("details").text


def test_each_fact_of_the_month_explains_itself(as_alice):
    page = as_alice.opens("/months/2026-06/")
    explained = page.one("dl", "facts").all("details", "what")
    assert len(explained) == len(page.facts()) == 4
    assert all(place_exists(as_alice, link["href"]) for what in explained for link in what.all("a"))


def place_exists(person, address):
    path, _, place = address.partition("#")
    page = person.opens(path)
    return any(element.attributes.get("id") == place for element in page.walk())
