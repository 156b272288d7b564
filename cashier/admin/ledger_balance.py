"""What the ledger's accounts held at the end of each day."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cashier.models import LedgerBalance
from payhub.money import Money
from payhub.read_only_admin import ReadOnlyAdmin


@admin.register(LedgerBalance)
class LedgerBalanceAdmin(ReadOnlyAdmin):
    """Balances."""

    list_display = ("day_date", "account", "moved", "balance")
    list_filter = ("currency",)
    search_fields = ("account__exact",)
    search_help_text = _("The whole name of an account")
    fields = ("day_date", "account", "moved", "balance")
    readonly_fields = fields

    @admin.display(description=_("Moved on the day"))
    def moved(self, row: LedgerBalance) -> str:
        """The sum of the day's entries."""
        return str(Money(row.moved_minor, row.currency))

    @admin.display(description=_("At its end"))
    def balance(self, row: LedgerBalance) -> str:
        """The account's balance."""
        return str(Money(row.balance_minor, row.currency))
