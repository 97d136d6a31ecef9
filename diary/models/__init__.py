"""What a patient said, as it was said. Nothing here is computed, and a day without a row is missing."""

from diary.models.carers import (
    Carer,
    CarerCode,
    CarerQuerySet,
)
from diary.models.checked import (
    time_zones,
    validate_medicine_name,
    validate_strength,
    validate_text,
    validate_time_zone,
)
from diary.models.days import (
    ENTERED_FIELDS,
    KEPT_FIELDS,
    MOST_DOSES,
    NOTE_LENGTH,
    DiaryDay,
    DiaryDayQuerySet,
    DiaryDayVersion,
    DiaryDayVersionQuerySet,
    Intake,
    Taken,
    earlier_version,
    feature_set,
    feature_words,
)
from diary.models.medicines import (
    Medicine,
    MedicineQuerySet,
)
from diary.models.operations import DeviceOperation, DeviceOperationQuerySet
from diary.models.people import (
    Deletion,
    Erasure,
    Patient,
)
from diary.models.reminders import (
    EVERY_DAY,
    LONGEST_ENDPOINT,
    PushSubscription,
    Reminder,
    SentReminder,
)

__all__ = [
    "ENTERED_FIELDS",
    "EVERY_DAY",
    "KEPT_FIELDS",
    "LONGEST_ENDPOINT",
    "MOST_DOSES",
    "NOTE_LENGTH",
    "Carer",
    "CarerCode",
    "CarerQuerySet",
    "Deletion",
    "DeviceOperation",
    "DeviceOperationQuerySet",
    "DiaryDay",
    "DiaryDayQuerySet",
    "DiaryDayVersion",
    "DiaryDayVersionQuerySet",
    "Erasure",
    "Intake",
    "Medicine",
    "MedicineQuerySet",
    "Patient",
    "PushSubscription",
    "Reminder",
    "SentReminder",
    "Taken",
    "earlier_version",
    "feature_set",
    "feature_words",
    "time_zones",
    "validate_medicine_name",
    "validate_strength",
    "validate_text",
    "validate_time_zone",
]
