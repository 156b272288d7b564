"""What can be done with a refund: approved, rejected, withdrawn, sent again under its number, asked about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cashier.models import Refund
from cashier.services.query import query_refund
from cashier.services.refund import approve_refund, reject_refund, send_again, what_was_seen, withdraw_refund
from cashier.states import RefundState
from payhub.act_pages import Act, ActForm
from payhub.rate_limit import within_limit
from payhub.roles import CASE_WORKERS, REFUND_APPROVERS

Data = Mapping[str, Any]
PASSWORDS_BY_PERSON = 5  # in five minutes


class ApproveForm(ActForm):
    """What was seen, and, for more than a small amount, the password again."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=16)
    password = forms.CharField(
        label=_("Your password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = what_was_seen(self.row.attempt.payment)
        if self.row.amount_minor <= settings.REFUND_PASSWORD_ABOVE_MINOR:
            del self.fields["password"]

    def clean_password(self) -> str:
        """Refuse guessing before comparing."""
        if not within_limit(f"refund-password:{self.person.pk}", times=PASSWORDS_BY_PERSON, per_s=300):
            raise ValidationError(_("Too many tries. Nothing was sent: wait five minutes and try again."))
        password: str = self.cleaned_data["password"]
        if not self.person.check_password(password):
            raise ValidationError(_("This is not your password. Nothing was sent."))
        return password


class WhyForm(ActForm):
    """A reason."""

    why = forms.CharField(label=_("Reason"), min_length=10, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


def _approve(refund: Refund, person: User, data: Data, now: datetime) -> Promise | str:
    done = approve_refund(refund_no=refund.refund_no, approver=person, now=now, seen=data["seen"])
    if done.state == RefundState.REQUESTED:
        return _("Your approval counts. This amount needs a second one; nothing was sent yet.")
    return _("Approved. It is being sent to where the money came from.")


def _reject(refund: Refund, person: User, data: Data, now: datetime) -> Promise | str:
    reject_refund(refund_no=refund.refund_no, decider=person, why=data["why"], now=now)
    return _("Rejected. Nothing was sent.")


def _withdraw(refund: Refund, person: User, data: Data, now: datetime) -> Promise | str:
    withdraw_refund(refund_no=refund.refund_no, person=person, why=data["why"], now=now)
    return _("Withdrawn. Nothing will be sent.")


def _send_again(refund: Refund, person: User, _data: Data, now: datetime) -> Promise | str:
    sent = send_again(refund_no=refund.refund_no, person=person, now=now)
    return _("Sent again under the same number: %(state)s.") % {"state": sent.get_state_display()}


def _query(refund: Refund, _person: User, _data: Data, _now: datetime) -> Promise | str:
    asked = query_refund(refund_no=refund.refund_no)
    return _("The channel was asked: %(state)s.") % {"state": asked.get_state_display()}


def _in(*states: RefundState) -> Any:
    return lambda refund: refund.state in states


ACTS = {
    "approve": Act(
        label=_("Approve and send"),
        explain=_("The money goes back to where it came from, and cannot be called back."),
        roles=REFUND_APPROVERS,
        do=_approve,
        form=ApproveForm,
        fits=_in(RefundState.REQUESTED),
        is_grave=True,
    ),
    "reject": Act(
        label=_("Reject"),
        explain=_("Nothing is sent; the money is free for another request."),
        roles=REFUND_APPROVERS,
        do=_reject,
        form=WhyForm,
        fits=_in(RefundState.REQUESTED),
    ),
    "withdraw": Act(
        label=_("Withdraw"),
        explain=_("The request is taken back, or a refund that the channel refused is given up. Nothing is sent."),
        roles=CASE_WORKERS,
        do=_withdraw,
        form=WhyForm,
        fits=_in(RefundState.REQUESTED, RefundState.FAILED),
    ),
    "send-again": Act(
        label=_("Send again"),
        explain=_("It is sent once more under the same number, so that it can never go back twice."),
        roles=REFUND_APPROVERS,
        do=_send_again,
        fits=_in(RefundState.FAILED),
        is_grave=True,
    ),
    "query": Act(
        label=_("Ask the channel"),
        explain=_("The channel is asked what became of it. It is never sent under another number."),
        roles=CASE_WORKERS,
        do=_query,
        fits=_in(RefundState.SUBMITTED, RefundState.UNKNOWN),
    ),
}
