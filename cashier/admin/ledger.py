"""The ledger's entries."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cashier.models import LedgerEntry
from payhub.money import Money
from payhub.read_only_admin import ReadOnlyAdmin


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """Ledger entries."""

    list_display = ("journal", "line", "account", "signed_amount", "booked_at")
    search_fields = ("journal__exact", "account__exact")
    search_help_text = _("The whole name of a journal or an account")
    readonly_fields = ("signed_amount",)

    @admin.display(description=_("Amount (debit +, credit −)"))
    def signed_amount(self, entry: LedgerEntry) -> str:
        """The entry's amount for people."""
        return str(Money(entry.amount_minor, entry.currency))
