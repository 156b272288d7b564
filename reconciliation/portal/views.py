"""Statements in the merchants' portal: months, days, and the ledger entries behind every figure."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from cashier.public import AccountView
from payhub import clock
from payhub.merchants.models import Membership
from payhub.safe_csv import csv_answer
from reconciliation.public import AWAY, Entry, Figure, Period, Statement, accounts_of, entries, statements

PAGE_SIZE = 50
NAMES: dict[Figure, Promise] = {
    Figure.PAYMENTS: _("Payments"),
    Figure.REFUNDS: _("Refunds"),
    Figure.FEES: _("Fees"),
    Figure.PAID_OUT: _("Paid out"),
    Figure.CORRECTIONS: _("Corrections"),
}


class SignedIn(HttpRequest):
    """A request behind `login_required`."""

    user: User


@never_cache
@login_required
@require_GET
def statement_list(request: SignedIn) -> HttpResponse:
    """Show a month of all the member's accounts."""
    period = _period(request.GET.get("month") or f"{timezone.localdate(clock.now()):%Y-%m}")
    found = statements(_accounts(request), period)
    return render(request, "portal/statements.html", {"period": period, "statements": found})


@never_cache
@login_required
@require_GET
def statement_page(request: SignedIn, account_code: str, currency: str, period: str) -> HttpResponseBase:
    """Show, or give as CSV, one account's month or day."""
    statement = _statement(request, account_code, currency, period)
    if request.GET.get("format") == "csv":
        return csv_answer(_file(statement), _HEADER, map(_cells, [*statement.days, statement]))
    figures = [
        (figure, NAMES[figure], statement.figures[figure], statement.counts[figure], figure in AWAY)
        for figure in Figure
    ]
    return render(request, "portal/statement.html", {"statement": statement, "figures": figures})


@never_cache
@login_required
@require_GET
def entry_list(request: SignedIn, account_code: str, currency: str, period: str, figure: str) -> HttpResponseBase:
    """Show, or give as CSV, the ledger entries behind a figure."""
    statement = _statement(request, account_code, currency, period)
    try:
        which = Figure(figure)
    except ValueError:
        raise Http404 from None
    of = (statement.account, statement.currency, statement.period, which)
    if request.GET.get("format") == "csv":
        return csv_answer(f"{which}-{_file(statement)}", _ENTRY_HEADER, map(_entry_cells, entries(*of, size=None)))
    after = request.GET.get("after", "")
    found = entries(*of, after=int(after) if after.isdecimal() else 0, size=PAGE_SIZE + 1)
    go_on = found[PAGE_SIZE - 1].entry_id if len(found) > PAGE_SIZE else None
    context = {
        "statement": statement,
        "figure": which,
        "name": NAMES[which],
        "sum": statement.figures[which],
        "count": statement.counts[which],
        "entries": found[:PAGE_SIZE],
        "go_on": go_on,
        "is_first": not after,
    }
    return render(request, "portal/statement_entries.html", context)


def _accounts(request: SignedIn) -> list[AccountView]:
    merchants = Membership.objects.filter(user_id=request.user.pk).order_by("merchant_id")
    return [one for merchant_id in merchants.values_list("merchant_id", flat=True) for one in accounts_of(merchant_id)]


def _statement(request: SignedIn, account_code: str, currency: str, period: str) -> Statement:
    mine: Iterable[AccountView] = [one for one in _accounts(request) if one.code == account_code]
    for statement in statements(mine, _period(period)):
        if statement.currency == currency:
            return statement
    raise Http404


def _period(name: str) -> Period:
    try:
        return Period.named(name)
    except ValueError:
        raise Http404 from None


def _file(statement: Statement) -> str:
    return f"{statement.account.code}-{statement.currency}-{statement.period.name}.csv"


_HEADER = [
    "period", "account", "currency", "opening", "payments", "refunds", "fees", "net", "paid_out", "corrections",
    "closing",
]  # fmt: skip


def _cells(statement: Statement) -> list[object]:
    of = statement.figures
    amounts = (
        statement.opening, of[Figure.PAYMENTS], of[Figure.REFUNDS], of[Figure.FEES], statement.net,
        of[Figure.PAID_OUT], of[Figure.CORRECTIONS], statement.closing,
    )  # fmt: skip
    return [
        statement.period.name,
        statement.account.code,
        statement.currency,
        *(amount.to_major() for amount in amounts),
    ]


_ENTRY_HEADER = ["entry", "booked_at", "journal", "attempt_no", "refund_no", "amount", "currency"]


def _entry_cells(entry: Entry) -> list[object]:
    return [
        entry.entry_id, entry.booked_at.isoformat(), entry.journal, entry.attempt_no, entry.refund_no,
        entry.money.to_major(), entry.money.currency,
    ]  # fmt: skip
