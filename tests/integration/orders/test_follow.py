"""Following: an order becomes what its payment is, by events or by asking, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection
from django.db.transaction import atomic  # noqa: TID251 - a savepoint around what must fail

from cashier.models import Attempt, ChannelAccount, Payment
from cashier.models.refund import RefundReason
from cashier.public import find_payment
from cashier.services import end_payment
from cashier.services.channel_calls import channel_of
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from cashier.services.refund import Wish, approve_refund, request_refund, send_approved
from cashier.services.settle import settle
from cashier.states import FactSource
from orders.errors import OrderNotPaid
from orders.locks import lock_order
from orders.models import Order
from orders.services import ask
from orders.services.ask import ask_waiting
from orders.services.follow import follow
from orders.services.fulfil import fulfil
from orders.services.submit import Draft, submit
from payhub import clock
from payhub.invariants import audit
from payhub.merchants.models import LatePaymentPolicy, Merchant
from payhub.money import Money
from payhub.outbox.deliver import deliver_due
from payhub.outbox.models import Delivery, Event
from payhub.review.models import Kind, ReviewItem
from payhub.trail.record import story
from tests.conftest import MovedClock, staff
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]
CollectMoney = Callable[[Order], Attempt]


@pytest.fixture
def order(draft: Draft, moved_clock: MovedClock) -> Order:
    return submit(draft=draft, now=clock.now()).order


def now_of(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def told(order: Order) -> list[str]:
    return [line.action for line in story([order.subject])]


def test_an_event_marks_the_order_paid_in_the_transaction_that_marks_it_delivered(
    order: Order, collect_money: CollectMoney
) -> None:
    collect_money(order)
    assert now_of(order).state == "AWAITING_PAYMENT"
    deliver_due(now=clock.now())
    paid = now_of(order)
    assert paid.state == "PAID"
    assert paid.payment_no == Payment.objects.get().payment_no
    assert paid.paid_at is not None
    assert Delivery.objects.get(event__name="payment.paid").state == "DONE"


def test_an_event_that_comes_again_changes_nothing(order: Order, collect_money: CollectMoney) -> None:
    collect_money(order)
    deliver_due(now=clock.now())
    before = now_of(order)
    event = Event.objects.get(name="payment.paid")
    for name in ("payment.paid", "payment.closed"):  # the same again, and one that is late and wrong
        copy = Event.objects.create(
            event_id=f"E-{name}", name=name, subject=event.subject, payload=event.payload, created_at=clock.now()
        )
        Delivery.objects.create(event=copy, consumer="orders", next_at=clock.now())
    deliver_due(now=clock.now())
    assert Delivery.objects.filter(consumer="orders", state="DONE").count() == 3
    after = now_of(order)
    assert (after.state, after.paid_at, after.payment_no) == (before.state, before.paid_at, before.payment_no)
    assert told(order) == ["order.submitted", "order.paid"]


def test_a_lost_outbox_is_repaired_by_asking(
    order: Order, collect_money: CollectMoney, moved_clock: MovedClock
) -> None:
    collect_money(order)
    Delivery.objects.update(next_at=clock.now() + timedelta(days=365))  # nobody will ever be told
    assert ask_waiting(now=clock.now()) == 0  # too early
    assert ask_waiting(now=moved_clock.forward(seconds=61)) == 1
    assert now_of(order).state == "PAID"
    assert told(order) == ["order.submitted", "order.paid"]


def test_an_order_whose_payment_was_never_opened_gets_one_when_asked_about(
    order: Order, moved_clock: MovedClock
) -> None:
    with connection.cursor() as cursor:  # as a crash between the two transactions leaves it
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM cashier_payment")
        cursor.execute("SET session_replication_role = DEFAULT")
    ask_waiting(now=moved_clock.forward(seconds=61))
    payment = Payment.objects.get()
    assert payment.merchant_order_no == order.order_no
    assert payment.expires_at == order.created_at + timedelta(minutes=30)


def test_asking_comes_back_to_an_order_again_and_again_but_not_at_once(order: Order, moved_clock: MovedClock) -> None:
    assert ask_waiting(now=moved_clock.forward(seconds=61)) == 1
    assert ask_waiting(now=moved_clock.forward(seconds=30)) == 0
    for _ in range(20):
        assert ask_waiting(now=moved_clock.forward(seconds=301)) == 1


def test_an_order_that_fails_holds_nobody_else_up(
    draft: Draft, order: Order, collect_money: CollectMoney, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect_money(order)
    broken = submit(draft=Draft(merchant_id=draft.merchant_id, items=draft.items, currency="CNY"), now=clock.now())

    def fail_for_one(*, order: Order, **more: object) -> None:
        if order.pk == broken.order.pk:
            raise RuntimeError("planted")
        follow(order=order, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(ask, "follow", fail_for_one)
    assert ask_waiting(now=moved_clock.forward(seconds=61)) == 2
    assert now_of(order).state == "PAID"


def test_an_unpaid_order_expires_with_its_payment(order: Order, moved_clock: MovedClock) -> None:
    end_payment.expire_due(now=moved_clock.forward(minutes=31))
    deliver_due(now=clock.now())
    assert now_of(order).state == "EXPIRED"
    assert now_of(order).ended_at == clock.now()


def test_a_cancelled_payment_cancels_the_order(order: Order) -> None:
    payment = Payment.objects.get()
    end_payment.cancel_payment(payment_id=payment.pk, actor="shopper", now=clock.now())
    deliver_due(now=clock.now())
    assert now_of(order).state == "CANCELLED"


@pytest.fixture
def expired_with_a_code_shown(
    order: Order, alpha: Books, alpha_account: ChannelAccount, moved_clock: MovedClock
) -> Callable[[], None]:
    """Let the order expire; then let somebody pay the code that had been shown, and the payment centre see it."""
    choice = Choice(account_id=alpha_account.pk, method="qr")
    attempt = pay(payment_id=Payment.objects.get().pk, choice=choice, now=clock.now())
    end_payment.expire_due(now=moved_clock.forward(minutes=31))
    query_attempt(attempt_no=attempt.attempt_no)
    deliver_due(now=clock.now())
    assert now_of(order).state == "EXPIRED"

    def pay_late() -> None:
        alpha.pay(attempt.attempt_no, anyway=True)
        fact = channel_of(alpha_account).read_notification(alpha.notification(attempt.attempt_no))
        settle(fact=fact, source=FactSource.NOTIFICATION, account=alpha_account, now=clock.now())
        deliver_due(now=clock.now())

    return pay_late


def test_late_money_pays_an_expired_order_of_a_merchant_who_takes_it(
    order: Order, merchant: Merchant, expired_with_a_code_shown: Callable[[], None]
) -> None:
    Merchant.objects.update(late_payment_policy=LatePaymentPolicy.ACCEPT)
    expired_with_a_code_shown()
    assert now_of(order).state == "PAID"
    assert told(order) == ["order.submitted", "order.expired", "order.paid_late"]


def test_late_money_that_goes_back_leaves_the_order_expired(
    order: Order, expired_with_a_code_shown: Callable[[], None]
) -> None:
    expired_with_a_code_shown()
    assert now_of(order).state == "EXPIRED"


def test_money_for_a_cancelled_order_is_put_before_a_person(order: Order) -> None:
    order = lock_order(merchant_id=order.merchant_id, order_no=order.order_no)
    order.cancel(clock.now())
    order.save(update_fields=["state", "ended_at"])
    view = find_payment(merchant_id=order.merchant_id, merchant_order_no=order.order_no)
    for _ in range(2):
        follow(order=order, payment=replace(view, state="PAID", paid_at=clock.now()), now=clock.now())
    item = ReviewItem.objects.get()
    assert (item.kind, item.subject) == (Kind.UNPAYABLE_ORDER, order.subject)
    assert now_of(order).state == "CANCELLED"
    assert told(order).count("order.cannot_take") == 1


def test_another_amount_than_the_orders_never_pays_it(order: Order) -> None:
    order = lock_order(merchant_id=order.merchant_id, order_no=order.order_no)
    view = find_payment(merchant_id=order.merchant_id, merchant_order_no=order.order_no)
    paid = replace(view, state="PAID", paid_at=clock.now(), money=Money(1, "CNY"))
    follow(order=order, payment=paid, now=clock.now())
    assert now_of(order).state == "AWAITING_PAYMENT"
    assert ReviewItem.objects.get().kind == Kind.UNPAYABLE_ORDER


def test_refunds_are_followed_in_part_and_in_whole(order: Order, collect_money: CollectMoney) -> None:
    collect_money(order)
    deliver_due(now=clock.now())
    asks, approves = staff("asks"), staff("approves")
    for minor, state in ((2_800, "PARTLY_REFUNDED"), (3_000, "PARTLY_REFUNDED"), (7_000, "REFUNDED")):
        wish = Wish(money=Money(minor, "CNY"), reason=RefundReason.GOODWILL, note="as agreed")
        refund = request_refund(payment_id=Payment.objects.get().pk, wish=wish, requested_by=asks, now=clock.now())
        approve_refund(refund_no=refund.refund_no, approver=approves, now=clock.now())
        send_approved(now=clock.now())
        deliver_due(now=clock.now())
        assert now_of(order).state == state
    assert now_of(order).refunded == now_of(order).money


def broken_invariants() -> set[str]:
    return {finding.invariant.code for finding in audit(now=clock.now()) if finding.broken}


def test_the_audit_finds_nothing_after_an_order_was_paid(order: Order, collect_money: CollectMoney) -> None:
    collect_money(order)
    deliver_due(now=clock.now())
    assert broken_invariants() == set()


def test_the_audit_finds_an_order_that_was_not_told_and_one_that_nobody_paid(
    draft: Draft, order: Order, collect_money: CollectMoney, moved_clock: MovedClock
) -> None:
    collect_money(order)
    Delivery.objects.update(next_at=clock.now() + timedelta(days=1))
    moved_clock.forward(minutes=12)
    assert broken_invariants() == {"F1p", "L1o"}
    with connection.cursor() as cursor:  # as somebody would who goes round everything
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE orders_order SET state = 'PAID', payment_no = 'P1', paid_at = created_at, ask_at = NULL")
        cursor.execute("SET session_replication_role = DEFAULT")
    assert broken_invariants() == {"F1o"}


def test_what_was_ordered_cannot_be_changed_by_anybody(order: Order) -> None:
    for column in ("amount_minor = 1", "currency = 'EUR'", "items = '[]'", "order_no = 'O1'", "buyer = 'x'"):
        with pytest.raises(DatabaseError, match="what_was_ordered"), atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE orders_order SET {column}")


def test_no_raw_sql_moves_an_order_where_no_edge_leads(order: Order) -> None:
    with pytest.raises(DatabaseError, match="Invalid transition"), atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE orders_order SET state = 'REFUNDED'")


def test_only_a_paid_order_can_be_sent_and_only_once(order: Order, collect_money: CollectMoney) -> None:
    send = partial(fulfil, merchant_id=order.merchant_id, order_no=order.order_no, actor="merchant:m", now=clock.now())
    with pytest.raises(OrderNotPaid):
        send()
    collect_money(order)
    deliver_due(now=clock.now())
    assert send().state == "FULFILLED"
    assert send().state == "FULFILLED"
    assert told(order).count("order.fulfilled") == 1
