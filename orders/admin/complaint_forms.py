"""What is asked before something is done with a case."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cashier.public import RefundReason, find_evidence
from orders.models import Compensation
from orders.models.complaint import Decision
from orders.models.statement import Party
from orders.services.complaints.check import CHECKLISTS, CHECKS
from orders.services.complaints.decide import MIN_REASON
from payhub.act_pages import ActForm
from payhub.money import Money
from payhub.roles import CASE_WORKERS

_MANY_LINES = forms.Textarea(attrs={"rows": 4})


class AssignForm(ActForm):
    """Who gets the case."""

    to = forms.ModelChoiceField(label=_("To whom"), queryset=User.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["to"]
        workers = User.objects.filter(is_active=True, groups__name__in=list(CASE_WORKERS))
        people.queryset = workers.distinct().order_by("username")


class SayForm(ActForm):
    """What to write to the shopper."""

    text = forms.CharField(label=_("Message to the shopper"), max_length=4000, widget=_MANY_LINES)


class CheckForm(ActForm):
    """What of the checklist is done."""

    done = forms.MultipleChoiceField(label=_("Done"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["done"]
        choices.choices = [(item, CHECKS[item]) for item in CHECKLISTS[self.row.kind]]
        choices.initial = self.row.checked


class StatementForm(ActForm):
    """Who is asked."""

    party = forms.ChoiceField(label=_("Who"), choices=Party.choices, widget=forms.RadioSelect)
    name = forms.CharField(label=_("Name"), max_length=80)


class PhoneStatementForm(StatementForm):
    """What somebody said on the telephone."""

    text = forms.CharField(label=_("What was said"), max_length=8000, widget=_MANY_LINES)


class DecideForm(ActForm):
    """How the case is decided, why, and what the shopper is told."""

    decision = forms.ChoiceField(label=_("Decision"), choices=Decision.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason, for the desk only"), min_length=MIN_REASON, max_length=2000, widget=_MANY_LINES
    )
    message = forms.CharField(
        label=_("More words to the shopper (need not be)"), max_length=4000, required=False, widget=_MANY_LINES
    )
    merge_into = forms.CharField(label=_("Number of the other case, to merge"), max_length=24, required=False)


class _AmountForm(ActForm):
    amount = forms.CharField(label=_("Amount"), max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"}))

    def clean_amount(self) -> Money:
        """Read it exactly."""
        try:
            money = Money.from_major(self.cleaned_data["amount"].strip(), self.row.currency)
        except ValueError:
            raise ValidationError(_("This is not an amount. Write it as 12.30.")) from None
        if money.minor <= 0:
            raise ValidationError(_("This is not an amount. Write it as 12.30."))
        return money


class RefundForm(_AmountForm):
    """What goes back, as the person who asks saw it."""

    reason = forms.ChoiceField(label=_("Reason"), choices=RefundReason.choices)
    note = forms.CharField(label=_("Note for whoever approves"), min_length=10, max_length=1000, widget=_MANY_LINES)
    refundable_seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left = find_evidence(merchant_id=self.row.merchant_id, merchant_order_no=self.row.order.order_no).box.left
        self.fields["amount"].initial = left.to_major()
        self.fields["amount"].help_text = _("Refundable now: %(left)s") % {"left": left}
        self.fields["refundable_seen"].initial = left.minor


class CompensationForm(_AmountForm):
    """What the buyer gets besides the money."""

    kind = forms.ChoiceField(label=_("What"), choices=Compensation.Kind.choices)
    note = forms.CharField(label=_("What exactly"), max_length=200)


class CompensationDecisionForm(ActForm):
    """Which of the proposals is approved or refused."""

    compensation = forms.ModelChoiceField(label=_("Proposal"), queryset=Compensation.objects.none())
    approved = forms.ChoiceField(
        label=_("Decision"), choices=[("yes", _("Approve")), ("no", _("Refuse"))], widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        proposals: Any = self.fields["compensation"]
        proposals.queryset = self.row.compensations.filter(approved__isnull=True).order_by("id")
        proposals.label_from_instance = lambda row: f"{row.get_kind_display()} {row.money}: {row.note}"
