"""The channels' books against ours: what must hold at every moment, and what must hold once all is quiet.

The books of the played channels are the truth. Nothing here uses a rule of payhub's services: only what stands in
the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q, Sum

from cashier.models import Attempt, ChannelFact, LedgerEntry, Payment, PendingQuery, Refund
from cashier.states import DEAD, LIVE, PAYING_VERDICTS, SURPLUS, AttemptState, PaymentState, RefundState
from payhub import clock
from payhub.invariants import audit
from payhub.money import Money
from payhub.outbox.models import Delivery, DeliveryState
from payhub.review.models import ReviewItem
from tests.played.channel import BookedTrade, Books

# A sweep that a test has not run yet makes rows overdue; that is no fault while it goes on.
OVERDUE = {"L1c", "F1d"}
SENT = {
    RefundState.SUBMITTED,
    RefundState.UNKNOWN,
    RefundState.SUCCEEDED,
    RefundState.FAILED,
    RefundState.WITHDRAWN,  # after the channel had refused it
}

Sides = Mapping[str, Books]  #: By channel code.
Balances = Counter[tuple[str, str]]  #: By account and currency.


def faults(sides: Sides) -> list[str]:
    """Return what is wrong now, in sentences; nothing of this may ever be wrong."""
    with connection.cursor() as cursor:  # what a commit would check
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    found = [
        f"{finding.invariant.code}: {finding.invariant.says} {finding.samples}"
        for finding in audit(now=clock.now())
        if finding.broken and finding.invariant.code not in OVERDUE
    ]
    both = _Both(sides)
    return [*found, *both.receipts(), *both.returns(), *both.ledger(), *both.codes()]


def unknown_before_the_bill(sides: Sides) -> list[str]:
    """Return the numbers that were paid while they were payable, and of which no receipt is known yet.

    Asking must find these. The bill alone tells of more than one receipt of a number, and of a number that was paid
    after the channel had said that it was dead.
    """
    known = {fact.attempt_no for fact in _Both(sides).ours}
    return [
        f"{attempt_no} was paid: {booked.receipts}; nobody found out before the bill."
        for books in sides.values()
        for attempt_no, booked in books.trades.items()
        if attempt_no not in known and booked.receipts.keys() - books.told_by_bill_only
    ]


def faults_once_quiet(sides: Sides) -> list[str]:
    """Return what is wrong when every query, refund and delivery has come to its end."""
    overdue = [f"{f.invariant.code} {f.samples}" for f in audit(now=clock.now()) if f.broken]
    both = _Both(sides)
    return [*faults(sides), *overdue, *_unfinished(), *both.ends_of_receipts(), *both.balances()]


@dataclass
class _Both:
    """The channels' rows and ours, read once."""

    sides: Sides
    trades: dict[str, BookedTrade] = field(init=False)
    ours: list[ChannelFact] = field(init=False)
    refunds: dict[str, Refund] = field(init=False)
    attempts: dict[str, Attempt] = field(init=False)

    def __post_init__(self) -> None:
        self.trades = {no: booked for books in self.sides.values() for no, booked in books.trades.items()}
        taken = ChannelFact.objects.filter(verdict__in=[*PAYING_VERDICTS, *SURPLUS]).order_by("id")
        self.ours = list(taken.select_related("attempt__payment", "account"))
        refunds = Refund.objects.select_related("receipt", "attempt__account").order_by("id")
        self.refunds = {refund.refund_no: refund for refund in refunds}
        self.attempts = {a.attempt_no: a for a in Attempt.objects.select_related("account").order_by("id")}

    def receipts(self) -> Iterator[str]:
        """No success is invented, none is taken twice."""
        for (attempt_no, number), times in Counter((f.attempt_no, f.channel_trade_no) for f in self.ours).items():
            if times > 1:
                yield f"Receipt {number} of {attempt_no} was taken {times} times."
        for fact in self.ours:
            booked = self.trades.get(fact.attempt_no)
            if booked is None or booked.receipts.get(fact.channel_trade_no) != fact.money:
                yield f"{fact} is not in the channel's books."

    def returns(self) -> Iterator[str]:
        """Every return at the channel is one of ours, once, and gives back the receipt that it was intended for."""
        for attempt_no, booked in self.trades.items():
            back: Counter[str] = Counter()
            for refund_no, at_channel in booked.refunds.items():
                refund = self.refunds.get(refund_no)
                if refund is None or refund.state not in SENT or refund.money != at_channel.amount:
                    yield f"The channel was asked to return {at_channel} as {refund_no}; ours is {refund}."
                    continue
                if at_channel.channel_trade_no != refund.receipt.channel_trade_no:
                    yield f"{refund_no} returns {at_channel.channel_trade_no}, not {refund.receipt.channel_trade_no}."
                if refund.state == RefundState.SUCCEEDED and at_channel.state != "RETURNED":
                    yield f"{refund_no} is returned here and {at_channel.state} there."
                back[at_channel.channel_trade_no] += at_channel.amount.minor if at_channel.state != "REFUSED" else 0
            for number, minor in back.items():
                if minor > booked.receipts[number].minor:
                    yield f"{minor} of {booked.receipts[number]} went back by {attempt_no}."

    def ledger(self) -> Iterator[str]:
        """What we have of each channel is what we heard of, less what went back."""
        expected: Balances = Counter()
        for fact in self.ours:
            expected[fact.account.code, fact.currency] += fact.amount_minor or 0
        for refund in self.refunds.values():
            if refund.state == RefundState.SUCCEEDED:
                expected[refund.attempt.account.code, refund.currency] -= refund.amount_minor
        if _signed(expected) != _signed(_ledger()):
            yield f"The ledger says {_ledger()}, the receipts say {expected}."

    def codes(self) -> Iterator[str]:
        """Closed means not payable; a payment under the strict policy has one payable code at most."""
        exclusive: Counter[int] = Counter()
        for number in {no for books in self.sides.values() for no in books.payable()}:
            attempt = self.attempts.get(number)
            if attempt is None:
                yield f"The channel was called about {number}, which no row names."
            elif attempt.presentation_kind:
                exclusive[attempt.payment_id] += attempt.exclusive
                if attempt.state in DEAD:
                    yield f"{attempt} can still be paid."
        for payment_id, codes in exclusive.items():
            if codes > 1:
                yield f"Payment {payment_id} has {codes} payable codes."

    def ends_of_receipts(self) -> Iterator[str]:
        """Every receipt is exactly one of: what pays its payment, returned in full, waiting for a person."""
        facts = {(fact.attempt_no, fact.channel_trade_no): fact for fact in self.ours}
        for attempt_no, booked in self.trades.items():
            for number, money in booked.receipts.items():
                fact = facts.get((attempt_no, number))
                ends = [] if fact is None else [name for name, is_so in self._ends(fact, money) if is_so]
                if len(ends) != 1:
                    yield f"Receipt {number} of {attempt_no}, {money}: {ends or 'nothing'}."

    def _ends(self, fact: ChannelFact, money: Money) -> list[tuple[str, bool]]:
        attempt = fact.attempt
        pays = (
            attempt is not None
            and (attempt.state, attempt.payment.state) == (AttemptState.SUCCEEDED, PaymentState.PAID)
            and (attempt.payment.paid_by_id, attempt.proof_id) == (attempt.pk, fact.pk)
        )
        surplus = [r for r in self.refunds.values() if r.receipt_id == fact.pk and r.is_surplus]
        returned = [r for r in surplus if r.state == RefundState.SUCCEEDED and r.money == money]
        subjects = [f"refund:{r.refund_no}" for r in surplus if r.state != RefundState.SUCCEEDED]
        waits = ReviewItem.objects.filter(subject__in=subjects, resolved_at__isnull=True).exists()
        return [("pays", pays), ("returned", len(returned) == 1), ("waits for a person", waits)]

    def balances(self) -> Iterator[str]:
        """What the channels hold is what our ledger says that they hold."""
        real: Balances = Counter()
        for number, booked in self.trades.items():
            account = self.attempts[number].account.code
            for money in booked.receipts.values():
                real[account, money.currency] += money.minor
            for refund in booked.refunds.values():
                real[account, refund.amount.currency] -= refund.amount.minor if refund.state == "RETURNED" else 0
        if _signed(real) != _signed(_ledger()):
            yield f"The channels hold {real}, our books say {_ledger()}."


def _ledger() -> Balances:
    entries = LedgerEntry.objects.filter(account__startswith="channel:").values("account", "currency")
    return Counter(
        {
            (row["account"].removeprefix("channel:"), row["currency"]): row["total"]
            for row in entries.annotate(total=Sum("amount_minor")).order_by("account")
        }
    )


def _signed(balances: Balances) -> dict[tuple[str, str], int]:
    return {key: minor for key, minor in balances.items() if minor}


def _unfinished() -> Iterator[str]:
    yield from (f"{attempt} has no end." for attempt in Attempt.objects.filter(state__in=LIVE))
    yield from (f"{query} is still asked." for query in PendingQuery.objects.all())
    going = Q(state__in=[RefundState.APPROVED, RefundState.SUBMITTED, RefundState.UNKNOWN])
    yield from (f"{refund} has no end." for refund in Refund.objects.filter(going))
    yield from (f"{payment} has no end." for payment in Payment.objects.filter(state=PaymentState.OPEN))
    yield from (f"{delivery} is not done." for delivery in Delivery.objects.exclude(state=DeliveryState.DONE))
    unknown = ReviewItem.objects.filter(kind__startswith="UNKNOWN", resolved_at__isnull=True)
    yield from (f"{item} is still in the queue." for item in unknown)
