"""`manage.py payment <number>`: the whole story of one payment in the terminal."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from cashier.models import Attempt, ChannelFact, LedgerEntry, Payment, PendingQuery, Refund
from payhub.trail.record import story


class Command(BaseCommand):
    """Prints states, attempts, facts, queries, refunds, books and trail of one payment."""

    help = "Print the whole story of a payment, found by its number, an attempt's, a refund's or the order's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take any of the payment's numbers."""
        parser.add_argument("number", help="payment, attempt, refund, order or channel trade number")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every payment that the number belongs to."""
        number = options["number"]
        found = Payment.objects.filter(
            Q(payment_no=number)
            | Q(merchant_order_no=number)
            | Q(attempts__attempt_no=number)
            | Q(attempts__facts__channel_trade_no=number)
            | Q(attempts__refunds__refund_no=number)
        ).distinct()
        payments = list(found.select_related("merchant").order_by("id"))
        if not payments:
            raise CommandError(f"No payment has the number {number}.")
        for payment in payments:
            self._tell(payment)

    def _tell(self, payment: Payment) -> None:
        self.stdout.write(
            f"{payment.payment_no}  {payment.state}  {payment.money}  {payment.merchant.code} "
            f"{payment.merchant_order_no}  opened {_at(payment.created_at)}, until {_at(payment.expires_at)}"
            + (f", end wanted: {payment.close_wanted}" if payment.close_wanted else "")
        )
        attempts = list(Attempt.objects.filter(payment=payment).select_related("account").order_by("id"))
        self._list("Attempts", [self._attempt(attempt) for attempt in attempts])
        facts = ChannelFact.objects.filter(attempt__in=attempts).order_by("id")
        self._list(
            "Facts",
            [
                f"#{f.pk} {_at(f.received_at)} {f.source:<12} {f.attempt_no} {f.refund_no} {f.outcome} {f.money or ''} "
                f"{f.channel_trade_no} {f.code} -> {f.verdict}"
                for f in facts
            ],
        )
        queries = PendingQuery.objects.filter(Q(attempt__in=attempts) | Q(refund__attempt__in=attempts)).order_by("id")
        self._list("Asked again", [f"{q} (try {q.tries})" for q in queries])
        refunds = Refund.objects.filter(attempt__in=attempts).order_by("id")
        self._list(
            "Refunds",
            [
                f"{r.refund_no} {r.state} {r.money} of {r.attempt.attempt_no}, {r.reason}, asked {_at(r.requested_at)}"
                for r in refunds.select_related("attempt")
            ],
        )
        entries = LedgerEntry.objects.filter(fact__attempt__in=attempts).order_by("id")
        self._list("Books", [f"{e.journal:<24} {e.account:<32} {e.amount_minor:>12} {e.currency}" for e in entries])
        self._list(
            "Trail",
            [
                f"{_at(r.at)} {r.actor:<24} {r.action:<26} "
                + " ".join(f"{name}={value}" for name, value in r.detail.items())
                for r in story([payment.subject])
            ],
        )

    def _attempt(self, attempt: Attempt) -> str:
        asked = f"asked {attempt.asked_count} times" + (f", last {_at(attempt.asked_at)}" if attempt.asked_at else "")
        marks = [mark for mark, on in (("surplus", attempt.surplus), ("superseded", attempt.superseded_at)) if on]
        told = [
            attempt.attempt_no,
            attempt.state,
            str(attempt.account),
            attempt.method,
            asked,
            attempt.channel_trade_no,
        ]
        return " ".join([*told, *marks])

    def _list(self, title: str, lines: list[str]) -> None:
        self.stdout.write(f"  {title}: {'none' if not lines else ''}")
        for line in lines:
            self.stdout.write(f"    {line}")


def _at(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
