"""The whole decision table: every state of payment and attempt, by every fact, by every door."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cashier.channels.base import Fact, Outcome
from cashier.management import decision_table
from cashier.models import Attempt, ChannelAccount, ChannelFact, LedgerEntry, Payment, Refund
from cashier.models.payment import ClosedBecause
from cashier.services.end_payment import cancel_payment
from cashier.services.pay import Choice, pay
from cashier.services.settle import settle
from cashier.states import FactSource, Verdict
from payhub import clock
from payhub.merchants.models import LatePaymentPolicy, Merchant
from payhub.money import Money
from payhub.outbox.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]

# Columns: the amount asked by a number not heard of before, the same receipt again, another amount, then the rest.
# "same" is only there where the attempt has a receipt; elsewhere it is what "paid" is.
TABLE = """
payment / attempt       | paid           | same           | other amount   | FAILED       | CLOSED       | IN_PROGRESS | NOT_FOUND  | UNKNOWN    | REFUSED
OPEN / PAYING           | PAYS           | PAYS           | SURPLUS_AMOUNT | FREES_FAILED | FREES_CLOSED | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
OPEN / CLOSING          | PAYS           | PAYS           | SURPLUS_AMOUNT | FREES_FAILED | FREES_CLOSED | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
OPEN / UNKNOWN          | PAYS           | PAYS           | SURPLUS_AMOUNT | FREES_FAILED | FREES_CLOSED | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
OPEN / superseded       | PAYS           | PAYS           | SURPLUS_AMOUNT | FREES_FAILED | FREES_CLOSED | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
OPEN / FAILED           | PAYS           | PAYS           | SURPLUS_AMOUNT | REPEATED     | REPEATED     | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
OPEN / CLOSED           | PAYS           | PAYS           | SURPLUS_AMOUNT | REPEATED     | REPEATED     | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
OPEN / surplus          | SURPLUS_SECOND | REPEATED       | SURPLUS_SECOND | CONTRADICTS  | CONTRADICTS  | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
PAID / SUCCEEDED        | SURPLUS_SECOND | REPEATED       | SURPLUS_SECOND | CONTRADICTS  | CONTRADICTS  | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
PAID / other PAYING     | SURPLUS_SECOND | SURPLUS_SECOND | SURPLUS_AMOUNT | FREES_FAILED | FREES_CLOSED | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
PAID / other CLOSED     | SURPLUS_SECOND | SURPLUS_SECOND | SURPLUS_AMOUNT | REPEATED     | REPEATED     | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
ending / CLOSING        | PAYS           | PAYS           | SURPLUS_AMOUNT | FREES_FAILED | FREES_CLOSED | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
CANCELLED / CLOSED      | SURPLUS_LATE   | SURPLUS_LATE   | SURPLUS_AMOUNT | REPEATED     | REPEATED     | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
EXPIRED / CLOSED        | SURPLUS_LATE   | SURPLUS_LATE   | SURPLUS_AMOUNT | REPEATED     | REPEATED     | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
EXPIRED, accept / CLOSED | PAYS_LATE      | PAYS_LATE      | SURPLUS_AMOUNT | REPEATED     | REPEATED     | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
CANCELLED / superseded  | SURPLUS_LATE   | SURPLUS_LATE   | SURPLUS_AMOUNT | FREES_FAILED | FREES_CLOSED | STILL_OPEN  | STILL_OPEN | STILL_OPEN | STILL_OPEN
"""


@dataclass(frozen=True)
class Effect:
    """What a verdict must change, and nothing else."""

    attempt: str | None = None  # the attempt's state afterwards; None: as before
    payment: str | None = None
    event: str | None = None
    booked: tuple[str, str] | None = None  # debit and credit of the amount
    refunds: int = 0


_SURPLUS = Effect(
    attempt="SUCCEEDED", event="payment.surplus", booked=("channel:lantern-alpha", "surplus:lantern"), refunds=1
)
_PAYS = Effect(
    attempt="SUCCEEDED",
    payment="PAID",
    event="payment.paid",
    booked=("channel:lantern-alpha", "merchant:lantern"),
)
EFFECTS = {
    Verdict.PAYS: _PAYS,
    Verdict.PAYS_LATE: _PAYS,
    Verdict.SURPLUS_SECOND: _SURPLUS,
    Verdict.SURPLUS_LATE: _SURPLUS,
    Verdict.SURPLUS_AMOUNT: _SURPLUS,
    Verdict.FREES_FAILED: Effect(attempt="FAILED"),
    Verdict.FREES_CLOSED: Effect(attempt="CLOSED"),
    Verdict.REPEATED: Effect(),
    Verdict.CONTRADICTS: Effect(),
    Verdict.STILL_OPEN: Effect(),
}


def cells() -> list[tuple[str, str, Verdict]]:
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]
    return [(row[0], column, Verdict(cell)) for row in rows for column, cell in zip(head[1:], row[1:], strict=True)]


@pytest.mark.parametrize("source", [FactSource.NOTIFICATION, FactSource.QUERY, FactSource.BILL])
@pytest.mark.parametrize(("state", "said", "verdict"), cells())
def test_every_fact_in_every_state_by_every_door(
    payment: Payment,
    alpha_account: ChannelAccount,
    beta_account: ChannelAccount,
    state: str,
    said: str,
    verdict: Verdict,
    source: FactSource,
) -> None:
    attempt = Arranged(payment, alpha_account, beta_account).as_in(state)
    before = seen(payment, attempt)
    fact = make(said, attempt)
    settled = settle(fact=fact, source=source, account=alpha_account, now=clock.now())
    assert settled.verdict == verdict
    effect = EFFECTS[verdict]
    if (state, said, source) == ("OPEN / UNKNOWN", "IN_PROGRESS", FactSource.QUERY):
        effect = Effect(attempt="CLOSING")  # the channel speaks again: it is asked to close
    expect(effect, before, seen(payment, attempt), fact)
    once = seen(payment, attempt)
    for _ in range(2):  # the same again changes nothing, whatever it is
        settle(fact=fact, source=source, account=alpha_account, now=clock.now())
    again = seen(payment, attempt)
    assert (again.attempt, again.payment, again.events, again.refunds, again.booked) == (
        once.attempt,
        once.payment,
        once.events,
        once.refunds,
        once.booked,
    )


def make(said: str, attempt: Attempt) -> Fact:
    """Make the fact of one column."""
    if said in {"paid", "same", "other amount"}:
        minor = attempt.amount_minor + (1 if said == "other amount" else 0)
        number = attempt.channel_trade_no or "CH-FIRST" if said == "same" else "CH-NEW"
        money = (
            Money(attempt.proof.amount_minor or minor, "CNY")
            if said == "same" and attempt.proof
            else Money(minor, "CNY")
        )
        return Fact(outcome=Outcome.PAID, attempt_no=attempt.attempt_no, amount=money, channel_trade_no=number)
    return Fact(outcome=Outcome(said), attempt_no=attempt.attempt_no)


@dataclass(frozen=True)
class Seen:
    """What stands in the database."""

    attempt: str
    payment: str
    ending: str
    events: list[str]
    refunds: int
    booked: dict[str, int]
    facts: int


def seen(payment: Payment, attempt: Attempt) -> Seen:
    booked: dict[str, int] = {}
    for entry in LedgerEntry.objects.all():
        booked[entry.account] = booked.get(entry.account, 0) + entry.amount_minor
    return Seen(
        attempt=Attempt.objects.get(pk=attempt.pk).state,
        payment=Payment.objects.get(pk=payment.pk).state,
        ending=Payment.objects.get(pk=payment.pk).close_wanted,
        events=sorted(Event.objects.values_list("name", flat=True)),
        refunds=Refund.objects.count(),
        booked=booked,
        facts=ChannelFact.objects.count(),
    )


def expect(effect: Effect, before: Seen, after: Seen, fact: Fact) -> None:
    assert after.attempt == (effect.attempt or before.attempt)
    ended = (
        before.payment == "OPEN" and before.ending and not effect.payment and effect.attempt not in {None, "CLOSING"}
    )
    assert after.payment == (effect.payment or ("CLOSED" if ended else before.payment))
    told = [effect.event] if effect.event else []
    assert after.events == sorted([*before.events, *told, *(["payment.closed"] if ended else [])])
    assert after.refunds == before.refunds + effect.refunds
    moved = {a: after.booked.get(a, 0) - before.booked.get(a, 0) for a in after.booked}
    minor = fact.amount.minor if fact.amount else 0
    expected = {effect.booked[0]: minor, effect.booked[1]: -minor} if effect.booked else {}
    assert {a: m for a, m in moved.items() if m} == expected


class Arranged:
    """Brings a payment and its attempt at "alpha" into a state of the table, by the services and transitions alone."""

    def __init__(self, payment: Payment, alpha: ChannelAccount, beta: ChannelAccount) -> None:
        self.payment, self.alpha, self.beta = payment, alpha, beta

    def as_in(self, state: str) -> Attempt:
        """Return the attempt that the fact will be about."""
        of_payment, _, of_attempt = (part.strip() for part in state.partition(" / "))
        if of_payment == "PAID" and of_attempt != "SUCCEEDED":
            self._policy("REFUND_EXTRA")
        attempt = self._start(self.alpha)
        if of_payment == "PAID":
            self._pay(attempt if of_attempt == "SUCCEEDED" else self._start(self.beta))
        self._bring(attempt, of_attempt.removeprefix("other "))
        if of_payment in {"ending", "CANCELLED"}:
            cancel_payment(payment_id=self.payment.pk, actor="merchant", now=clock.now())
        if of_payment.startswith("EXPIRED"):
            self._expire(accept="accept" in of_payment)
        return Attempt.objects.select_related("proof").get(pk=attempt.pk)

    def _bring(self, attempt: Attempt, to: str) -> None:
        row = Attempt.objects.get(pk=attempt.pk)
        if to in {"FAILED", "CLOSED"}:
            self._settle(Fact(outcome=Outcome(to), attempt_no=attempt.attempt_no), row.account)
        elif to == "UNKNOWN":
            row.lose_sight()
            row.save(update_fields=["state"])
        elif to == "CLOSING" and row.state == "PAYING" and self.payment.state == "OPEN":
            row.begin_closing()
            row.save(update_fields=["state"])
        elif to == "superseded":
            row.superseded_at = clock.now()
            row.save(update_fields=["superseded_at"])
        elif to == "surplus":
            money = Money(attempt.amount_minor - 1, "CNY")
            self._settle(
                Fact(outcome=Outcome.PAID, attempt_no=attempt.attempt_no, amount=money, channel_trade_no="CH-FIRST"),
                row.account,
            )

    def _start(self, account: ChannelAccount) -> Attempt:
        choice = Choice(account_id=account.pk, method="qr")
        return pay(payment_id=self.payment.pk, choice=choice, now=clock.now())

    def _pay(self, attempt: Attempt) -> None:
        fact = Fact(
            outcome=Outcome.PAID, attempt_no=attempt.attempt_no, amount=attempt.money, channel_trade_no="CH-FIRST"
        )
        self._settle(fact, attempt.account)

    def _settle(self, fact: Fact, account: ChannelAccount) -> None:
        settle(fact=fact, source=FactSource.NOTIFICATION, account=account, now=clock.now())

    def _policy(self, policy: str) -> None:
        Merchant.objects.filter(pk=self.payment.merchant_id).update(double_payment_policy=policy)

    def _expire(self, *, accept: bool) -> None:
        policy = LatePaymentPolicy.ACCEPT if accept else LatePaymentPolicy.REFUND
        Merchant.objects.filter(pk=self.payment.merchant_id).update(late_payment_policy=policy)
        payment = Payment.objects.get(pk=self.payment.pk)
        payment.close_wanted = ClosedBecause.EXPIRED
        payment.close(clock.now())
        payment.save(update_fields=["state", "close_wanted", "closed_at"])


def test_the_table_is_the_one_in_the_docs() -> None:
    rows = {row: {column: verdict for state, column, verdict in cells() if state == row} for row, _, _ in cells()}
    assert {row: {column: decision_table.verdict(row, column) for column in rows[row]} for row in rows} == rows
    assert list(rows) == list(decision_table.ROWS)


def test_the_table_has_a_row_for_every_live_and_dead_state() -> None:
    states = {state.partition(" / ")[2].strip().removeprefix("other ") for state, _, _ in cells()}
    assert {"PAYING", "CLOSING", "UNKNOWN", "FAILED", "CLOSED", "SUCCEEDED", "surplus", "superseded"} <= states
    assert {said for _, said, _ in cells()} >= {o.value for o in Outcome} - {"PAID"}
