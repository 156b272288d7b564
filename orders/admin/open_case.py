"""Opening a case from the desk: about which order, what kind, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cashier.public import find_order_no
from orders.models import Order
from orders.models.complaint import ComplaintKind
from orders.services.complaints.report import Reported, report_by_staff
from payhub.act_pages import ActForm

OPEN = {"label": _("Open a case"), "explain": _("It becomes the order's one open case. No money moves.")}
OPENED = _("The case is open.")
ADDED = _("There is already a case about this order. What you wrote was added to its evidence.")


class OpenForm(ActForm):
    """About which order, what kind, and why."""

    number = forms.CharField(
        label=_("Number of the order, payment, attempt or refund, or the channel's number"), max_length=64
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=ComplaintKind.choices, widget=forms.RadioSelect)
    why = forms.CharField(
        label=_("Reason, for the desk only"), min_length=10, max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def clean_number(self) -> Order:
        """Find the order by whatever number there is."""
        said = self.cleaned_data["number"].strip()
        order = Order.objects.filter(order_no=find_order_no(said) or said.upper()).select_related("merchant").first()
        if order is None:
            raise ValidationError(
                _("No order has this number. Nothing was opened; compare it with what the buyer sees.")
            )
        return order


def open_case(person: User, data: Mapping[str, Any], now: datetime) -> Reported:
    """Open the order's case, or add to the one there is. Raises NotYourRole."""
    return report_by_staff(
        order=data["number"], kind=ComplaintKind(data["kind"]), why=data["why"], person=person, now=now
    )
