"""Many clicks, many facts, at the same moment, on real connections."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from cashier.channels.base import Fact, Outcome
from cashier.errors import CashierError
from cashier.models import Attempt, ChannelAccount, LedgerEntry, Payment, Refund
from cashier.models.refund import RefundReason
from cashier.services.end_payment import cancel_payment
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt, query_due
from cashier.services.refund import Wish, approve_refund, request_refund, send_approved
from cashier.services.settle import settle
from cashier.states import LIVE, FactSource, PaymentState, RefundState, Verdict
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.money import Money
from payhub.outbox.deliver import deliver_due
from payhub.outbox.models import Event
from tests.conftest import open_account, staff
from tests.played.channel import Books
from tests.race.conftest import Together

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_wakes", "heard"),
]
ROUNDS = 50
CLICKS = 32


def click(payment: Payment, account: ChannelAccount) -> Attempt:
    return pay(payment_id=payment.pk, choice=Choice(account_id=account.pk, method="qr"), now=clock.now())


def tell(attempt: Attempt, account: ChannelAccount, source: FactSource, trade_no: str = "CH1") -> Verdict:
    fact = Fact(outcome=Outcome.PAID, attempt_no=attempt.attempt_no, amount=attempt.money, channel_trade_no=trade_no)
    return settle(fact=fact, source=source, account=account, now=clock.now()).verdict


def faults(results: list[object]) -> list[object]:
    """What went wrong beside the refusals that a service may give."""
    return [r for r in results if isinstance(r, Exception) and not isinstance(r, CashierError)]


def test_32_concurrent_pays_of_one_payment_make_one_attempt(
    new_payment: Callable[..., Payment], alpha_account: ChannelAccount, alpha: Books, together: Together
) -> None:
    for _ in range(ROUNDS):
        payment = new_payment()
        results = together.run([partial(click, payment, alpha_account)] * CLICKS)
        assert not faults(list(results))
        assert {r.attempt_no for r in results if isinstance(r, Attempt)} == {
            Attempt.objects.get(payment=payment).attempt_no
        }
    assert alpha.count("create") == ROUNDS


def test_two_methods_at_once_never_give_two_payable_codes(
    new_payment: Callable[..., Payment],
    alpha_account: ChannelAccount,
    beta_account: ChannelAccount,
    alpha: Books,
    beta: Books,
    together: Together,
) -> None:
    for _ in range(ROUNDS):
        payment = new_payment()
        clicks = [partial(click, payment, alpha_account), partial(click, payment, beta_account)] * 4
        assert not faults(list(together.run(clicks)))
        live = Attempt.objects.filter(payment=payment, state__in=LIVE)
        assert live.count() <= 1
        shown = [a for a in live if a.presentation_kind]
        payable = [
            number
            for books in (alpha, beta)
            for number, booked in books.trades.items()
            if booked.state == "OPEN" and Attempt.objects.filter(attempt_no=number, payment=payment).exists()
        ]
        assert {a.attempt_no for a in shown} <= set(payable)
        # Whatever else is payable is known as live, is shown to nobody and is on its way to being closed.
        assert set(payable) <= {a.attempt_no for a in live}


def test_ten_notifications_and_a_query_at_once_are_one_settlement_and_one_event(
    new_payment: Callable[..., Payment],
    alpha_account: ChannelAccount,
    alpha: Books,
    together: Together,
    heard: list[object],
) -> None:
    for done in range(1, ROUNDS + 1):
        payment = new_payment()
        attempt = click(payment, alpha_account)
        number = alpha.pay(attempt.attempt_no)
        calls: list[Callable[[], object]] = [
            partial(tell, attempt, alpha_account, FactSource.NOTIFICATION, number) for _ in range(10)
        ]
        calls.append(partial(query_attempt, attempt_no=attempt.attempt_no))
        assert not faults(list(together.run(calls)))
        assert Event.objects.count() == done
        assert LedgerEntry.objects.count() == 2 * done
    together.run([partial(deliver_due, now=clock.now())] * 4)
    deliver_due(now=clock.now())
    assert len(heard) == ROUNDS


def test_two_successes_within_a_millisecond_pay_once_and_return_once(
    merchant: Merchant,
    new_payment: Callable[..., Payment],
    alpha_account: ChannelAccount,
    beta_account: ChannelAccount,
    together: Together,
) -> None:
    merchant.double_payment_policy = "REFUND_EXTRA"
    merchant.save()
    for done in range(1, ROUNDS + 1):
        payment = new_payment()
        first, second = click(payment, alpha_account), click(payment, beta_account)
        verdicts = together.run(
            [
                partial(tell, first, alpha_account, FactSource.NOTIFICATION),
                partial(tell, second, beta_account, FactSource.NOTIFICATION),
            ]
        )
        assert set(verdicts) == {Verdict.PAYS, Verdict.SURPLUS_SECOND}
        assert Refund.objects.count() == done


def test_a_late_success_against_the_end_is_paid_or_returned_never_lost(
    new_payment: Callable[..., Payment], alpha_account: ChannelAccount, alpha: Books, together: Together
) -> None:
    for _ in range(ROUNDS):
        payment = new_payment()
        attempt = click(payment, alpha_account)

        def end(payment: Payment = payment, attempt: Attempt = attempt) -> object:
            cancel_payment(payment_id=payment.pk, actor="merchant", now=clock.now())
            return query_attempt(attempt_no=attempt.attempt_no)

        calls: list[Callable[[], object]] = [end, partial(tell, attempt, alpha_account, FactSource.NOTIFICATION)]
        assert not faults(list(together.run(calls)))
        state = Payment.objects.get(pk=payment.pk).state
        returned = Refund.objects.filter(attempt=attempt).count()
        assert (state, returned) in {(PaymentState.PAID, 0), (PaymentState.CLOSED, 1)}


def test_close_against_pay_leaves_nothing_payable_that_we_call_closed(
    new_payment: Callable[..., Payment],
    alpha_account: ChannelAccount,
    beta_account: ChannelAccount,
    alpha: Books,
    together: Together,
) -> None:
    for _ in range(ROUNDS):
        payment = new_payment()
        attempt = click(payment, alpha_account)

        def shopper_pays(attempt: Attempt = attempt) -> object:
            try:
                return alpha.pay(attempt.attempt_no)
            except ValueError:
                return None  # closed first

        calls: list[Callable[[], object]] = [shopper_pays, partial(click, payment, beta_account)]
        assert not faults(list(together.run(calls)))
        query_attempt(attempt_no=attempt.attempt_no)
        booked = alpha.trades[attempt.attempt_no]
        assert Attempt.objects.get(pk=attempt.pk).state == ("SUCCEEDED" if booked.receipts else "CLOSED")


def test_two_people_approving_at_once_send_one_refund(
    new_payment: Callable[..., Payment],
    alpha_account: ChannelAccount,
    alpha: Books,
    together: Together,
) -> None:
    people = [staff(name) for name in ("asks", "first", "second")]
    for done in range(1, ROUNDS + 1):
        payment = new_payment()
        attempt = click(payment, alpha_account)
        alpha.pay(attempt.attempt_no)
        query_attempt(attempt_no=attempt.attempt_no)
        wish = Wish(money=Money(12_800, "CNY"), reason=RefundReason.OTHER, note="both press at once")
        refund = request_refund(payment_id=payment.pk, wish=wish, requested_by=people[0], now=clock.now())
        approve = [
            partial(approve_refund, refund_no=refund.refund_no, approver=person, now=clock.now())
            for person in people[1:]
        ]
        assert not faults(list(together.run(approve)))
        assert not faults(list(together.run([partial(send_approved, now=clock.now())] * 3)))
        assert Refund.objects.get(pk=refund.pk).state == RefundState.SUCCEEDED
        assert alpha.count("refund") == done


def test_two_refunds_at_once_never_return_more_than_came_in(
    new_payment: Callable[..., Payment],
    alpha_account: ChannelAccount,
    alpha: Books,
    together: Together,
) -> None:
    person = staff("asks")
    for _ in range(ROUNDS):
        payment = new_payment()
        attempt = click(payment, alpha_account)
        alpha.pay(attempt.attempt_no)
        query_attempt(attempt_no=attempt.attempt_no)
        wish = Wish(money=Money(8_000, "CNY"), reason=RefundReason.OTHER, note="two of 80.00 for 128.00")
        ask = partial(request_refund, payment_id=payment.pk, wish=wish, requested_by=person, now=clock.now())
        results = together.run([ask, ask])
        assert not faults(list(results))
        assert Refund.objects.filter(attempt=attempt).count() == 1


def test_two_sweeps_at_once_ask_about_each_attempt_once(
    merchant: Merchant, new_payment: Callable[..., Payment], alpha: Books, together: Together
) -> None:
    account = open_account(merchant, "alpha")
    for _ in range(ROUNDS):
        attempts = [click(new_payment(), account) for _ in range(4)]
        before = alpha.count("query")
        soon = max(a.created_at for a in attempts) + (attempts[0].expires_at - attempts[0].created_at) / 2
        swept = together.run([partial(query_due, channel="alpha", now=soon)] * 4)
        assert sum(n for n in swept if isinstance(n, int)) == len(attempts)
        assert alpha.count("query") - before == len(attempts)
        for attempt in attempts:
            alpha.pay(attempt.attempt_no)
            query_attempt(attempt_no=attempt.attempt_no)
