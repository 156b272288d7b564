"""Attempts: what one channel was asked to collect, and everything that it said."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cashier.errors import CashierError
from cashier.models import Attempt, ChannelFact, Refund
from cashier.services.query import query_attempt
from payhub.act_pages import Act, ActAdmin
from payhub.read_only_admin import ReadOnlyRows
from payhub.roles import EXCEPTION_WORKERS


class _Facts(ReadOnlyRows):
    model = ChannelFact
    fields = ("source", "outcome", "verdict", "amount", "channel_trade_no", "code", "occurred_at", "received_at")
    readonly_fields = ("amount",)


class _Refunds(ReadOnlyRows):
    model = Refund
    fields = ("refund_no", "amount", "reason", "state", "requested_at", "ended_at")
    readonly_fields = ("amount",)


def _query(attempt: Attempt, _person: Any, _data: Any, _now: Any) -> str:
    asked = query_attempt(attempt_no=attempt.attempt_no)
    return _("The channel was asked: %(state)s.") % {"state": asked.get_state_display()}


QUERY = Act(
    label=_("Ask the channel"),
    explain=_("The channel is asked what became of it, and its answer is settled. Nobody is charged by asking."),
    roles=EXCEPTION_WORKERS,
    do=_query,
    fits=lambda attempt: attempt.is_live,
)


@admin.register(Attempt)
class AttemptAdmin(ActAdmin):
    """Attempts. The one thing that can be done with one is asking its channel."""

    acts = {"query": QUERY}
    refusals = (CashierError,)
    change_form_template = "admin/cashier/attempt/acts.html"

    list_display = ("attempt_no", "created_at", "payment_no", "account", "method", "amount", "state", "surplus")
    list_filter = ("state", "surplus", "account", "account__channel")
    list_select_related = ("payment", "account")
    search_fields = ("attempt_no__exact", "facts__channel_trade_no__exact", "payment__payment_no__exact")
    search_help_text = _("The whole number of an attempt, of the channel or of a payment")
    # Not what the shopper was shown: whoever has the code may pay by it.
    fields = (
        *("attempt_no", "payment", "account", "method", "amount", "state", "surplus", "exclusive", "superseded_at"),
        *("created_at", "expires_at", "lease_until", "ended_at", "proof", "channel_trade_no", "presentation_kind"),
        *("asked_count", "asked_at", "last_outcome", "last_message", "answers"),
    )
    readonly_fields = fields
    inlines = (_Facts, _Refunds)

    @admin.display(description=_("Payment no."))
    def payment_no(self, attempt: Attempt) -> str:
        """The payment that it is a try of."""
        return attempt.payment.payment_no
