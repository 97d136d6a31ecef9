"""The publications that the help pages rest on: each line there names one of them, and each of them is named there.

Nothing is loaded from an address: it is text, and a link that a person may follow.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Source:
    """A publication. `short` stands in lists, `says` is what it says in one plain line.

    `address` is empty where none is known that stays.
    """

    key: str
    short: Text
    title: str
    publication: str
    year: int
    says: Text
    address: str = ""


OURS = "diary"
"""What no publication says, and this diary had to choose."""

_ALL = (
    Source(
        "ichd-3",
        "ICHD-3",
        "The International Classification of Headache Disorders, 3rd edition",
        "Cephalalgia 38: 1–211",
        2018,
        _(
            "Names the kinds of headache. The numbers of days, 15 with headache and 10 or 15 with "
            "medicines, are about "
            "more than three months. Those for medicines rest on the opinion of experts."
        ),
        "https://ichd-3.org",
    ),
    Source(
        "snnoop10",
        "SNNOOP10",
        "Do and others: Red and orange flags for secondary headaches in clinical practice. SNNOOP10 list",
        "Neurology 92: 134–144",
        2019,
        _(
            "Lists the signs that a headache may have another cause. It names 65 years as older age; an "
            "earlier version "
            "named 50."
        ),
        "https://doi.org/10.1212/WNL.0000000000006697",
    ),
    Source(
        "nice-cg150",
        "NICE CG150",
        "Headaches in over 12s: diagnosis and management",
        "National Institute for Health and Care Excellence",
        2012,
        _(
            "The same numbers of medicine days, for three months or more, and how a clinician helps "
            "somebody off a "
            "medicine that is taken too often."
        ),
        "https://www.nice.org.uk/guidance/cg150",
    ),
    Source(
        "nice-ta260",
        "NICE TA260",
        "Botulinum toxin type A for the prevention of headaches in adults with chronic migraine",
        "National Institute for Health and Care Excellence",
        2012,
        _("Who is offered the injections in England, and by which counts they end."),
        "https://www.nice.org.uk/guidance/ta260",
    ),
    Source(
        "ehf-2018",
        "EHF 2018",
        "Bendtsen and others: Guideline on the use of onabotulinumtoxinA in chronic migraine",
        "The Journal of Headache and Pain 19: 91",
        2018,
        _(
            "How the injections are given, how their effect is judged, and by which counts they end, after "
            "the European "
            "Headache Federation."
        ),
        "https://doi.org/10.1186/s10194-018-0921-8",
    ),
    Source(
        "label",
        _("The label of the medicine"),
        "Botox: summary of product characteristics, and its United States label",
        "electronic Medicines Compendium; Food and Drug Administration",
        2026,
        _(
            "Where and how much is injected, that units of different products are not the same, and that "
            "trouble with "
            "swallowing, speaking or breathing hours to weeks later is an emergency."
        ),
        "https://www.medicines.org.uk/emc/product/859",
    ),
    Source(
        "preempt",
        "PREEMPT",
        "Dodick and others: OnabotulinumtoxinA for treatment of chronic migraine. Pooled results of PREEMPT",
        "Headache 50: 921–936",
        2010,
        _(
            "The two trials that the twelve weeks and the points come from, with what happened beside the "
            "effect."
        ),
        "https://doi.org/10.1111/j.1526-4610.2010.01678.x",
    ),
    Source(
        "pooled-safety",
        _("Four trials together"),
        "Diener and others: Pooled analysis of the safety and tolerability of onabotulinumtoxinA in "
        "chronic migraine",
        "European Journal of Neurology 21: 851–859",
        2014,
        _("How often each side effect was seen in four trials taken together."),
        "https://doi.org/10.1111/ene.12393",
    ),
    Source(
        "responders",
        _("First, second and third time"),
        "Silberstein and others: Per cent of patients who responded per onabotulinumtoxinA treatment cycle",
        "Journal of Neurology, Neurosurgery and Psychiatry 86: 996–1001",
        2015,
        _(
            "Of 688 people, about 49 in 100 had half as many headache days in the first cycle, about 11 in "
            "100 more in the "
            "second, and up to 10 in 100 more in the third."
        ),
        "https://doi.org/10.1136/jnnp-2013-307149",
    ),
    Source(
        "wear-off",
        _("Wearing-off"),
        "Masters-Israilov and Robbins: OnabotulinumtoxinA wear-off phenomenon in the treatment of chronic "
        "migraine",
        "Headache 59: 1753–1761",
        2019,
        _(
            "In the notes of 143 people, 90 felt the effect fade before the next injections, most often 2 "
            "to 4 weeks before."
        ),
        "https://www.medscape.com/viewarticle/921189",
    ),
    Source(
        "withdrawal-days",
        _("Days of withdrawal"),
        "Katsarava and others: Clinical features of withdrawal headache following overuse of triptans and "
        "other drugs",
        "Neurology 57: 1694–1698",
        2001,
        _(
            "In 95 people in hospital the headache of the first days lasted about 4 days after triptans, 7 "
            "after ergots and "
            "10 after painkillers."
        ),
        "https://pubmed.ncbi.nlm.nih.gov/11706113/",
    ),
    Source(
        "efns-2011",
        "EFNS 2011",
        "Evers and Jensen: Treatment of medication overuse headache. Guideline of the EFNS headache panel",
        "European Journal of Neurology 18: 1115–1121",
        2011,
        _(
            "At once or step by step makes no known difference in the end. Opioids, benzodiazepines and "
            "barbiturates: in "
            "hospital. A preventive begins with it, and regular visits follow."
        ),
    ),
    Source(
        "migraine-days",
        _("Migraine days"),
        "van der Arend and others: Defining migraine days, based on longitudinal E-diary data",
        "Cephalalgia",
        2023,
        _(
            "Proposes what a migraine day is, from the diaries of 1494 people: the features of migraine, "
            "or aura, or a "
            "migraine medicine whatever its effect."
        ),
        "https://hoofdpijnonderzoek.nl/en/defining-migraine-days/",
    ),
    Source(
        "lasmiditan-label",
        _("Lasmiditan’s label"),
        "Reyvow (lasmiditan): prescribing information",
        "Food and Drug Administration",
        2019,
        _("Warns that headache can come from taking it too often."),
    ),
    Source(
        OURS,
        _("This diary’s choice"),
        "What this diary counts, and how",
        "Headache Diary, glossary",
        2026,
        _("Where the publications are silent, this diary had to choose, and took the more careful reading."),
    ),
)
SOURCES = {source.key: source for source in _ALL}
NUMBERS = {key: number for number, key in enumerate(SOURCES, start=1)}
"""The small numbers behind the lines."""
