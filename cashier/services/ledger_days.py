"""Closing the books of a day, and balances that never scan all history."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db.models import Min, OuterRef, Subquery, Sum
from django.utils import timezone

from cashier.models import LedgerBalance, LedgerEntry
from payhub.db import committed
from payhub.lane import lane
from payhub.money import Money

# A transaction under way at midnight books with the time it began at; none lasts that long (lock and idle limits).
CLOSE_AFTER = timedelta(hours=1)


def _begins_at(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def close_days(*, now: datetime) -> int:
    """Close every day that is over and not closed yet, oldest first; return how many. Running it again adds nothing."""
    last = timezone.localdate(now - CLOSE_AFTER) - timedelta(days=1)
    with lane("ledger:days") as is_mine:
        day = _first_open_day()
        closed = 0
        while is_mine and day is not None and day <= last:
            with committed():
                _close(day)
            closed += 1
            day += timedelta(days=1)
    return closed


def _first_open_day() -> date | None:
    newest = LedgerBalance.objects.order_by("-day_date").values_list("day_date", flat=True).first()
    if newest is not None:
        return newest + timedelta(days=1)
    first = LedgerEntry.objects.aggregate(at=Min("booked_at"))["at"]
    return timezone.localdate(first) if first else None


def _close(day: date) -> None:
    """Write one row for every account that moved, and for the first account there is so that an idle day is closed."""
    before = LedgerBalance.objects.filter(
        account=OuterRef("account"), currency=OuterRef("currency"), day_date__lt=day
    ).order_by("-day_date")
    moved = (
        LedgerEntry.objects.filter(booked_at__gte=_begins_at(day), booked_at__lt=_begins_at(day + timedelta(days=1)))
        .values("account", "currency")
        .annotate(moved=Sum("amount_minor"), before=Subquery(before.values("balance_minor")[:1]))
        .order_by("account", "currency")
    )
    rows = [
        LedgerBalance(
            account=row["account"],
            currency=row["currency"],
            day_date=day,
            moved_minor=row["moved"],
            balance_minor=(row["before"] or 0) + row["moved"],
        )
        for row in moved
    ]
    LedgerBalance.objects.bulk_create(rows or [_idle(day)])


def _idle(day: date) -> LedgerBalance:
    before = LedgerBalance.objects.filter(day_date__lt=day).order_by("-day_date", "account", "currency")[0]
    return LedgerBalance(
        account=before.account,
        currency=before.currency,
        day_date=day,
        moved_minor=0,
        balance_minor=before.balance_minor,
    )


def balance(*, account: str, currency: str, at: datetime) -> Money:
    """Return what the account held before `at`: the last closed day before it and the entries since."""
    closed = (
        LedgerBalance.objects.filter(account=account, currency=currency, day_date__lt=timezone.localdate(at))
        .order_by("-day_date")
        .first()
    )
    entries = LedgerEntry.objects.filter(account=account, currency=currency, booked_at__lt=at)
    if closed is not None:
        entries = entries.filter(booked_at__gte=_begins_at(closed.day_date + timedelta(days=1)))
    since = entries.aggregate(total=Sum("amount_minor"))["total"] or 0
    return Money((closed.balance_minor if closed else 0) + since, currency)
