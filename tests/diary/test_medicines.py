"""The medicine list: finding what stands on the box, counting it in the right class, and the published limits."""

import pytest
from django.db import IntegrityError, transaction

from diary.models import Medicine
from tests.cast import TODAY, at_most, days_ago, june, medicine, record, record_all

LIST = "/medicines/"
ADD = "/medicines/add/"
OWN = "/medicines/add-own/"
NOT_STORABLE = "A medicine's name holds no semicolon and no line break."


def found(page):
    """What the search found: its words and the strengths to tap."""
    cards = page.section("search").all("li")
    return [(card.one("p").text, [button["value"] for button in card.all("button")]) for card in cards]


def listed(page):
    return [card.one("p").text for card in page.section("list").all("li")]


# --- Search --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("rizatriptan", "rizatriptan Triptans"),
        ("MAXALT", "Maxalt · rizatriptan Triptans"),
        ("nurofen", "Nurofen · ibuprofen Simple painkillers"),
        ("Nurofn", "Nurofen · ibuprofen Simple painkillers"),
        ("excedrin", "Excedrin · aspirin + paracetamol + caffeine Combination painkillers"),
        ("migraleve", "Migraleve Pink · "),
        ("Nurtec", "Nurtec · rimegepant Gepants"),
        ("domperidone", "domperidone Anti-sickness medicines"),
    ],
)
def test_search_knows_generics_brands_and_slips(as_alice, query, words):
    page = as_alice.opens(f"{LIST}?q={query}")
    assert found(page)[0][0].startswith(words)
    assert page.filled("q") == query


def test_brand_of_a_combination_is_told_apart(as_alice):
    words = [text for text, _strengths in found(as_alice.opens(f"{LIST}?q=nurofen"))]
    assert words == [
        "Nurofen · ibuprofen Simple painkillers",
        "Nurofen Migraine · ibuprofen lysine Simple painkillers",
        "Nurofen Plus · ibuprofen + codeine Combination painkillers",
    ]


def test_each_strength_is_one_tap(as_alice):
    _words, strengths = found(as_alice.opens(f"{LIST}?q=maxalt"))[0]
    assert strengths == ["Maxalt 5 mg", "Maxalt 10 mg", "Maxalt"]
    _words, strengths = found(as_alice.opens(f"{LIST}?q=maxalt 10 mg"))[0]
    assert strengths == ["Maxalt 10 mg"]


def test_every_button_that_the_search_offers_works(as_alice, alice):
    for query in ("sumatriptan", "nasal", "codeine"):
        for _words, names in found(as_alice.opens(f"{LIST}?q={query}")):
            for name in names:
                alice.medicines.all().delete()
                as_alice.client.post(ADD, {"name": name})
                assert alice.medicines.get().name.split()[0] == name.split()[0]


def test_nothing_found_is_said_and_leads_on(as_alice):
    page = as_alice.opens(f"{LIST}?q=xyzzy")
    assert (
        "Nothing found for “xyzzy”. Check the spelling, or add it as a medicine of your own below."
        in page.text
    )
    assert "Nothing found" not in as_alice.opens(LIST).text


@pytest.mark.parametrize(
    "query",
    [
        "%00",
        "%ED%A0%80",
        "x" * 5000,
        "%",
        "_",
        "\\",
        "'",
        '"',
        "%F0%9F%A4%95",
        "(",
        "[a-z]+",
        "+",
        "1" * 400,
        "%0A",
    ],
)
def test_no_query_breaks_the_search(as_alice, query):
    as_alice.opens(f"{LIST}?q={query}")


def test_query_is_shown_as_it_was_written(as_alice):
    query = '"><script>alert(1)</script>'
    page = as_alice.opens(f"{LIST}?q={query}")
    assert page.filled("q") == query
    assert f"Nothing found for “{query}”." in page.text
    assert "<script>alert" not in page.html


# --- Adding --------------------------------------------------------------------------------------------------


def test_medicine_of_the_catalogue_is_added_with_its_class(as_alice, alice):
    page = as_alice.sends(ADD, name="imigran 50mg")
    assert page.messages == "Imigran 50 mg is on your list"
    assert listed(page) == ["Imigran 50 mg Triptans"]
    added = alice.medicines.get()
    assert (added.product, added.name, added.strength, added.medication_class) == (
        "sumatriptan-tab",
        "Imigran",
        "50 mg",
        "triptan",
    )


def test_added_twice_stands_once(as_alice, alice):
    as_alice.sends(ADD, name="Imigran 50 mg")
    as_alice.sends(ADD, name="IMIGRAN 50 MG")
    assert alice.medicines.count() == 1


def test_another_strength_is_another_medicine(as_alice):
    as_alice.sends(ADD, name="Imigran 50 mg")
    page = as_alice.sends(ADD, name="Imigran 100 mg")
    assert listed(page) == ["Imigran 100 mg Triptans", "Imigran 50 mg Triptans"]


def test_adding_a_stopped_medicine_offers_it_again(as_alice, alice):
    as_alice.sends(ADD, name="Imigran 50 mg")
    alice.medicines.update(is_in_use=False)
    assert listed(as_alice.sends(ADD, name="Imigran 50 mg")) == ["Imigran 50 mg Triptans"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("xyzzy", "This name is not in the list. Add it as a medicine of your own below."),
        ("", "This field is required."),
        ("x" * 121, "Ensure this value has at most 120 characters (it has 121)."),
        ("imi\x00gran", "Null characters are not allowed."),
        ("class:triptan", "This name is not in the list. Add it as a medicine of your own below."),
    ],
)
def test_unknown_name_is_refused_with_words(as_alice, alice, name, message):
    assert as_alice.sends(ADD, name=name).messages == message
    assert not alice.medicines.exists()


# --- A medicine of one's own ---------------------------------------------------------------------------------


def test_each_class_is_explained(as_alice):
    page = as_alice.opens(LIST)
    choices = [label.text for label in page.main.all("label") if ": " in label.text]
    assert choices == [
        "Triptans: Made for migraine; the name ends in -triptan, such as sumatriptan.",
        "Ergots: Older migraine medicines: ergotamine, dihydroergotamine.",
        "Opioids: Codeine, tramadol, morphine and the like, alone in the tablet.",
        "Combination painkillers: Painkillers with caffeine, codeine or another kind of painkiller in one tablet.",
        "Simple painkillers: Paracetamol, aspirin, ibuprofen, naproxen and the like, without caffeine.",
        "Gepants: Newer migraine medicines: the name ends in -gepant, such as rimegepant.",
        "Ditans: Lasmiditan.",
        "Other acute medicines: An acute headache medicine that is none of these.",
        "Anti-sickness medicines: Against nausea only, such as metoclopramide. Never counts as a medication day.",
    ]


def test_own_medicine_counts_in_the_class_that_was_chosen(as_alice, alice):
    page = as_alice.sends(OWN, name="Granny's powder", medication_class="combination")
    assert page.messages == "Granny's powder is on your list"
    assert listed(page) == ["Granny's powder Combination painkillers"]
    record(alice, TODAY, "mild", alice.medicines.get())
    assert "Combination painkillers" in as_alice.opens("/").counted


def test_own_medicine_twice_stands_once(as_alice, alice):
    as_alice.sends(OWN, name="Granny's powder", medication_class="other")
    as_alice.sends(OWN, name="granny's POWDER", medication_class="other")
    assert alice.medicines.count() == 1


WRONG = [
    ("name", "", "This field is required."),
    ("name", "   ", "This field is required."),
    ("name", "x" * 81, "Ensure this value has at most 80 characters (it has 81)."),
    ("name", "a;b", NOT_STORABLE),
    ("name", "a\x07b", NOT_STORABLE),
    ("name", "a\x00b", "Null characters are not allowed."),
    ("name", "Imigran", "Imigran is in the list: search for it above, so that it is counted rightly."),
    (
        "name",
        "nurofen plus",
        "Nurofen Plus is in the list: search for it above, so that it is counted rightly.",
    ),
    ("medication_class", "", "This field is required."),
    ("medication_class", "vitamin", "Select a valid choice. vitamin is not one of the available choices."),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG, ids=lambda text: repr(text[:12]))
def test_wrong_own_medicine_is_named_and_nothing_is_lost(as_alice, alice, field, value, message):
    sent = {"name": "Granny's powder", "medication_class": "other"} | {field: value}
    page = as_alice.sends(OWN, status=422, **sent)
    assert message in page.error(field)
    assert page.wrong_fields() == {field}
    if field == "name":
        assert page.filled("medication_class") == ["other"]
    else:
        assert page.filled("name") == "Granny's powder"
    assert not alice.medicines.exists()
    [details] = [details for details in page.main.all("details") if details.all("input", name="name")]
    assert "open" in details.attributes


@pytest.mark.parametrize("field", ["patient", "product", "is_in_use", "id"])
def test_what_the_form_does_not_ask_cannot_be_set(as_alice, alice, bob, field):
    as_alice.sends(OWN, **{"name": "Granny's powder", "medication_class": "other", field: str(bob.pk)})
    added = Medicine.objects.get()
    assert (added.patient, added.product, added.is_in_use) == (alice, "", True)


def test_name_is_shown_as_it_was_written(as_alice):
    name = "</script><script>alert(1)</script>"
    page = as_alice.sends(OWN, name=name, medication_class="other")
    assert page.messages == f"{name} is on your list"
    assert listed(page) == [f"{name} Other acute medicines"]
    assert "<script>alert" not in page.html


# --- The list ------------------------------------------------------------------------------------------------


def test_list_says_how_often_each_was_taken_lately(as_alice, alice):
    often, once = medicine(alice, "rizatriptan"), medicine(alice, "almotriptan")
    medicine(alice, "eletriptan")
    record_all(alice, [days_ago(back) for back in (0, 5, 90, 91)], "mild", often)
    record(alice, days_ago(30), "mild", once)
    assert listed(as_alice.opens(LIST)) == [
        "rizatriptan Triptans · taken on 3 days in the last 90",
        "almotriptan Triptans · taken on 1 day in the last 90",
        "eletriptan Triptans",
    ]


def test_stopped_medicine_is_no_longer_offered_and_still_counts(as_alice, alice):
    taken = medicine(alice)
    record(alice, june(3), "mild", taken)
    record(alice, TODAY, "mild")
    page = as_alice.sends(f"/medicines/{taken.pk}/use/", in_use="no")
    assert page.messages == "sumatriptan is no longer offered"
    assert listed(page) == ["sumatriptan Triptans · taken on 1 day in the last 90 · no longer offered"]
    page = as_alice.opens("/")
    assert page.all("span", "chip__name") == []
    assert page.count("Triptans").text.startswith("Triptans uncertain 1 to 16 days")
    page = as_alice.sends(f"/medicines/{taken.pk}/use/", in_use="yes")
    assert page.messages == "sumatriptan is offered again"
    assert len(as_alice.opens("/").all("span", "chip__name")) == 1


def test_another_patients_medicine_is_as_unknown_as_one_that_does_not_exist(as_alice, bob):
    medicines = medicine(bob)
    theirs = as_alice.sends(f"/medicines/{medicines.pk}/use/", status=404, in_use="no")
    nobodys = as_alice.sends("/medicines/987654/use/", status=404, in_use="no")
    assert theirs.html == nobodys.html
    medicines.refresh_from_db()
    assert medicines.is_in_use


@pytest.mark.parametrize("number", ["0", "-1", "9" * 18, "9" * 30, "x"])
def test_number_that_is_no_medicines_does_not_exist(as_alice, alice, number):
    as_alice.sends(f"/medicines/{number}/use/", status=404, in_use="no")
    record(alice, TODAY, "mild")
    as_alice.sends(f"/days/{TODAY}/dose/", status=404, medicine=number, change=1)


def test_empty_list_says_what_it_is_for(as_alice):
    assert (
        "The medicines on this list are the buttons that you tap after a headache."
        in as_alice.opens(LIST).text
    )


def test_limits_stand_with_their_sources(as_alice):
    page = as_alice.opens(LIST)
    rows = page.section("limits").one("table").all("tr")
    assert [[cell.text for cell in row.all("th") + row.all("td")] for row in rows] == [
        ["Kind", "Days a month", "Source"],
        ["Ergots", "10", "ICHD-3 8.2.1"],
        ["Triptans", "10", "ICHD-3 8.2.2"],
        ["Simple painkillers", "15", "ICHD-3 8.2.3"],
        ["Opioids", "10", "ICHD-3 8.2.4"],
        ["Combination painkillers", "10", "ICHD-3 8.2.5"],
        ["Several kinds together", "10", "ICHD-3 8.2.6"],
        ["Ditans", "10", "lasmiditan's label; ICHD-3 names no number"],
    ]
    assert "Do not stop a prescribed medicine because of a count: talk to your clinician." in page.text


@pytest.mark.parametrize(("days", "medicines"), [(30, 3), (400, 30)])
def test_queries_do_not_grow_with_the_list(as_alice, alice, days, medicines):
    taken = [medicine(alice, f"medicine {number}") for number in range(medicines)]
    record_all(alice, [days_ago(back) for back in range(days)], "mild", *taken)
    with at_most(6):
        as_alice.client.get(LIST)


# --- A dose at a tap -----------------------------------------------------------------------------------------


def test_one_tap_adds_the_default_dose(as_alice, alice):
    taken = medicine(alice)
    page = as_alice.sends(f"/medicines/{taken.pk}/dose/", default_dose="2")
    assert page.messages == "sumatriptan: one tap adds 2"
    assert listed(page) == ["sumatriptan Triptans · one tap adds 2"]
    record(alice, TODAY, "mild")
    chip = as_alice.opens("/").one("button", "chip")
    assert (chip["value"], chip.text) == ("2", "sumatriptan +2 a tap")
    page = as_alice.sends(f"/days/{TODAY}/dose/", medicine=taken.pk, change=chip["value"])
    assert page.messages == "Saved: sumatriptan ×2 added Undo"
    assert alice.days.get().intakes.get().doses == 2
    page = as_alice.sends(f"/days/{TODAY}/dose/", medicine=taken.pk, change="-1")
    assert page.messages == "Saved: sumatriptan: one dose taken back Undo"
    as_alice.sends("/undo/")
    assert alice.days.get().intakes.get().doses == 2


def test_doses_never_enter_a_count(as_alice, alice):
    taken = medicine(alice)
    record(alice, TODAY, "mild")
    as_alice.sends(f"/days/{TODAY}/dose/", medicine=taken.pk, change="9")
    assert as_alice.opens("/").count("Triptans").one("p", "count__number").text.startswith("1")


@pytest.mark.parametrize("dose", ["0", "10", "-1", "two", "", "1.5", "1\x00"])
def test_other_doses_at_a_tap_are_refused(as_alice, alice, dose):
    taken = medicine(alice)
    page = as_alice.sends(f"/medicines/{taken.pk}/dose/", default_dose=dose)
    assert page.messages == "Nothing was saved: one tap adds 1 to 9."
    taken.refresh_from_db()
    assert taken.default_dose == 1


def test_anothers_medicine_keeps_its_dose(as_bob, alice):
    taken = medicine(alice)
    as_bob.sends(f"/medicines/{taken.pk}/dose/", status=404, default_dose="3")
    taken.refresh_from_db()
    assert taken.default_dose == 1


@pytest.mark.parametrize("dose", [0, 10])
def test_database_refuses_a_dose_that_no_tap_adds(alice, dose):
    with pytest.raises(IntegrityError), transaction.atomic():
        Medicine.objects.create(patient=alice, medication_class="other", default_dose=dose)
