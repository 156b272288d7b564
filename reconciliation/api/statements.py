"""Statements: what a channel held for the merchant, by month or day, and the entries behind every figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from payhub import clock
from payhub.api.documented import lists, reads
from payhub.api.fields import Moment, lower
from payhub.api.pages import PageAsked, PageShown, page
from payhub.api.view import ApiView
from reconciliation.public import Entry, Figure, Period, Statement, accounts_of, entries, statements


class PeriodName(serializers.CharField):
    """A month or a day."""

    def to_internal_value(self, data: Any) -> Any:
        """Read a period; what is none is refused."""
        try:
            return Period.named(super().to_internal_value(data))
        except ValueError:
            self.fail("invalid")


class StatementsAsked(PageAsked):
    """Which period."""

    period = PeriodName(required=False, help_text="`2026-11` or `2026-11-22`; this month when nothing is said.")


class StatementShown(serializers.Serializer[Any]):
    """One account's period in one currency: opening + net - paid out + corrections = closing."""

    account_code = serializers.CharField()
    channel = serializers.CharField()
    currency = serializers.CharField()
    period = serializers.CharField()
    opening_minor = serializers.IntegerField(help_text="What the channel held for you when the period began.")
    payments_minor = serializers.IntegerField()
    refunds_minor = serializers.IntegerField()
    fees_minor = serializers.IntegerField()
    net_minor = serializers.IntegerField(help_text="payments - refunds - fees")
    paid_out_minor = serializers.IntegerField()
    corrections_minor = serializers.IntegerField()
    closing_minor = serializers.IntegerField()


class StatementWithDays(StatementShown):
    """One account's period, and of a month every day on which something moved."""

    days = StatementShown(many=True)


class StatementPage(PageShown):
    """Some statements."""

    data = StatementShown(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class EntryShown(serializers.Serializer[Any]):
    """One ledger entry behind a figure."""

    entry_no = serializers.CharField()
    booked_at = Moment()
    journal = serializers.CharField(help_text="What it was booked for.")
    attempt_no = serializers.CharField()
    refund_no = serializers.CharField()
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()


class EntryPage(PageShown):
    """Some entries."""

    data = EntryShown(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


@dataclass(frozen=True, slots=True)
class _Books:
    """The merchant's statements of a period."""

    merchant_id: int
    period: Period

    def all(self) -> list[Statement]:
        return statements(accounts_of(self.merchant_id), self.period)

    def one(self, account_code: str, currency: str) -> Statement:
        """Return one; raise Http404."""
        mine = [account for account in accounts_of(self.merchant_id) if account.code == account_code]
        for statement in statements(mine, self.period):
            if statement.currency == currency:
                return statement
        raise Http404


class Statements(ApiView):
    """All statements of a period."""

    @lists("list_statements", StatementsAsked, StatementPage)
    def get(self, request: Request) -> Response:
        """List a period's statements, one for each channel account and currency."""
        asked = self.asked(StatementsAsked)
        period = asked.get("period") or Period.named(f"{timezone.localdate(clock.now()):%Y-%m}")
        found = sorted(_Books(self.merchant.pk, period).all(), key=_name)
        if asked["after"]:
            found = [one for one in found if _name(one) > asked["after"]]
        limit = asked["limit"]
        return Response(StatementPage(page(found[: limit + 1], limit, lambda all_: [*map(_show, all_)], _name)).data)


class StatementView(ApiView):
    """What the views of one statement share."""

    def statement(self, account_code: str, currency: str, period: str) -> Statement:
        """Return this merchant's statement; raise Http404."""
        try:
            books = _Books(self.merchant.pk, Period.named(period))
        except ValueError:
            raise Http404 from None
        return books.one(account_code, currency)


class OneStatement(StatementView):
    """One statement."""

    @reads("get_statement", StatementWithDays)
    def get(self, request: Request, account_code: str, currency: str, period: str) -> Response:
        """Return one account's month, with its days, or one day."""
        found = self.statement(account_code, currency, period)
        return Response(StatementWithDays({**_show(found), "days": [*map(_show, found.days)]}).data)


class Entries(StatementView):
    """What is behind a figure."""

    @lists("list_statement_entries", PageAsked, EntryPage, refusals=(404,))
    def get(self, request: Request, account_code: str, currency: str, period: str, figure: str) -> Response:
        """List the ledger entries behind payments, refunds, fees, paid_out or corrections, as they were booked."""
        found = self.statement(account_code, currency, period)
        if figure not in lower(Figure.__members__):
            raise Http404
        asked = self.asked(PageAsked)
        after, limit = asked["after"], asked["limit"]
        rows = entries(
            found.account,
            found.currency,
            found.period,
            Figure[figure.upper()],
            after=int(after) if after.isdecimal() else 0,
            size=limit + 1,
        )
        shown = page(rows, limit, lambda all_: [*map(_show_entry, all_)], lambda entry: str(entry.entry_id))
        return Response(EntryPage(shown).data)


def _name(statement: Statement) -> str:
    return f"{statement.account.code}-{statement.currency}"


def _show(statement: Statement) -> dict[str, Any]:
    """Return a statement as the API says it."""
    return {
        "account_code": statement.account.code,
        "channel": statement.account.channel,
        "currency": statement.currency,
        "period": statement.period.name,
        "opening_minor": statement.opening.minor,
        **{f"{figure.name.lower()}_minor": statement.figures[figure].minor for figure in Figure},
        "net_minor": statement.net.minor,
        "closing_minor": statement.closing.minor,
    }


def _show_entry(entry: Entry) -> dict[str, Any]:
    """Return an entry as the API says it."""
    return {
        "entry_no": str(entry.entry_id),
        "booked_at": entry.booked_at,
        "journal": entry.journal,
        "attempt_no": entry.attempt_no,
        "refund_no": entry.refund_no,
        "amount_minor": entry.money.minor,
        "currency": entry.money.currency,
    }
