"""Clinics, who works there, whose diary they may see, and what they record of a patient."""

from clinic.models.people import (
    CareLink,
    CareLinkQuerySet,
    Clinic,
    Invitation,
    InvitationQuerySet,
    LinkCode,
    Membership,
)
from clinic.models.records import (
    AdverseEvent,
    AdverseEventQuerySet,
    Appointment,
    ClinicFeed,
    CriteriaSet,
    Decision,
    DecisionQuerySet,
    ImportBatch,
    Review,
    Tag,
    Tagged,
)
from clinic.models.sessions import (
    SAID_FIELDS,
    InjectionSession,
    InjectionSessionQuerySet,
    InjectionSessionVersion,
    InjectionSessionVersionQuerySet,
    RetainedSession,
)

__all__ = [
    "SAID_FIELDS",
    "AdverseEvent",
    "AdverseEventQuerySet",
    "Appointment",
    "CareLink",
    "CareLinkQuerySet",
    "Clinic",
    "ClinicFeed",
    "CriteriaSet",
    "Decision",
    "DecisionQuerySet",
    "ImportBatch",
    "InjectionSession",
    "InjectionSessionQuerySet",
    "InjectionSessionVersion",
    "InjectionSessionVersionQuerySet",
    "Invitation",
    "InvitationQuerySet",
    "LinkCode",
    "Membership",
    "RetainedSession",
    "Review",
    "Tag",
    "Tagged",
]
