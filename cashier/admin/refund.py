"""Refunds: who asked, who approved, what became of them."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cashier.models import ChannelFact, Refund
from payhub.read_only_admin import ReadOnlyAdmin, ReadOnlyRows


class _Facts(ReadOnlyRows):
    model = ChannelFact
    fk_name = "refund"
    fields = ("source", "outcome", "verdict", "amount", "code", "occurred_at", "received_at")
    readonly_fields = ("amount",)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Refunds."""

    list_display = ("refund_no", "requested_at", "attempt_no", "amount", "reason", "is_surplus", "state", "ended_at")
    list_filter = ("state", "reason", "is_surplus", "is_automatic")
    list_select_related = ("attempt",)
    search_fields = ("refund_no__exact", "attempt__attempt_no__exact", "attempt__payment__payment_no__exact")
    search_help_text = _("The whole number of a refund, an attempt or a payment")
    fields = (
        *("refund_no", "attempt", "receipt", "amount", "reason", "note", "state", "is_surplus", "is_automatic"),
        *("requested_by", "requested_at", "approved_by", "second_approved_by", "first_sent_at", "last_message"),
        *("proof", "ended_at"),
    )
    readonly_fields = fields
    inlines = (_Facts,)

    @admin.display(description=_("Attempt no."))
    def attempt_no(self, refund: Refund) -> str:
        """The attempt whose money it returns."""
        return refund.attempt.attempt_no
