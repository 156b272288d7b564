"""The form that takes a bill's file from a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cashier.public import channel_accounts
from reconciliation.errors import BooksError
from reconciliation.models import Bill


class UploadForm(forms.Form):
    """Which account, which day, which file."""

    account_code = forms.ChoiceField(label=_("Account"))
    day = forms.DateField(
        label=_("The channel's day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    file = forms.FileField(
        label=_("File"), help_text=_("As the channel's site gives it, packed or not; 256 MB at most.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(account.code, f"{account.code} ({account.channel})") for account in channel_accounts()]
        self.fields["account_code"].choices = choices  # type: ignore[attr-defined]

    def keep(self, upload: Callable[..., Bill]) -> Bill | None:
        """Hand the file on; None, and the refusal beside the field, when it is refused."""
        data = self.cleaned_data
        try:
            return upload(account_code=data["account_code"], day=data["day"], file=data["file"], name=data["file"].name)
        except BooksError as refusal:
            self.add_error("file", str(refusal))
            return None
