"""When and how somebody wants to be reminded, and what a browser says of its push service."""

from __future__ import annotations

from typing import Any

from crispy_forms.bootstrap import InlineCheckboxes
from crispy_forms.layout import Layout
from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from diary import push
from diary.forms import formless
from diary.models import LONGEST_ENDPOINT, Reminder


class ReminderForm(forms.ModelForm):  # type: ignore[type-arg]
    weekdays = forms.MultipleChoiceField(
        label=_("Days"),
        choices=[(str(day + 1), name) for day, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one day; to get no reminders, untick e-mail and notification.")
        },
    )

    class Meta:
        model = Reminder
        fields = ("time", "weekdays", "by_email", "by_push")
        widgets = {"time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["weekdays"] = list(self.instance.weekdays)
        self.fields["time"].help_text = _("In your diary’s time zone: %(zone)s.") % {
            "zone": self.instance.patient.time_zone.replace("_", " ")
        }
        self.fields["by_push"].help_text = _("On the devices that you turn on below.")
        self.fields["by_email"].help_text = self.instance.patient.user.email
        self.helper = formless()
        self.helper.layout = Layout("time", InlineCheckboxes("weekdays"), "by_email", "by_push")

    def clean_weekdays(self) -> str:
        return "".join(sorted(self.cleaned_data["weekdays"]))

    def clean_time(self) -> Any:
        return self.cleaned_data["time"].replace(second=0, microsecond=0)


class DeviceForm(forms.Form):
    """What `PushSubscription.toJSON()` of a browser holds."""

    endpoint = forms.CharField(max_length=LONGEST_ENDPOINT, strip=False)
    p256dh = forms.CharField(max_length=100, strip=False)
    auth = forms.CharField(max_length=32, strip=False)

    def clean_endpoint(self) -> str:
        endpoint: str = self.cleaned_data["endpoint"]
        try:
            push.target_of(endpoint)
        except push.RefusedEndpoint as error:
            raise forms.ValidationError("refused") from error
        except OSError:
            pass  # no name can be looked up at the moment: it is looked at again before anything is sent
        return endpoint

    def clean_p256dh(self) -> str:
        return _readable(push.browser_key, self.cleaned_data["p256dh"])

    def clean_auth(self) -> str:
        return _readable(push.browser_secret, self.cleaned_data["auth"])


def _readable(reader: Any, text: str) -> str:
    try:
        reader(text)
    except ValueError as error:
        raise forms.ValidationError("refused") from error
    return text
